// Asking another name server, from within a container's network namespace, for what the embedded one does not know.

import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { bindInside } from '../../kernel/bind.ts';
import { dnsForwardTimeoutMs, dnsReceiveBytes, maxDnsForwarded, maxDnsServers } from '../../limits.ts';
import type { Query } from './message.ts';

interface Asked {
  readonly query: Query;
  readonly message: Buffer;
  /** The one that was asked last, and those to ask after it. */
  server: string;
  readonly others: string[];
  readonly done: (answer: Buffer | null) => void;
  timer: NodeJS.Timeout;
}

export class Forwarder implements Disposable {
  readonly #pid: number;
  readonly #servers: () => readonly string[];
  /** By the number that a query has on its way. */
  readonly #asked = new Map<number, Asked>();
  /** By server. */
  readonly #sockets = new Map<string, Promise<dgram.Socket>>();

  /** `servers` are IPv4 addresses; others are left out. */
  constructor(pid: number, servers: () => readonly string[]) {
    this.#pid = pid;
    this.#servers = servers;
  }

  /** Calls `done` once: with the answer for the client, or null where no server gives one. */
  ask(message: Buffer, query: Query, done: (answer: Buffer | null) => void): void {
    const servers = this.#servers().filter(isIPv4).slice(0, maxDnsServers);
    if (servers.length === 0 || this.#asked.size >= maxDnsForwarded) {
      done(null);
      return;
    }
    let number = randomInt(0x10000);
    while (this.#asked.has(number)) number = (number + 1) % 0x10000;
    const sent = Buffer.from(message);
    sent.writeUInt16BE(number, 0);
    const asked: Asked = {
      query,
      message: sent,
      server: '',
      others: servers,
      done,
      timer: setTimeout(() => undefined, 0),
    };
    this.#asked.set(number, asked);
    this.#next(number, asked);
  }

  /** Asks the next server, where there is one. */
  #next(number: number, asked: Asked): void {
    clearTimeout(asked.timer);
    const server = asked.others.shift();
    if (server === undefined) {
      this.#end(number, null);
      return;
    }
    asked.server = server;
    asked.timer = setTimeout(() => this.#next(number, asked), dnsForwardTimeoutMs);
    asked.timer.unref();
    void this.#socketTo(server)
      .then((socket) => {
        if (this.#asked.get(number) !== asked || asked.server !== server) return;
        socket.send(asked.message, (error) => {
          if (error) this.#refusedBy(server);
        });
      })
      .catch(() => {
        // No way leads there, or the container is gone.
        if (this.#asked.get(number) === asked && asked.server === server) this.#next(number, asked);
      });
  }

  #end(number: number, answer: Buffer | null): void {
    const asked = this.#asked.get(number);
    if (!asked) return;
    this.#asked.delete(number);
    clearTimeout(asked.timer);
    asked.done(answer);
  }

  /** Nothing listens there. The kernel says so once, at whichever call comes next, of all that was sent before. */
  #refusedBy(server: string): void {
    for (const [number, asked] of [...this.#asked]) if (asked.server === server) this.#next(number, asked);
  }

  /** Connected, so that it hears where nothing listens. Rejects where no way leads there. */
  #socketTo(server: string): Promise<dgram.Socket> {
    const known = this.#sockets.get(server);
    if (known) return known;
    const opened = this.#open(server);
    this.#sockets.set(server, opened);
    opened.catch(() => this.#sockets.delete(server));
    return opened;
  }

  async #open(server: string): Promise<dgram.Socket> {
    const [fd = -1] = bindInside(this.#pid, ['udp'], '0.0.0.0', 0, dnsReceiveBytes);
    const socket = dgram.createSocket('udp4');
    socket.on('error', () => this.#refusedBy(server));
    socket.on('message', (message) => {
      if (message.length < 12) return;
      const number = message.readUInt16BE(0);
      const asked = this.#asked.get(number);
      // Whoever guesses the number must be the server, and answer what was asked.
      const { question } = asked?.query ?? {};
      if (!asked || !question || asked.server !== server) return;
      if (!message.subarray(12, 12 + question.length).equals(question)) return;
      const answer = Buffer.from(message);
      answer.writeUInt16BE(asked.query.id, 0);
      this.#end(number, answer);
    });
    socket.bind({ fd, exclusive: true });
    try {
      socket.connect(53, server);
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#asked.values()) clearTimeout(timer);
    this.#asked.clear();
    for (const opened of this.#sockets.values())
      void opened.then(
        (socket) => socket.close(),
        () => undefined,
      );
    this.#sockets.clear();
  }
}
