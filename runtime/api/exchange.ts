// One request and its answer. Handlers get this and nothing else of HTTP.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { z } from 'zod';
import { invalidBody } from '../containers/invalid-body.ts';
import { EngineError, statusOfKind } from '../errors.ts';
import { giveBack } from '../give-back.ts';
import { parseJson } from '../json.ts';
import { answerPieceBytes, maxJsonBodyBytes, maxTransferMs, smallBodyBytes } from '../limits.ts';
import type { HostTurns } from '../loop/turns.ts';

/** Headers of every answer. */
export type CommonHeaders = Readonly<Record<string, string>>;

export class Exchange<Subject> {
  /** What the connection belongs to: a host or the engine. Never taken from the request. */
  readonly subject: Subject;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly version: string;
  readonly query: URLSearchParams;
  /** The host's turns on the event loop; null for the engine's own API, which waits for no turn. */
  readonly turns: HostTurns | null;
  /** Whether the handler may take the connection over, by the route table. */
  readonly mayTakeOver: boolean;
  /** The bare connection, once a handler has taken it over (`hijack.ts`). */
  taken: Duplex | null = null;
  /** The content type of errors that are sent as text instead of JSON. */
  failsAs: string | null = null;
  readonly #params: Readonly<Record<string, string>>;
  readonly #aborts = new AbortController();

  constructor(parts: {
    subject: Subject;
    turns: HostTurns | null;
    request: IncomingMessage;
    response: ServerResponse;
    version: string;
    query: URLSearchParams;
    params: Readonly<Record<string, string>>;
    mayTakeOver?: boolean;
  }) {
    this.subject = parts.subject;
    this.turns = parts.turns;
    this.request = parts.request;
    this.response = parts.response;
    this.version = parts.version;
    this.query = parts.query;
    this.#params = parts.params;
    this.mayTakeOver = parts.mayTakeOver ?? false;
    this.response.once('close', () => {
      if (!this.response.writableFinished) this.#aborts.abort(new EngineError('unavailable', 'context canceled'));
    });
  }

  /** Aborts when the client goes before it has the whole answer. */
  get signal(): AbortSignal {
    return this.#aborts.signal;
  }

  /** A part of the path, decoded. */
  param(name: string): string {
    return this.#params[name] ?? '';
  }

  /** Resolves when it is the host's turn on the event loop that all hosts share. Throws exhausted. */
  async turn(): Promise<void> {
    await this.turns?.next(this.place);
  }

  /** `GET /containers/json`, without the query. */
  get place(): string {
    return `${this.request.method} ${(this.request.url ?? '').split('?', 1)[0]?.slice(0, 200)}`;
  }

