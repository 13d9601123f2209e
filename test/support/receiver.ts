// Where a test's webhooks arrive: HTTP on a loopback port, answered as the test wants.

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until.ts';

export interface Arrived {
  readonly line: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export class Receiver implements AsyncDisposable {
  readonly arrived: Arrived[] = [];
  /** How the next ones are answered; 204 where left as it is. */
  answer: (response: http.ServerResponse) => void = (response) => void response.writeHead(204).end();
  readonly #server: http.Server;

  private constructor(server: http.Server) {
    this.#server = server;
    server.on('request', async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      this.arrived.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      this.answer(response);
    });
  }

  /** On a free port of 127.0.0.1, or on a socket that is bound already. */
  static async open(fd?: number): Promise<Receiver> {
    const server = http.createServer();
    server.listen(fd === undefined ? { port: 0, host: '127.0.0.1' } : { fd });
    await once(server, 'listening');
    return new Receiver(server);
  }

  get place(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.place}`;
  }

  /** Those that have arrived, once there are so many. */
  async all(many: number): Promise<readonly Arrived[]> {
    await until(`${many} have arrived`, () => this.arrived.length >= many);
    return this.arrived;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}
