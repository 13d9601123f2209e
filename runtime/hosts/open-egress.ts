// A host's way out, where its lab wants one and the operator allows it: a proxy at the gateway of the default network, or a link to the
// internet.

import { nameServersOf } from '../egress/egress.ts';
import { joinUplink, leaveUplink, type Place, prepareUplink } from '../egress/uplink.ts';
import { listenInside } from '../kernel/bind.ts';
import { idsPerHost } from '../kernel/user-namespace.ts';
import { defaultBridge } from '../networks/bridge.ts';
import { hubAddress, hubName } from '../networks/hub-address.ts';
import type { Host, HostEngine } from './host.ts';
import { hostsOn } from './link.ts';

/** As many proxies have it. */
const proxyPort = 3128;

const has = ({ record, engine }: Host, kind: 'proxy' | 'open'): boolean => engine.egress.allows(record.egress) === kind;

/** The host's workspace runs, and its sockets are open. Throws SystemCallError where a program of the host has the port. */
export function openProxy(host: Host): void {
  if (!has(host, 'proxy') || !host.sockets) return;
  // The thread of the proxies may only be starting.
  const fd = listenInside(host.record.pid, defaultBridge.gateway, proxyPort);
  host.sockets.own(host.engine.egress.open(fd));
}

/** Where the host finds its proxy; null where it has none. */
export function proxyOf(host: Host): { readonly address: string; readonly port: number } | null {
  return has(host, 'proxy') ? { address: defaultBridge.gateway, port: proxyPort } : null;
}

/** What programs in the workspace know of it. Names and networks of the lab itself are reached without it. */
export function egressEnv(host: Host): string[] {
  const place = proxyOf(host);
  if (!place) return [];
  const proxy = `http://${place.address}:${place.port}`;
  const { link, hostname } = host.record;
  const names = link ? hostsOn(host.engine, link.name).map(({ record }) => record.hostname) : [hostname];
  const direct = [
    'localhost',
    '127.0.0.0/8',
    '::1',
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    hubName,
    hubAddress,
    ...names,
  ].join(',');
  return [
    ...['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map((name) => `${name}=${proxy}`),
    ...['no_proxy', 'NO_PROXY'].map((name) => `${name}=${direct}`),
  ];
}

/** Whether the host has a link out. */
export const isOpen = (host: Host): boolean => has(host, 'open');

/** For an engine that starts: the rules of the way out. Where that fails, hosts have no link out. */
export async function prepareEgress(engine: HostEngine): Promise<void> {
  const { settings, log, egress } = engine;
  const { network } = egress.settings;
  if (network === null || egress.allows('open') !== 'open') return;
  await prepareUplink(network, settings.instance, nameServersOf(egress.settings)).catch((error: unknown) => {
    log.error({ error }, 'hosts have no way out: the network namespace for it could not be prepared');
  });
}

const placeOf = ({ engine, id, record }: Host): Place => ({
  instance: engine.settings.instance,
  hostId: id,
  number: Math.floor(record.uidBase / idsPerHost),
});

/** Gives the new workspace `pid` its link out. A host without one runs all the same. */
export function joinInternet(host: Host, pid: number): void {
  const { engine } = host;
  const { network } = engine.egress.settings;
  if (!isOpen(host) || network === null) return;
  try {
    joinUplink(network, pid, placeOf(host));
  } catch (error) {
    engine.log.error({ error, host: host.name }, 'a host has no way out');
  }
}

/** Takes the link of a host that has ended. */
export function leaveInternet(host: Host): void {
  const { engine } = host;
  const { network } = engine.egress.settings;
  if (!isOpen(host) || network === null) return;
  try {
    leaveUplink(network, placeOf(host));
  } catch (error) {
    engine.log.error({ error, host: host.name }, 'a host’s way out is still there');
  }
}
