// Who a student is to a registry: what the docker command sends of its configuration.

import { z } from 'zod';
import { hubDomain } from './docker-hub.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Instead of a password, where a token server gave one at the login; else empty. */
  readonly identityToken: string;
  /** A token to send as it is; else empty. */
  readonly registryToken: string;
}

export const nobody: Credentials = { username: '', password: '', identityToken: '', registryToken: '' };

const text = z
  .string()
  .max(64 * 1024)
  .default('');
const schema = z.object({ username: text, password: text, auth: text, identitytoken: text, registrytoken: text });

/** A body of `POST /auth`, or the JSON of an `X-Registry-Auth`; null for what is none. */
export function credentialsIn(document: unknown): Credentials | null {
  const { data } = schema.safeParse(document);
  if (!data) return null;
  const { identitytoken: identityToken, registrytoken: registryToken, auth } = data;
  let { username, password } = data;
  if (username === '' && auth !== '') {
    const [name = '', ...rest] = Buffer.from(auth, 'base64').toString('utf8').split(':');
    [username, password] = [name, rest.join(':')];
  }
  return { username, password, identityToken, registryToken };
}

/** The header `X-Registry-Auth`: JSON in base64url. What makes no sense is nobody, as in moby. */
export function credentialsInHeader(header: string | readonly string[] | undefined): Credentials {
  if (typeof header !== 'string' || header === '') return nobody;
  try {
    return credentialsIn(JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))) ?? nobody;
  } catch {
    return nobody;
  }
}

/** By a registry's host name; nobody for one that is not named. */
export type CredentialsFor = (domain: string) => Credentials;

/** As the docker command names Docker Hub in its configuration. */
const hubInConfiguration = 'https://index.docker.io/v1/';

/** The header `X-Registry-Config`: an object of JSON in base64url, by registries. What makes no sense is nobody. */
export function credentialsInConfiguration(header: string | readonly string[] | undefined): CredentialsFor {
  const known = new Map<string, unknown>();
  try {
    if (typeof header === 'string' && header !== '')
      for (const [name, value] of Object.entries(JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) ?? {}))
        known.set(name, value);
  } catch {
    known.clear();
  }
  return (domain) => credentialsIn(known.get(domain === hubDomain ? hubInConfiguration : domain)) ?? nobody;
}
