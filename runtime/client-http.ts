// HTTP over one Unix socket, as the clients of the engine's APIs need it.

import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { EngineError, type ErrorKind, statusOfKind } from './errors.ts';

/** More wait for a free one: an engine answers in milliseconds, all but what `UnixHttp` is told otherwise for. */
const fewConnections = 32;
/** An answer larger than this is no answer of ours. */
const maxAnswerBytes = 64 * 1024 * 1024;

export class UnixHttp {
  readonly #socketPath: string;
  readonly #agent: http.Agent;

  constructor(socketPath: string, maxConnections = fewConnections) {
    this.#socketPath = socketPath;
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: maxConnections, maxFreeSockets: 4 });
  }

  /** The parsed body; undefined where there is none. Throws EngineError: `unavailable`, or what the answer says. */
  async json(method: string, path: string, body?: unknown): Promise<unknown> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers: http.OutgoingHttpHeaders = bytes
      ? { 'Content-Type': 'application/json', 'Content-Length': bytes.length }
      : method === 'GET'
        ? {}
        : { 'Content-Length': 0 };
    const response = await this.#send({ method, path, headers, agent: this.#agent }, bytes);
    return parse(response, await readText(response));
  }

  /** An answer that goes on: its head has come, its body is the caller's to read. Throws as `json` does. */
  async stream(path: string, signal: AbortSignal): Promise<http.IncomingMessage> {
    const response = await this.#send({ method: 'GET', path, agent: false, signal });
    if (response.statusCode === 200) return response;
    parse(response, await readText(response));
    throw new EngineError('internal', `the engine answered ${response.statusCode}`);
  }

  /**
   * A connection that is taken over; its first bytes are in it already. Where it is `halfOpen`, its end is the caller's to
   * answer. Throws as `json` does.
   */
  async upgrade(
    path: string,
    signal: AbortSignal,
    { halfOpen = false } = {},
  ): Promise<{ headers: http.IncomingHttpHeaders; socket: Duplex }> {
    signal.throwIfAborted();
    const headers = { Connection: 'Upgrade', Upgrade: 'drydock' };
    const createConnection = () => net.connect({ path: this.#socketPath, allowHalfOpen: halfOpen });
    const request = http.request({ createConnection, method: 'GET', path, headers });
    const abort = () => request.destroy();
    signal.addEventListener('abort', abort);
    try {
      return await new Promise((resolve, reject) => {
        request.once('error', (error) => reject(signal.aborted ? signal.reason : unavailable(error)));
        request.once('upgrade', (response, socket, head) => {
          if (head.length > 0) socket.unshift(head);
          socket.on('error', () => socket.destroy());
          const leave = () => socket.destroy();
          signal.addEventListener('abort', leave);
          socket.once('close', () => signal.removeEventListener('abort', leave));
          resolve({ headers: response.headers, socket });
        });
        request.once('response', (response) => {
          readText(response)
            .then((text) => parse(response, text))
            .then(() => reject(new EngineError('internal', 'the engine did not hand the connection over')), reject);
        });
        request.end();
      });
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #send(options: http.RequestOptions, body?: Buffer, again = true): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = http.request({ ...options, socketPath: this.#socketPath });
      request.once('response', resolve);
      request.once('error', (error: NodeJS.ErrnoException) => {
        // A kept connection that the engine had just closed: nothing was done, so it may be asked once more.
        if (again && request.reusedSocket && error.code === 'ECONNRESET') resolve(this.#send(options, body, false));
        else if (error.name === 'AbortError') reject(error);
        else reject(unavailable(error));
      });
      request.end(body);
    });
  }
}

function unavailable(error: NodeJS.ErrnoException): EngineError {
  const why = error.code === 'EACCES' ? 'this user may not use its socket' : 'no engine answers';
  return new EngineError('unavailable', `${why} (${error.code ?? error.message}); \`drydock status\` tells more`, {
    cause: error,
  });
}

async function readText(response: http.IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of response) {
      bytes += piece.length;
      if (bytes > maxAnswerBytes) throw new EngineError('tooLarge', 'the answer is too large');
      pieces.push(piece);
    }
  } catch (error) {
    throw error instanceof EngineError ? error : unavailable(error as Error);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** The kind that a status stands for, where the answer does not name it. */
function kindOfStatus(status: number): ErrorKind {
  for (const [kind, code] of Object.entries(statusOfKind)) if (code === status) return kind as ErrorKind;
  return status >= 500 ? 'internal' : 'invalid';
}

function parse(response: http.IncomingMessage, text: string): unknown {
  const status = response.statusCode ?? 0;
  let body: unknown;
  try {
    body = text.trim() === '' ? undefined : JSON.parse(text);
  } catch (error) {
    throw new EngineError('internal', `the engine answered ${status} with what is no JSON`, { cause: error });
  }
  if (status < 300 || status === 304) return body;
  const { kind, message }: { kind?: unknown; message?: unknown } = typeof body === 'object' && body ? body : {};
  const known =
    typeof kind === 'string' && Object.hasOwn(statusOfKind, kind) ? (kind as ErrorKind) : kindOfStatus(status);
  throw new EngineError(known, typeof message === 'string' ? message : `the engine answered ${status}`);
}
