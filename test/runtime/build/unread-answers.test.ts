// Clients of the builder that ask, and do not read: what waits for them in memory is bounded for all of one host's together (H04).

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Duplex } from 'node:stream';
import { StringValueSchema } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import { framed, MessageRoom } from '../../../runtime/build/grpc/frames.ts';
import { type Method, serveGrpc, unary } from '../../../runtime/build/grpc/serve.ts';
import { codes, GrpcError } from '../../../runtime/build/grpc/status.ts';
import { Progress } from '../../../runtime/build/progress.ts';
import { maxBuildMessagesBytes, maxBuildStreams } from '../../../runtime/limits.ts';
import { until } from '../../support/until.ts';

const MiB = 1024 * 1024;
const socketPath = path.join(tmpdir(), `unread-${randomUUID()}.sock`);
const connections = 5;
/** Node's client takes no more of what ends a call; a real one takes a megabyte. */
const detailBytes = 40_000;
const answerBytes = 300_000;
let server: net.Server;
let room: MessageRoom;
let asked = 0;

const asking: Method = unary(StringValueSchema, StringValueSchema, () => {
  asked += 1;
  return { value: 'x'.repeat(answerBytes) };
});

const failing: Method = async (stream) => {
  stream.resume();
  asked += 1;
  throw new GrpcError(codes.unknown, 'it failed', [{ typeUrl: 'x', value: { data: 'x'.repeat(detailBytes) } }]);
};

beforeAll(async () => {
  const services = new Map([
    ['/failing', failing],
    ['/asking', asking],
  ]);
  server = net.createServer((socket) =>
    serveGrpc(socket, { services, room, turn: () => Promise.resolve(), onUnknown: () => undefined }),
  );
  await once(server.listen(socketPath), 'listening');
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  room = new MessageRoom();
  asked = 0;
});

/** A connection of which nothing is read until `read` is called. */
class Unread {
  readonly session: http2.ClientHttp2Session;
  #isRead = false;
  readonly #socket = net.connect(socketPath);

  constructor() {
    const socket = this.#socket;
    socket.pause();
    const outer: Duplex = new Duplex({
      read: () => {
        if (this.#isRead) socket.resume();
      },
      write: (piece, _encoding, done) => void socket.write(piece, done),
      final: (done) => void socket.end(done),
      destroy: (error, done) => {
        socket.destroy();
        done(error);
      },
    });
    socket.on('data', (piece: Buffer) => outer.push(piece) || socket.pause());
    socket.pause();
    socket.once('close', () => outer.destroy());
    for (const one of [socket, outer]) one.on('error', () => undefined);
    this.session = http2.connect('http://localhost', { createConnection: () => outer });
    this.session.on('error', () => undefined);
  }

  read(): void {
    this.#isRead = true;
    this.#socket.resume();
  }

  /** Resolves with the trailers, and how many bytes came before them. */
  async ask(place: string): Promise<{ readonly trailers: http2.IncomingHttpHeaders; readonly bytes: number }> {
    const stream = this.session.request({ ':method': 'POST', ':path': place, 'content-type': 'application/grpc' });
    stream.end(framed(new Uint8Array()));
    let trailers: http2.IncomingHttpHeaders = {};
    let bytes = 0;
    stream.on('trailers', (given) => (trailers = given));
    stream.on('data', (piece: Buffer) => (bytes += piece.length));
    await once(stream, 'close');
    return { trailers, bytes };
  }
}

/** What is answered to as many calls as there may be, which nobody reads until all were made. */
async function answersTo(place: string, left = maxBuildMessagesBytes) {
  const clients = Array.from({ length: connections }, () => new Unread());
  const answers = clients.flatMap((client) => Array.from({ length: maxBuildStreams }, () => client.ask(place)));
  await until('all have been asked', () => asked === answers.length);
  for (const client of clients) client.read();
  const all = await Promise.all(answers);
  for (const { session } of clients) session.destroy();
  await until('the room is given back', () => room.bytesLeft === left);
  return all;
}

/** What was sent before it had to wait, of each connection. */
const sentAtOnce = connections * MiB;

test('H04: how calls ended is told without details where there is no room for them', async () => {
  const left = 30_000;
  room.take(maxBuildMessagesBytes - left);
  const answers = await answersTo('/failing', left);
  assert.ok(
    answers.every(({ trailers }) => trailers['grpc-status'] === '2' && !('grpc-status-details-bin' in trailers)),
  );
});

test('H04: answers that find no room are refused', async () => {
  const answers = await answersTo('/asking');
  const bytes = answers.reduce((sum, answer) => sum + answer.bytes, 0);
  assert.ok(bytes > 10 * MiB, `${bytes}`);
  assert.ok(bytes < maxBuildMessagesBytes + sentAtOnce, `${bytes}`);
  const refused = answers.filter(({ trailers }) => trailers['grpc-status'] === String(codes.resourceExhausted));
  assert.ok(refused.length > 0);
});

test('H04: who follows a build leaves nothing behind with each thing that is told', async () => {
  const gone = new AbortController();
  let listeners = 0;
  const { signal } = gone;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  };
  using progress = new Progress();
  const told = progress.told(signal);
  for (let at = 0; at < 100; at++) {
    const next = told.next();
    progress.add({ vertexes: [{ digest: `${at}` }] }, 0);
    await next;
  }
  assert.ok(listeners <= 1, `${listeners}`);
});
