// The registries that the machine may fetch from: a file of lines `NAME ADDRESS [USER PASSWORD-FILE]`, and the setting for docker.io.

import { readFileSync, statSync } from 'node:fs';
import { EngineError } from '../../errors.ts';
import { maxMirrors, maxMirrorsFileBytes, maxPasswordFileBytes } from '../../limits.ts';
import { type Credentials, nobody } from '../../registries/credentials.ts';
import { hubDomain, hubHost } from '../../registries/docker-hub.ts';
import { isRepository } from '../../registry/names.ts';

export interface Mirror {
  /** As people write it in front of an image's name: `docker.io`. Has a dot, so that it is nobody's namespace. */
  readonly name: string;
  /** `https://mirror.example.org` */
  readonly origin: string;
  /** What stands there before the names of its repositories, `proxy/`; mostly empty. */
  readonly prefix: string;
  readonly login: { readonly user: string; readonly passwordFile: string } | null;
}

const namePattern = /^[a-z0-9]+(?:[.-][a-z0-9]+)+$/;

/** `docker.io`, or the address of a mirror of it; empty: none. `file`: empty where there is none. Throws invalid. */
export function mirrorsOf(upstream: string, file: string): Mirror[] {
  const named = file === '' ? [] : parseMirrors(textOf(file), file);
  const origin = upstream === hubDomain ? `https://${hubHost}` : upstream;
  const usual = upstream === '' ? [] : [mirrorOf(hubDomain, origin, null, 'DRYDOCK_UPSTREAM')];
  // The file's word for docker.io counts before the setting's.
  return [...new Map([...usual, ...named].map((mirror) => [mirror.name, mirror])).values()];
}

function textOf(file: string): string {
  try {
    if (statSync(file).size > maxMirrorsFileBytes) throw new EngineError('invalid', `${file} is too large`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new EngineError('invalid', `the file of mirrors ${file} cannot be read: ${code}`);
  }
}

/** Throws invalid, naming the line and nothing that stands in it. */
export function parseMirrors(text: string, file: string): Mirror[] {
  const mirrors: Mirror[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [name, address, user, passwordFile, ...more] = line
      .replace(/(^|\s)#.*/, '')
      .split(/\s+/)
      .filter(Boolean);
    if (name === undefined) continue;
    const where = `${file}, line ${index + 1}`;
    const isWhole = address !== undefined && (user === undefined) === (passwordFile === undefined) && more.length === 0;
    if (!isWhole) throw new EngineError('invalid', `${where}: write NAME ADDRESS, or NAME ADDRESS USER PASSWORD-FILE`);
    const login = user === undefined || passwordFile === undefined ? null : { user, passwordFile };
    if (login && !login.passwordFile.startsWith('/'))
      throw new EngineError('invalid', `${where}: the file with the password is named by its absolute path`);
    if (mirrors.some((other) => other.name === name))
      throw new EngineError('invalid', `${where}: this name is there already`);
    mirrors.push(mirrorOf(name, address, login, where));
  }
  if (mirrors.length > maxMirrors) throw new EngineError('invalid', `${file} names more than ${maxMirrors} mirrors`);
  return mirrors;
}

function mirrorOf(name: string, address: string, login: Mirror['login'], where: string): Mirror {
  if (!namePattern.test(name) || name.length > 100)
    throw new EngineError('invalid', `${where}: a mirror is named as in images’ names: registry.example.org`);
  const url = URL.parse(address);
  const prefix = url?.pathname.replace(/^\/|\/$/g, '') ?? '';
  const isAddress =
    url &&
    ['http:', 'https:'].includes(url.protocol) &&
    [url.username, url.password, url.search, url.hash].every((part) => part === '') &&
    (prefix === '' || isRepository(prefix));
  if (!isAddress)
    throw new EngineError('invalid', `${where}: a mirror’s address is one of http or https, without a password in it`);
  return { name, origin: url.origin, prefix: prefix === '' ? '' : `${prefix}/`, login };
}

/** Read each time, so that a new password counts at once. Throws unavailable, without what is in the file. */
export function credentialsOf({ name, login }: Mirror): Credentials {
  if (!login) return nobody;
  try {
    if (statSync(login.passwordFile).size > maxPasswordFileBytes) throw new Error('too large');
    const password = readFileSync(login.passwordFile, 'utf8').replace(/\r?\n$/, '');
    return { ...nobody, username: login.user, password };
  } catch {
    throw new EngineError('unavailable', `the password for ${name} cannot be read`);
  }
}
