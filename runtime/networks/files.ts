// The three files that Docker writes for every container: /etc/hosts, /etc/hostname, /etc/resolv.conf.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { makeDirectory } from '../kernel/directories.ts';
import { defaultBridge } from './bridge.ts';

export interface NetworkFiles {
  readonly hostname: string;
  readonly domainname: string;
  /** The container's own addresses. */
  readonly ipAddresses: readonly string[];
  /** `NAME:IP`, where IP may be `host-gateway`. */
  readonly extraHosts: readonly string[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  /** A directory with files to take over where nothing else is asked for, as `--network host` does with its workspace's; or null. */
  readonly takenFrom: string | null;
}

function hosts(input: NetworkFiles): string {
  const lines = [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::\tip6-localnet',
    'ff00::\tip6-mcastprefix',
    'ff02::1\tip6-allnodes',
    'ff02::2\tip6-allrouters',
  ];
  for (const extra of input.extraHosts) {
    const colon = extra.search(/[:=]/);
    if (colon < 1) throw new EngineError('invalid', `bad format for add-host: "${extra}"`);
    const ip = extra.slice(colon + 1);
    lines.push(`${ip === 'host-gateway' ? defaultBridge.gateway : ip}\t${extra.slice(0, colon)}`);
  }
  const name = input.domainname === '' ? input.hostname : `${input.hostname}.${input.domainname}`;
  const dot = name.indexOf('.');
  // As libnetwork does it: the whole name, and its first part.
  for (const address of input.ipAddresses) lines.push(`${address}\t${name}${dot > 0 ? ` ${name.slice(0, dot)}` : ''}`);
  return `${lines.join('\n')}\n`;
}

function resolvConf(input: NetworkFiles): string {
  const lines = [
    ...input.dns.map((server) => `nameserver ${server}`),
    ...(input.dnsSearch.length > 0 ? [`search ${input.dnsSearch.join(' ')}`] : []),
    ...(input.dnsOptions.length > 0 ? [`options ${input.dnsOptions.join(' ')}`] : []),
  ];
  if (input.dns.length === 0) lines.push('# This host has no link to the outside, so there is no name server.');
  return `${lines.join('\n')}\n`;
}

/** As large as a file of names may be that a student has written to; from a larger one nothing is kept. */
const maxFileBytes = 64 * 1024;

/** What a student may have written to; null where it is too large. */
function readSmall(file: string): string | null {
  return fs.statSync(file).size > maxFileBytes ? null : fs.readFileSync(file, 'utf8');
}

/** Puts `lines` in the place of every line whose address begins with `prefix`. The file stays the same one, for it is mounted. */
export function rewriteHosts(file: string, prefix: string, lines: readonly string[]): void {
  if (!fs.existsSync(file)) return; // its host has never been started, and writes it then
  const kept = (readSmall(file) ?? '').split('\n').filter((line) => line !== '' && !line.startsWith(prefix));
  fs.writeFileSync(file, `${[...kept, ...lines].join('\n')}\n`);
}

/** The names of the files, each bound over the one of the same name in the container's /etc. */
export const networkFileNames = ['hosts', 'hostname', 'resolv.conf'] as const;

/** Writes the files into `directory` (in the host's subvolume: the container may write to them), owned by the host's root. */
export function writeNetworkFiles(directory: string, uidBase: number, input: NetworkFiles): void {
  makeDirectory(directory, 0o755);
  const { takenFrom } = input;
  const taken = (name: string, free: boolean) =>
    takenFrom !== null && free ? readSmall(`${takenFrom}/${name}`) : null;
  const noDns = [input.dns, input.dnsSearch, input.dnsOptions].every((given) => given.length === 0);
  const contents = {
    hosts: taken('hosts', input.extraHosts.length === 0) ?? hosts(input),
    hostname: `${input.hostname}\n`,
    'resolv.conf': taken('resolv.conf', noDns) ?? resolvConf(input),
  };
  for (const name of networkFileNames) {
    const file = `${directory}/${name}`;
    fs.writeFileSync(file, contents[name], { mode: 0o644 });
    fs.chownSync(file, uidBase, uidBase);
  }
}
