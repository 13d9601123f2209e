// `Authorization: Basic …` (RFC 7617).

import type { IncomingMessage } from 'node:http';

export interface Credentials {
  readonly name: string;
  readonly secret: string;
}

/** Null where there is none, or it is not well formed. */
export function credentialsOf({ headers }: IncomingMessage): Credentials | null {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { name: text.slice(0, colon), secret: text.slice(colon + 1) };
}