  /** The body, which must be JSON; undefined if it is empty. Throws invalid, tooLarge. */
  async json(maxBytes = maxJsonBodyBytes): Promise<unknown> {
    const { headers } = this.request;
    const empty = headers['content-length'] === '0' || (!headers['content-length'] && !headers['transfer-encoding']);
    if (empty) return undefined;
    checkJsonType(headers['content-type'] ?? '');
    const read = async (): Promise<unknown> => {
      const late = setTimeout(() => this.request.socket.destroy(), maxTransferMs);
      const body = await readBody(this.request, maxBytes).finally(() => clearTimeout(late));
      if (body.length === 0) return undefined;
      // Requests of other hosts that came meanwhile go first.
      await this.turn();
      return parseJson(body);
    };
    const isSmall = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) <= smallBodyBytes;
    return await (isSmall || !this.turns ? read() : this.turns.bodies.pass('', read));
  }

  /** The JSON body, parsed by `schema`. Throws invalid, naming the wrong key. */
  async body<Schema extends z.ZodType>(schema: Schema, maxBytes?: number): Promise<z.infer<Schema>> {
    const checked = schema.safeParse((await this.json(maxBytes)) ?? {});
    if (!checked.success) throw invalidBody(checked.error);
    return checked.data;
  }

  /** Answers with JSON, and the newline that Go's encoder adds. */
  answer(status: number, body: unknown): void {
    this.#say(status, 'application/json', Buffer.from(`${JSON.stringify(body)}\n`));
  }

  #say(status: number, contentType: string, bytes: Buffer): void {
    this.#countUnread(bytes.length);
    this.response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': bytes.length });
    this.response.end(this.request.method === 'HEAD' ? undefined : bytes);
  }

  /** Answers 200 with a list. A long one is sent in pieces, each made only when the client has read the one before. */
  async answerList(items: readonly object[]): Promise<void> {
    if (!this.turns) return await this.#sendList(items);
    await this.turns.lists.pass('', async () => {
      if (this.signal.aborted) return;
      // A client that does not read is cut off in the end, so that the host's next list can be sent.
      const late = setTimeout(() => this.response.destroy(), maxTransferMs);
      await this.#sendList(items).finally(() => clearTimeout(late));
    });
  }

  async #sendList(items: readonly object[]): Promise<void> {
    let piece = '[';
    for (const [i, item] of items.entries()) {
      piece += `${i === 0 ? '' : ','}${JSON.stringify(item)}`;
      if (piece.length < answerPieceBytes || this.request.method === 'HEAD') continue;
      if (!this.response.headersSent) this.beginAnswer('application/json');
      await this.write(piece);
      if (this.signal.aborted) return;
      piece = '';
      await this.turn();
    }
    piece += ']\n';
    if (this.response.headersSent) this.response.end(piece);
    else {
      const bytes = Buffer.from(piece);
      this.response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': bytes.length });
      this.response.end(this.request.method === 'HEAD' ? undefined : bytes);
    }
  }

  /** A client that does not read a large answer is cut off in the end. */
  #countUnread(bytes: number): void {
    if (!this.turns || bytes < smallBodyBytes) return;
    const read = this.turns.unread(bytes);
    const late = setTimeout(() => this.response.destroy(), maxTransferMs);
    this.response.once('close', () => {
      clearTimeout(late);
      read();
    });
  }

  /** Answers with a status only. */
  end(status: number): void {
    this.response.writeHead(status, status === 204 || status === 304 ? {} : { 'Content-Length': 0 });
    this.response.end();
  }

  /** Begins an answer of unknown length, and sends its head at once. */
  beginAnswer(contentType: string, headers: CommonHeaders = {}): void {
    this.response.writeHead(200, { 'Content-Type': contentType, ...headers });
    this.response.flushHeaders();
  }

  /** Writes a piece of a begun answer; resolves when more may be written, or the client is gone. */
  async write(piece: Buffer | string): Promise<void> {
    if (this.response.destroyed || this.signal.aborted) return;
    if (this.response.write(piece)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.response.off('drain', done);
        this.response.off('close', done);
        resolve();
      };
      this.response.on('drain', done);
      this.response.on('close', done);
    });
  }

  /** Writes a piece of a begun answer and gives its memory back; resolves when the kernel has it, or the client is gone. */
  async hand(piece: Uint8Array): Promise<void> {
    if (this.response.destroyed || this.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const gone = () => resolve();
      this.response.once('close', gone);
      this.response.write(piece, (error) => {
        this.response.off('close', gone);
        if (!error) giveBack(piece);
        resolve();
      });
    });
  }

  /** Answers with an error, or, where the answer has begun or the connection was taken over, ends it. */
  fail(error: EngineError): void {
    if (this.taken) {
      this.taken.destroy();
      return;
    }
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    const status = statusOfKind[error.kind];
    if (status === 304) this.end(status);
    else if (this.failsAs !== null) this.#say(status, this.failsAs, Buffer.from(`${error.message}\r\n`));
    else this.answer(status, { message: error.message });
  }
}

function checkJsonType(given: string): void {
  const type = given.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!/^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(type))
    throw new EngineError('invalid', `malformed Content-Type header (${given.slice(0, 80)}): mime: no media type`);
  if (type !== 'application/json')
    throw new EngineError(
      'invalid',
      `unsupported Content-Type header (${given.slice(0, 80)}): must be 'application/json'`,
    );
}

/** All of `source`. Throws tooLarge, before reading on, where it has more than `maxBytes`. */
export async function readBody(source: Readable, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  // Destroying the source would close the connection before the client gets the error.
  for await (const piece of source.iterator({ destroyOnReturn: false })) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new EngineError('tooLarge', `the body is larger than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
