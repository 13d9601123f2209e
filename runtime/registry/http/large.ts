// Documents that are in memory as they come and go: a client that is slow with large ones keeps room from others of its own.

import type { OutgoingHttpHeaders } from 'node:http';
import { finished } from 'node:stream/promises';
import { largeDocumentMs } from '../../limits.ts';
import { type Exchange, say } from './exchange.ts';

export interface Large {
  readonly headers: OutgoingHttpHeaders;
  readonly text: string | Uint8Array;
}

/** Answers with what `make` gives, which is called when there is room for it. A client that has not taken it in time is cut off. */
export async function sendLarge(exchange: Exchange, status: number, make: () => Large): Promise<void> {
  const { response } = exchange;
  using _room = await exchange.room();
  const { headers, text } = make();
  const late = setTimeout(() => response.destroy(), largeDocumentMs);
  say(exchange, status, headers, text);
  await finished(response).catch(() => undefined);
  clearTimeout(late);
}
