// What single values of a create or exec request must look like, with Docker's own messages where Docker has one.

import { isIP } from 'node:net';
import path from 'node:path';
import { EngineError } from '../errors.ts';
import { hardLimitOf } from '../kernel/hard-limits.ts';
import { maxCommandCharacters, maxContainerNameLength, maxLabelBytes } from '../limits.ts';
import type { PortBinding } from './container.ts';

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

/** Docker's rule for names, and a length. Takes the leading slash of old clients; returns the name without it. */
export function checkContainerName(given: string): string {
  const name = given.replace(/^\//, '');
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name))
    throw invalid(`Invalid container name (${given.slice(0, 80)}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  if (name.length > maxContainerNameLength)
    throw invalid(
      `Invalid container name (${name.slice(0, 20)}…): it has ${name.length} characters, the most is ${maxContainerNameLength}`,
    );
  return name;
}

/** Absolute, and not below /proc, where a path can name what an outer process has open (CVE-2024-21626). Empty is fine. */
export function checkWorkingDirectory(directory: string): void {
  if (directory === '') return;
  if (!directory.startsWith('/') || directory.includes('\0'))
    throw invalid(`the working directory '${directory}' is invalid, it needs to be an absolute path`);
  if (/^\/(proc|dev\/fd)(\/|$)/.test(path.posix.normalize(directory)))
    throw invalid(`the working directory '${directory}' is invalid, it may not lie in /proc`);
}

/** `user`, `user:group`, by name or number. Numbers above 2^31-1 wrap around in the kernel (CVE-2024-40635). */
export function checkUser(user: string): void {
  if (user.length > 256 || /[\p{Cc}\s]/u.test(user) || user.split(':').length > 2)
    throw invalid(`invalid user "${user.slice(0, 80)}": it must be NAME, UID, NAME:GROUP or UID:GID`);
  for (const part of user.split(':'))
    if (/^[+-]?\d+$/.test(part) && !(Number(part) >= 0 && Number(part) <= 2147483647))
      throw invalid('uids and gids must be in range 0-2147483647');
}

/** `NAME=value`, or `NAME` alone to take the image's away. */
export function checkEnvironment(environment: readonly string[]): void {
  for (const variable of environment)
    if (variable === '' || variable.startsWith('=') || variable.includes('\0'))
      throw invalid(`invalid environment variable: ${variable.slice(0, 80)}`);
}

/** What the labels of a container or an image hold together. Throws invalid. */
export function checkLabelSize(labels: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(labels)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  if (bytes > maxLabelBytes)
    throw invalid(
      `the labels hold ${bytes} bytes together, the most is ${maxLabelBytes}: keep what is larger in a file of the image`,
    );
}

/** The words of a command and its environment. Throws invalid. */
export function checkCommandSize(words: readonly string[]): void {
  const characters = words.reduce((sum, word) => sum + word.length, 0);
  if (characters > maxCommandCharacters)
    throw invalid(
      `argument list too long: command, entrypoint and environment have ${characters} characters together, the most is ${maxCommandCharacters}: pass the rest in a file or on stdin`,
    );
}

/** As Docker has it, any text: what the kernel does not take fails the start. Only what would make lines of its own in /etc/hosts is refused. */
export function checkHostname(what: 'hostname' | 'domainname', name: string): void {
  if (name.length > 255 || /\p{Cc}/u.test(name)) throw invalid(`invalid ${what} format: ${name.slice(0, 80)}`);
}

export function checkMacAddress(address: string): void {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(address))
    throw invalid(`${address.slice(0, 40)} is not a valid mac address`);
  if (Number.parseInt(address.slice(0, 2), 16) & 1)
    throw invalid(`${address} is a multicast mac address; its second digit must be even`);
}

/** `80/tcp`. */
export function checkPort(port: string): void {
  const parts = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(port);
  const number = Number(parts?.[1] ?? 0);
  if (!parts || number < 1 || number > 65535) throw invalid(`invalid port specification: "${port.slice(0, 40)}"`);
  if (parts[2] === 'sctp')
    throw invalid(`invalid port specification: "${port}": SCTP is not supported yet by this engine`);
}

/** The host's side: an address, or none for all, and a port, a range of which any will do, or none (or 0) for any. */
export function checkBinding(port: string, { HostIp, HostPort }: PortBinding): void {
  if (HostIp !== '' && isIP(HostIp) === 0) throw invalid(`invalid IP address for ${port}: ${HostIp.slice(0, 64)}`);
  if (HostPort === '') return;
  const [first = Number.NaN, last = first] = /^\d{1,5}(-\d{1,5})?$/.test(HostPort)
    ? HostPort.split('-').map(Number)
    : [];
  if (!(first <= last && last <= 65535)) throw invalid(`invalid port specification: "${HostPort.slice(0, 40)}"`);
}

/** `name:address`, or `name:host-gateway`. */
export function checkExtraHost(entry: string): void {
  const colon = entry.indexOf(':');
  const name = entry.slice(0, colon);
  const address = entry.slice(colon + 1).replace(/^\[(.*)\]$/, '$1');
  if (colon < 1 || !/^[a-zA-Z0-9_.-]{1,253}$/.test(name))
    throw invalid(`bad format for add-host: "${entry.slice(0, 80)}"`);
  if (address !== 'host-gateway' && isIP(address) === 0)
    throw invalid(`invalid IP address in add-host: "${address.slice(0, 64)}"`);
}

/** A word for /etc/resolv.conf. */
export function checkResolverWord(word: string): void {
  if (!/^[a-zA-Z0-9_.:-]{1,253}$/.test(word))
    throw invalid(`invalid DNS search domain or option: "${word.slice(0, 80)}"`);
}

export function checkNameserver(address: string): void {
  if (isIP(address) === 0) throw invalid(`bad nameserver address: ${address.slice(0, 64)}`);
}

const tmpfsFlags = new Set(
  'rw ro suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime nodiratime relatime norelatime strictatime nostrictatime'.split(
    ' ',
  ),
);

export function checkTmpfs(destination: string, options: string): void {
  if (!destination.startsWith('/') || destination.includes('\0') || destination.split('/').includes('..'))
    throw invalid(`invalid mount path: '${destination.slice(0, 200)}' mount path must be absolute`);
  const normal = path.posix.normalize(destination);
  if (normal === '/') throw invalid("invalid specification: destination can't be '/'");
  if (/^\/(proc|sys)(\/|$)/.test(normal)) throw invalid(`invalid specification: destination can't be in '${normal}'`);
  for (const option of options === '' ? [] : options.split(',')) {
    const known =
      tmpfsFlags.has(option) ||
      /^(size=\d{1,15}[kmg%]?|mode=[0-7]{1,4}|(uid|gid)=\d{1,10}|nr_(inodes|blocks)=\d{1,12}[kmg]?)$/i.test(option);
    if (!known) throw invalid(`invalid tmpfs option "${option.slice(0, 80)}"`);
  }
}

