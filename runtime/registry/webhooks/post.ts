// One delivery: a POST on a connection that somebody else has made. Redirects are not followed; of the answer its status counts.

import http from 'node:http';
import type { Duplex } from 'node:stream';
import { EngineError } from '../../errors.ts';
import { maxWebhookAnswerBytes, webhookTimeoutMs } from '../../limits.ts';
import { clean } from '../../registries/failure.ts';

/** Plain data: it goes to a thread. */
export interface Letter {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Receipt {
  /** Of the answer; null where none came. */
  readonly status: number | null;
  /** Why it was not delivered; empty where it was. */
  readonly message: string;
  /** Whether another try may do better. */
  readonly mayTryAgain: boolean;
  /** The beginning of the answer's body, as text; empty where it is not kept. */
  readonly answer: string;
}

export type Connect = (url: URL, signal: AbortSignal) => Promise<Duplex>;

/** Never throws. */
export async function post(
  letter: Letter,
  connect: Connect,
  { keepsAnswer, signal: ended }: { readonly keepsAnswer: boolean; readonly signal: AbortSignal },
): Promise<Receipt> {
  const late = AbortSignal.timeout(webhookTimeoutMs);
  const signal = AbortSignal.any([ended, late]);
  try {
    const url = new URL(letter.url);
    const { status, answer } = await exchange(url, letter, await connect(url, signal), signal);
    const message = status >= 200 && status < 300 ? '' : `the answer was ${status} ${http.STATUS_CODES[status] ?? ''}`;
    return { status, message: message.trim(), mayTryAgain: true, answer: keepsAnswer ? clean(answer) : '' };
  } catch (error) {
    const message = late.aborted ? `no answer came within ${webhookTimeoutMs / 1000} seconds` : wordsOf(error);
    const mayTryAgain = !(error instanceof EngineError && error.kind === 'forbidden');
    return { status: null, message, mayTryAgain, answer: '' };
  }
}

/** Neither a URL nor a header is told: they may hold what is secret. */
function wordsOf(error: unknown): string {
  if (error instanceof EngineError) return clean(error.message);
  return `the connection failed: ${(error as NodeJS.ErrnoException).code ?? 'it was cut'}`;
}

async function exchange(url: URL, { headers, body }: Letter, socket: Duplex, signal: AbortSignal) {
  const request = http.request({
    method: 'POST',
    path: `${url.pathname}${url.search}`,
    headers: { Host: url.host, ...headers, 'Content-Length': Buffer.byteLength(body), Connection: 'close' },
    createConnection: () => socket as never,
    setDefaultHeaders: false,
    maxHeaderSize: 16 * 1024,
    signal,
  });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    request.once('response', resolve);
    request.on('error', reject);
    request.end(body);
    const response = await promise;
    return { status: response.statusCode ?? 0, answer: await beginningOf(response) };
  } finally {
    request.destroy();
    socket.destroy();
  }
}

async function beginningOf(response: http.IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= maxWebhookAnswerBytes) break;
    }
  } catch {
    // The status has come, which is what counts.
  }
  return Buffer.concat(pieces).subarray(0, maxWebhookAnswerBytes).toString('utf8');
}
