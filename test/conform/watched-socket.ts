// A socket that passes all on to a Docker Engine's, and notes what was asked and how it was answered. What goes on behind an upgrade
// passes unread.

import fs from 'node:fs';
import http from 'node:http';
import type { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';

export class WatchedSocket implements AsyncDisposable {
  readonly socket: string;
  readonly #calls = new Set<string>();
  readonly #connections = new Set<Socket>();
  readonly #server: http.Server;

  private constructor(socket: string, server: http.Server) {
    this.socket = socket;
    this.#server = server;
  }

  /** In a directory of its own: what is in a case's may be a build's context. */
  static async open(engine: string): Promise<WatchedSocket> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), `${process.env.TEST_RUN ?? 'conform'}-calls-`));
    const socket = path.join(folder, 'docker.sock');
    const server = http.createServer();
    const watched = new WatchedSocket(socket, server);
    server.on('connection', (connection: Socket) => watched.#keep(connection));
    server.on('request', (request, response) => {
      const onward = watched.#onward(engine, request, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        response.flushHeaders();
        answer.pipe(response);
        answer.once('error', () => response.destroy());
      });
      onward.once('error', () => response.destroy());
      request.pipe(onward);
    });
    server.on('upgrade', (request: http.IncomingMessage, connection: Socket, head: Buffer) => {
      const onward = watched.#onward(engine, request, (answer) => {
        connection.write(headOf(answer));
        answer.pipe(connection);
      });
      onward.once('upgrade', (answer, far: Socket, farHead: Buffer) => {
        watched.#note(request, answer);
        watched.#keep(far);
        connection.write(headOf(answer));
        connection.write(farHead);
        far.write(head);
        far.pipe(connection).pipe(far);
        connection.once('error', () => far.destroy());
      });
      onward.once('error', () => connection.destroy());
      onward.end();
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    return watched;
  }

  /** Each once, by its place: `POST /build?dockerfile=Dockerfile -> 200`. */
  get calls(): string {
    return [...this.#calls]
      .sort()
      .map((call) => `${call}\n`)
      .join('');
  }

  #onward(
    socketPath: string,
    { method, url, rawHeaders }: http.IncomingMessage,
    take: (answer: http.IncomingMessage) => void,
  ): http.ClientRequest {
    // A session tells each of its methods by a header of the same name.
    const request = http.request({ socketPath, method, path: url, headers: rawHeaders, agent: false });
    request.once('response', (answer) => {
      this.#note({ method, url }, answer);
      take(answer);
    });
    return request;
  }

  #note({ method, url = '' }: Pick<http.IncomingMessage, 'method' | 'url'>, answer: http.IncomingMessage): void {
    // The version is that of the client.
    const place = decodeURIComponent(url.replace(/^\/v1\.\d+/, ''));
    this.#calls.add(`${method} ${place} -> ${answer.statusCode}`);
  }

  #keep(connection: Socket): void {
    this.#connections.add(connection);
    connection.on('error', () => connection.destroy());
    connection.once('close', () => this.#connections.delete(connection));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    fs.rmSync(path.dirname(this.socket), { recursive: true, force: true });
  }
}

function headOf({ statusCode, statusMessage, rawHeaders }: http.IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
  return [`HTTP/1.1 ${statusCode} ${statusMessage}`, ...lines, '', ''].join('\r\n');
}