export function checkUlimit({ Name, Soft, Hard }: { Name: string; Soft: number; Hard: number }): void {
  const most = hardLimitOf(Name);
  if (most === null) throw invalid(`invalid ulimit type: ${Name.slice(0, 40)}`);
  if (Hard !== -1 && (Soft === -1 || Soft > Hard))
    throw invalid(`ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`);
  if (Name === 'core' && (Soft !== 0 || Hard !== 0))
    throw invalid('ulimit core above 0 is not possible on a host of this engine: no process here leaves a core dump');
  if ((Hard === -1 ? Number.POSITIVE_INFINITY : Hard) > most)
    throw invalid(
      `ulimit ${Name}: a hard limit of ${Hard === -1 ? 'unlimited (-1)' : Hard} is more than this machine can give, which is ${most}: ask for less`,
    );
}

// capabilities(7); the kernel's own list (include/uapi/linux/capability.h).
const capabilities = new Set(
  `AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER
 FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE
 NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE
 SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM`.split(/\s+/),
);

/** `net_admin`, `NET_ADMIN`, `CAP_NET_ADMIN` become the last; `all` becomes `ALL`. */
export function normalCapability(key: 'CapAdd' | 'CapDrop', given: string): string {
  const name = given.toUpperCase().replace(/^CAP_/, '');
  if (name === 'ALL') return name;
  if (!capabilities.has(name)) throw invalid(`invalid ${key}: unknown capability: "CAP_${name.slice(0, 40)}"`);
  return `CAP_${name}`;
}
