// Where programs in hosts reach the hub: a socket in each host's network namespace, HTTP and TLS at one port. Who comes through a host's
// socket is that host's.

import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { feedSlowly, inOrder } from '../api/pipeline.ts';
import { hubHeadersMs, hubKeepAliveMs, maxHubConnectionsPerHost, tlsHandshakeMs } from '../limits.ts';
import type { HostTurns } from '../loop/turns.ts';
import { hubAddress, hubName } from '../networks/hub-address.ts';
import { type Entrance, entranceAmong } from '../registry/accounts/entrance.ts';
import { sourceOf } from './caller.ts';
import type { HubCertificate } from './certificate.ts';
import { ownAccountHandler, ownAccountPath } from './own-account.ts';
import { type HubService, hubHandler } from './serve.ts';

/** A host whose programs come. */
export interface Guest {
  readonly id: string;
  readonly turns: HostTurns;
  /** Of its lab; null where it has none. */
  account(): string | null;
}

/** The first byte of a TLS record with a handshake. */
const handshakeRecord = 0x16;

export class Door {
  readonly #certificate: HubCertificate;
  readonly #api: http.Server;
  readonly #guests = new WeakMap<net.Socket, Guest>();
  /** Ends a connection whose first request does not come. */
  readonly #late = new WeakMap<net.Socket, NodeJS.Timeout>();
  /** Made when somebody comes by TLS. */
  #context: tls.SecureContext | null = null;

  constructor(service: Omit<HubService, 'entranceOf'>, certificate: HubCertificate) {
    this.#certificate = certificate;
    const own = { ...service, entranceOf: (request: http.IncomingMessage) => this.#entranceOf(request) };
    const [handleRegistry, handleAccount] = [hubHandler(own), ownAccountHandler(own)];
    this.#api = http.createServer({ maxHeaderSize: 32 * 1024 }, (request, response) => {
      const guest = this.#guests.get(request.socket);
      clearTimeout(this.#late.get(request.socket));
      // Who comes waits for their host's turn.
      inOrder(request.socket, response, () => {
        guest?.turns.next('the hub').then(
          () => (request.url?.startsWith(ownAccountPath) ? handleAccount : handleRegistry)(request, response),
          () => request.socket.destroy(),
        );
      });
    });
    // A large upload takes as long as it takes; one that stands still is cut off.
    this.#api.requestTimeout = 0;
    this.#api.keepAliveTimeout = hubKeepAliveMs;
    this.#api.on('clientError', (_error, socket) => socket.destroy());
  }

  #entranceOf(request: http.IncomingMessage): Entrance {
    const scheme = request.socket instanceof tls.TLSSocket ? 'https' : 'http';
    const guest = this.#guests.get(request.socket);
    const origins = [hubName, hubAddress].map((name) => `${scheme}://${name}`);
    const entrance = entranceAmong(origins, request, sourceOf(guest?.id ?? ''));
    return { ...entrance, account: guest?.account() ?? null };
  }

  /** Serves who comes by the listening socket `fd`, which it closes in the end. */
  async open(fd: number, guest: Guest): Promise<{ close(): void }> {
    const open = new Set<net.Socket>();
    const server = net.createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      if (open.size >= maxHubConnectionsPerHost) {
        socket.destroy();
        return;
      }
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      this.#come(socket, guest);
    });
    server.listen({ fd, exclusive: true });
    await once(server, 'listening');
    return {
      close: () => {
        server.close();
        for (const socket of open) socket.destroy();
      },
    };
  }

  #come(socket: net.Socket, guest: Guest): void {
    const late = setTimeout(() => socket.destroy(), tlsHandshakeMs);
    const known = (): void => clearTimeout(late);
    socket.once('close', known);
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first === null) {
        socket.destroy();
        return;
      }
      if (first[0] !== handshakeRecord) {
        known();
        socket.unshift(first);
        this.#serve(socket, guest);
        return;
      }
      // It takes the loop half a millisecond.
      guest.turns.next('a TLS handshake').then(
        () => {
          if (socket.destroyed) return;
          socket.unshift(first);
          const secured = new tls.TLSSocket(socket, {
            isServer: true,
            secureContext: this.#secureContext(),
            ALPNProtocols: ['http/1.1'],
          });
          secured.on('error', () => socket.destroy());
          secured.once('secure', () => {
            known();
            this.#serve(secured, guest);
          });
        },
        () => socket.destroy(),
      );
    });
  }

  #secureContext(): tls.SecureContext {
    const { certificate, key } = this.#certificate;
    this.#context ??= tls.createSecureContext({ cert: certificate, key });
    return this.#context;
  }

  #serve(socket: net.Socket, guest: Guest): void {
    this.#guests.set(socket, guest);
    // A server that does not listen itself does not look for heads that do not end.
    const late = setTimeout(() => socket.destroy(), hubHeadersMs);
    this.#late.set(socket, late);
    socket.once('close', () => clearTimeout(late));
    this.#api.emit('connection', socket);
    feedSlowly(socket);
  }
}
