// Keys of HostConfig about a container's network. Checks against other parts of the request are in create-networking.ts.

import { isIP } from 'node:net';
import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import {
  maxBindingsPerContainer,
  maxExtraHosts,
  maxLinks,
  maxNetworkNameLength,
  maxPortsPerContainer,
  maxResolverEntries,
} from '../../limits.ts';
import { networkModeInWords, parseNetworkMode } from '../../networks/mode.ts';
import { listOf, mapOf } from '../bounded.ts';
import { checkPort, withProtocol } from '../create-checks.ts';
import { goObject } from '../go-object.ts';
import { flag, kept, stored, text } from './row.ts';

export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

/**
 * The normal form of `--network`. Throws invalid. Whether there is a network of that name is asked when the container starts, as
 * Docker does: the CLI takes a 404 of create for a missing image, and pulls.
 */
function checkedNetworkMode(given: string): string {
  const mode = parseNetworkMode(given);
  const name = mode.kind === 'container' ? mode.reference : networkModeInWords(mode);
  const isName = mode.kind === 'container' ? /^[a-zA-Z0-9/][a-zA-Z0-9_.-]*$/.test(name) : !/\p{Cc}/u.test(name);
  if (isName && name.length <= maxNetworkNameLength) return networkModeInWords(mode);
  const why = given === 'container:' ? 'invalid container format container:<name|id>' : given.slice(0, 80);
  throw invalid(`invalid network mode: ${why}`);
}

/** The bindings of all ports are counted before any of them is parsed. */
function boundedBindings(given: unknown, context: z.RefinementCtx): void {
  if (typeof given !== 'object' || given === null) return;
  const count = Object.values(given).reduce(
    (sum, bindings) => sum + (Array.isArray(bindings) ? bindings.length : 0),
    0,
  );
  if (count > maxBindingsPerContainer)
    context.addIssue(
      `${count} ports of the host are asked for, the most for one container is ${maxBindingsPerContainer}`,
    );
}

const bindingsSchema = z
  .unknown()
  .superRefine(boundedBindings)
  .pipe(
    mapOf(
      z
        .array(goObject({ HostIp: text, HostPort: text }))
        .max(64)
        .nullable(),
      maxPortsPerContainer,
    ),
  )
  .nullish();

/** The host's side of a binding: an address (none: all) and a port, a range to choose from, or none or 0 for any port. */
function checkBinding(port: string, { HostIp, HostPort }: PortBinding): void {
  if (HostIp !== '' && isIP(HostIp) === 0) throw invalid(`invalid IP address for ${port}: ${HostIp.slice(0, 64)}`);
  if (HostPort === '') return;
  const [first = Number.NaN, last = first] = /^\d{1,5}(-\d{1,5})?$/.test(HostPort)
    ? HostPort.split('-').map(Number)
    : [];
  if (!(first <= last && last <= 65535)) throw invalid(`invalid port specification: "${HostPort.slice(0, 40)}"`);
}

function checkedBindings(given: z.infer<typeof bindingsSchema>): Readonly<Record<string, readonly PortBinding[]>> {
  return Object.fromEntries(
    Object.entries(given ?? {}).map(([port, bindings]) => {
      checkPort(port);
      const plain = (bindings ?? []).map(({ HostIp, HostPort }) => ({
        HostIp: HostIp ?? '',
        HostPort: HostPort ?? '',
      }));
      for (const binding of plain) checkBinding(port, binding);
      return [withProtocol(port), plain];
    }),
  );
}

/** `name:address`, or `name:host-gateway`. */
function checkExtraHost(entry: string): void {
  const colon = entry.indexOf(':');
  const name = entry.slice(0, colon);
  const address = entry.slice(colon + 1).replace(/^\[(.*)\]$/, '$1');
  if (colon < 1 || !/^[a-zA-Z0-9_.-]{1,253}$/.test(name))
    throw invalid(`bad format for add-host: "${entry.slice(0, 80)}"`);
  if (address !== 'host-gateway' && isIP(address) === 0)
    throw invalid(`invalid IP address in add-host: "${address.slice(0, 64)}"`);
}

/** A word for /etc/resolv.conf. */
function checkResolverWord(word: string): void {
  if (!/^[a-zA-Z0-9_.:-]{1,253}$/.test(word))
    throw invalid(`invalid DNS search domain or option: "${word.slice(0, 80)}"`);
}

function checkNameserver(address: string): void {
  if (isIP(address) === 0) throw invalid(`bad nameserver address: ${address.slice(0, 64)}`);
}

/** Lines of /etc/resolv.conf, each checked by `check`. */
const resolverRow = (check: (entry: string) => void) =>
  kept(listOf(maxResolverEntries).nullish(), {
    stored: stored.list,
    keep(given): readonly string[] {
      given?.forEach(check);
      return given ?? [];
    },
  });

const storedBindings = z.record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })));

export const networking = {
  Dns: resolverRow(checkNameserver),
  DnsOptions: resolverRow(checkResolverWord),
  DnsSearch: resolverRow(checkResolverWord),
  /** Lines of /etc/hosts. */
  ExtraHosts: kept(listOf(maxExtraHosts).nullish(), {
    stored: stored.list.nullable(),
    keep(given): readonly string[] | null {
      given?.forEach(checkExtraHost);
      return given && given.length > 0 ? given : null;
    },
  }),
  /** Stored as `ID:ALIAS` (`links.ts`); inspect shows them with the names of now. */
  Links: kept(listOf(maxLinks).nullish(), {
    stored: stored.list.nullable(),
    keep: (given): readonly string[] | null => (given && given.length > 0 ? given : null),
  }),
  /** Which network the container is connected to, or whose network namespace it has. */
  NetworkMode: kept(text, { stored: stored.text, keep: (given) => checkedNetworkMode(given ?? '') }),
  /** `80/tcp` -> the host's ports that are forwarded to it while the container runs. */
  PortBindings: kept(bindingsSchema, { stored: storedBindings, keep: checkedBindings }),
  /** The same for all ports that the image exposes. */
  PublishAllPorts: kept(flag, { stored: stored.flag, keep: (given) => given ?? false }),
};
