// The embedded name server of one container: 127.0.0.11 in its network namespace. It knows nothing of containers: who calls hands in
// what a name means, and where else to ask. Students send what they like, so all of it is bounded, and what is no query is dropped.

import dgram from 'node:dgram';
import net from 'node:net';
import { bindInside } from '../../kernel/bind.ts';
import { isOfIpv6 } from '../../kernel/ip-address.ts';
import { dnsReceiveBytes, maxDnsConnections, maxDnsIdleMs, maxDnsQueryBytes } from '../../limits.ts';
import { Forwarder } from './forward.ts';
import {
  addressInPointer,
  addressRecord,
  answerTo,
  codes,
  parseQuery,
  pointerRecord,
  type Query,
  types,
} from './message.ts';

export const resolverAddress = '127.0.0.11';
/** Where clients ask it. */
export const resolverPort = 53;
/** Where it listens, so that a container may have a name server of its own at port 53 (`movePort`). Below those that clients are given. */
export const resolverRealPort = 30_053;

/** What the server's owner knows. */
export interface Names {
  /** The addresses of a name in lower case, of both families; null where it is not known. */
  addressesOf(name: string): readonly string[] | null;
  /** Null where it is not known. */
  nameOf(address: string): string | null;
  /** Name servers to ask for what is not known. */
  servers(): readonly string[];
  /** Counts a query; false where there are too many: it is dropped then. */
  take(): boolean;
}

/** The records of an answer; null for what is not known here. */
function recordsFor({ name, type, isInternet }: Query, names: Names): Buffer[] | null {
  if (!isInternet) return null;
  if (type === types.PTR) {
    const address = addressInPointer(name);
    const found = address === null ? null : names.nameOf(address);
    const record = found === null ? null : pointerRecord(found);
    return record && [record];
  }
  if (type !== types.A && type !== types.AAAA && type !== types.MX) return null;
  const addresses = names.addressesOf(name);
  // Of a name that is known nobody else is asked, though it has none of that kind.
  if (!addresses || type === types.MX) return addresses && [];
  const own = addresses.filter((address) => isOfIpv6(address) === (type === types.AAAA));
  return shuffled(own).map(addressRecord);
}

/** So that each of several containers of one name is the first one once. */
function shuffled(addresses: readonly string[]): string[] {
  const order = [...addresses];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? '', order[last] ?? ''];
  }
  return order;
}

export class Resolver implements Disposable {
  readonly #names: Names;
  readonly #udp = dgram.createSocket('udp4');
  readonly #tcp: net.Server;
  readonly #connections = new Set<net.Socket>();
  readonly #forwarder: Forwarder;

  /** Listens in the network namespace of the process `pid`, whose loopback is up. Throws SystemCallError where the port is taken. */
  constructor(pid: number, port: number, names: Names) {
    const [udp = -1, tcp = -1] = bindInside(pid, ['udp', 'tcp'], resolverAddress, port, dnsReceiveBytes);
    this.#names = names;
    this.#forwarder = new Forwarder(pid, () => names.servers().filter((server) => server !== resolverAddress));
    this.#udp.on('message', (message, { address, port: from }) => {
      this.#answer(message, null, (answer) => this.#udp.send(answer, from, address, () => undefined));
    });
    this.#udp.on('error', () => undefined); // what could not be sent is asked for again
    this.#udp.bind({ fd: udp, exclusive: true });
    this.#tcp = net.createServer((socket) => this.#serve(socket));
    this.#tcp.on('error', () => undefined);
    this.#tcp.maxConnections = maxDnsConnections;
    this.#tcp.listen({ fd: tcp, exclusive: true });
  }

  /** Calls `reply` once, or not at all. `maxBytes` is null for what the client itself says. */
  #answer(message: Buffer, maxBytes: number | null, reply: (answer: Buffer) => void): void {
    if (!this.#names.take()) return;
    const query = parseQuery(message);
    if (!query) return;
    const limit = maxBytes ?? query.maxBytes;
    const records = recordsFor(query, this.#names);
    if (records) {
      reply(answerTo(query, codes.ok, records, limit));
      return;
    }
    // As Docker: nobody else knows it either.
    this.#forwarder.ask(message, query, (answer) => reply(answer ?? answerTo(query, codes.failed, [], limit)));
  }

  /** TCP: each message behind its length (RFC 1035 §4.2.2). One at a time is answered, in their order. */
  #serve(socket: net.Socket): void {
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(maxDnsIdleMs, () => socket.destroy());
    let read = Buffer.alloc(0);
    const next = (): void => {
      if (read.length < 2) return;
      const length = read.readUInt16BE(0);
      if (length > maxDnsQueryBytes) {
        socket.destroy();
        return;
      }
      if (read.length < 2 + length) return;
      socket.pause();
      const message = read.subarray(2, 2 + length);
      read = read.subarray(2 + length);
      this.#answer(message, 0xffff, (answer) => {
        if (socket.destroyed) return;
        const size = Buffer.alloc(2);
        size.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([size, answer]), () => {
          socket.resume();
          next();
        });
      });
    };
    socket.on('data', (piece: Buffer) => {
      read = Buffer.concat([read, piece]);
      next();
    });
  }

  [Symbol.dispose](): void {
    this.#udp.close();
    this.#tcp.close();
    for (const socket of this.#connections) socket.destroy();
    this.#forwarder[Symbol.dispose]();
  }
}
