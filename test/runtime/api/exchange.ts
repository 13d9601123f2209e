// Assertions that read like the HTTP exchange, over a Unix socket; and bare connections for what is taken over.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';

/** For as long as a busy machine may take. */
const patienceMs = 20_000;

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Parsed where it is JSON, else text. */
  readonly body: unknown;
}

/** Sends `GET /v1.51/info` or `POST /containers/create` with a JSON body. */
export function ask(socketPath: string, place: string, body?: object): Promise<Answer> {
  const [method = 'GET', path = '/'] = place.split(' ');
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = bytes ? { 'Content-Type': 'application/json', 'Content-Length': bytes.length } : {};
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, method, path, headers, agent: false }, (response) => {
      // Also where the connection breaks in the middle of the answer.
      const answered = response.toArray().then((pieces): Answer => {
        const text = Buffer.concat(pieces).toString();
        const isJson = response.headers['content-type'] === 'application/json';
        const parsed: unknown = isJson && text.trim() !== '' && !text.trim().includes('\n') ? JSON.parse(text) : text;
        return { status: response.statusCode ?? 0, headers: response.headers, body: parsed };
      });
      answered.then(resolve, reject);
    });
    request.once('error', reject);
    request.end(bytes);
  });
}

/** Every key of `expected` is in `actual`; a RegExp is matched, a function is asked, an object or list goes on inside. */
export function assertHas(actual: unknown, expected: unknown, place = 'body'): void {
  if (expected instanceof RegExp) assert.match(String(actual), expected, place);
  else if (typeof expected === 'function') assert.ok(expected(actual), `${place}: ${JSON.stringify(actual)}`);
  else if (typeof expected === 'object' && expected !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${place} is ${JSON.stringify(actual)}`);
    if (Array.isArray(expected)) assert.equal((actual as unknown[]).length, expected.length, `${place}.length`);
    for (const [key, value] of Object.entries(expected))
      assertHas((actual as Record<string, unknown>)[key], value, `${place}.${key}`);
  } else assert.deepEqual(actual, expected, place);
}

/** `await expect(socket, 'GET /info', 200, { Name: 'docker-host' })`. Gives the body. */
export async function expect(socketPath: string, place: string, status: number, body?: unknown): Promise<unknown> {
  return await expectSending(socketPath, place, undefined, status, body);
}

/** The same with a body to send. */
export async function expectSending(
  socketPath: string,
  place: string,
  sent: object | undefined,
  status: number,
  body?: unknown,
): Promise<unknown> {
  const answer = await ask(socketPath, place, sent);
  assert.equal(answer.status, status, `${place}: ${JSON.stringify(answer.body)}`);
  if (body !== undefined) assertHas(answer.body, body, place);
  return answer.body;
}

/** A connection of bytes: what comes is kept, and can be waited for. */
export class Bytes {
  readonly socket: net.Socket;
  #received: Buffer = Buffer.alloc(0);
  ended = false;
  #wake: (() => void) | null = null;

  constructor(socketPath: string) {
    this.socket = net.connect({ path: socketPath, allowHalfOpen: true });
    this.socket.on('data', (piece: Buffer) => {
      this.#received = Buffer.concat([this.#received, piece]);
      this.#wake?.();
    });
    for (const event of ['end', 'close', 'error'])
      this.socket.on(event, () => {
        this.ended = true;
        this.#wake?.();
      });
  }

  get text(): string {
    return this.#received.toString('latin1');
  }

  send(text: string): void {
    this.socket.write(text);
  }

  /** Sends a request's head and body in one piece, as Go's client does. */
  request(place: string, headers: Record<string, string>, body = ''): void {
    const lines = Object.entries({ Host: 'docker', ...headers }).map(([name, value]) => `${name}: ${value}`);
    const length = body === '' ? [] : [`Content-Type: application/json`, `Content-Length: ${Buffer.byteLength(body)}`];
    this.send(`${[`${place} HTTP/1.1`, ...lines, ...length].join('\r\n')}\r\n\r\n${body}`);
  }

  /** Resolves when what has come matches; rejects when the other side ends first or 20 s pass. */
  async until(pattern: RegExp): Promise<string> {
    const deadline = setTimeout(() => {
      this.ended = true;
      this.#wake?.();
    }, patienceMs);
    while (!pattern.test(this.text)) {
      if (this.ended) assert.fail(`waited for ${pattern}, got ${JSON.stringify(this.text.slice(-2000))}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    clearTimeout(deadline);
    return this.text;
  }

  /** Everything until the other side ends. */
  async rest(): Promise<string> {
    while (!this.ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.text;
  }

  /** The connection for another protocol, what came after `last` in it put back. */
  handOver(last: string): net.Socket {
    this.socket.removeAllListeners('data');
    this.socket.pause();
    const rest = this.#received.subarray(this.text.indexOf(last) + last.length);
    if (rest.length > 0) this.socket.unshift(rest);
    return this.socket;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

export const upgrade = { Connection: 'Upgrade', Upgrade: 'tcp' };

/** The pieces of a multiplexed stream, as `1:out\n`. */
export function unframe(text: string): string[] {
  const bytes = Buffer.from(text, 'latin1');
  const pieces: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4);
    pieces.push(`${bytes[at]}:${bytes.toString('utf8', at + 8, at + 8 + length)}`);
    at += 8 + length;
  }
  return pieces;
}
