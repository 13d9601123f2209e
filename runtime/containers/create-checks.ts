// Checks of single values in create and exec requests, with Docker's own messages where Docker has one.

import path from 'node:path';
import { EngineError } from '../errors.ts';
import { maxCommandCharacters, maxContainerNameLength, maxLabelBytes } from '../limits.ts';

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

/** `NAME=value`, or `NAME` alone, which removes the image's. */
export function checkEnvironment(environment: readonly string[]): void {
  for (const variable of environment)
    if (variable === '' || variable.startsWith('=') || variable.includes('\0'))
      throw invalid(`invalid environment variable: ${variable.slice(0, 80)}`);
}

/** The number and the total length of a container's or an image's labels. Throws invalid. */
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

/**
 * Any short text, as in Docker: if the kernel does not take it, the start fails. Control characters are refused, because a line
 * break would add a line to /etc/hosts.
 */
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
  const [number = ''] = port.split('/', 1);
  if (!/^\d{1,5}$/.test(number) || Number(number) < 1 || Number(number) > 65535)
    throw invalid(`invalid port specification: "${number.slice(0, 40)}"`);
  const parts = /^\d+(?:\/(tcp|udp|sctp))?$/.exec(port);
  if (!parts) throw invalid(`invalid port specification: "${port.slice(0, 40)}"`);
  if (parts[1] === 'sctp')
    throw invalid(`invalid port specification: "${port}": SCTP is not supported yet by this engine`);
}

/** `80` is `80/tcp`. */
export function withProtocol(port: string): string {
  return port.includes('/') ? port : `${port}/tcp`;
}
