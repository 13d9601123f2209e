// Who a student is to a registry: what the docker command sends of its configuration.

import { z } from 'zod';

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
