// A client that builds and does as a test says: BuildKit's gRPC on a host's socket, and a session that serves what the test wants.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { ClientHttp2Session, ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { packet } from '../../runtime/build/file-packets.ts';
import { callUnary, connectGrpc, StreamCall } from '../../runtime/build/grpc/call.ts';
import { MessageRoom, messages, send } from '../../runtime/build/grpc/frames.ts';
import { type Method, type Services, serveGrpc } from '../../runtime/build/grpc/serve.ts';
import { GrpcError } from '../../runtime/build/grpc/status.ts';
import {
  SolveRequestSchema,
  SolveResponseSchema,
  StatusRequestSchema,
  StatusResponseSchema,
} from '../../runtime/build/messages/control_pb.ts';
import { PacketSchema } from '../../runtime/build/messages/files_pb.ts';
import {
  GetSecretRequestSchema,
  GetSecretResponseSchema,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
} from '../../runtime/build/messages/session_pb.ts';
import { goModeOf } from '../../runtime/build/receive-files.ts';

export type Packet = MessageInitShape<typeof PacketSchema>;
export type SolveRequest = MessageInitShape<typeof SolveRequestSchema>;

/** A connection that the engine has let us take over. */
export async function upgraded(socketPath: string, path: string, headers: http.OutgoingHttpHeaders): Promise<Duplex> {
  const request = http.request({
    socketPath,
    path,
    method: 'POST',
    agent: false,
    headers: { Connection: 'Upgrade', Upgrade: 'h2c', ...headers },
  });
  request.end();
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  request.once('error', reject);
  request.once('response', (response) => reject(new Error(`${path}: ${response.statusCode}`)));
  request.once('upgrade', (_response, socket, head) => {
    socket.on('error', () => socket.destroy());
    resolve(head.length === 0 ? socket : behind(head, socket));
  });
  return await promise;
}

/** A connection whose first bytes have come already. Node's HTTP/2 ends the process where it is closed before they are read. */
function behind(head: Buffer, socket: Duplex): Duplex {
  const all: Duplex = new Duplex({
    read: () => void socket.resume(),
    write: (piece, _encoding, done) => void socket.write(piece, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  // An error that nobody listens to is thrown before `close` is told.
  all.on('error', () => undefined);
  all.push(head);
  socket.on('data', (piece: Buffer) => all.push(piece) || socket.pause());
  socket.once('end', () => all.push(null)).once('close', () => all.destroy());
  return all;
}

/** What a session serves, by path; `files` are those of each directory that is asked for. */
export interface Serves {
  readonly methods?: Services;
  /** By the name of the directory. */
  readonly directories?: Readonly<Record<string, Readonly<Record<string, Given>>>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly sharedKey?: string;
}

/** A file's content, or what is listed of it. */
export type Given = string | Buffer | (Packet['stat'] & object);

const serving = 1;

const health: Method = async (stream, { room }) => {
  for await (const bytes of messages(stream, 1024, room)) fromBinary(HealthCheckRequestSchema, bytes);
  await send(stream, toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status: serving })));
};

/** Lists these packets, and answers requests with the contents: as a client of Docker's does. `before` is waited for before each is sent. */
export function fileMethod(
  directories: NonNullable<Serves['directories']>,
  before: (what: string) => Promise<void> = () => Promise.resolve(),
): Method {
  return async (stream, { headers, room }) => {
    const all = Object.entries(directories[String(headers['dir-name'])] ?? {});
    // Whoever asks for that alone gets that alone.
    const isIgnoreFile = String(headers.followpaths) === '.dockerignore';
    const files = isIgnoreFile ? all.filter(([path]) => path === '.dockerignore') : all;
    const say = (message: Packet) => send(stream, toBinary(PacketSchema, create(PacketSchema, message)));
    for (const [path, given] of files) {
      const isContent = typeof given === 'string' || Buffer.isBuffer(given);
      const stat = isContent ? { mode: 0o644, size: BigInt(Buffer.byteLength(given)) } : given;
      await before('file listed');
      await say({ type: packet.stat, stat: { path, ...stat } });
    }
    await say({ type: packet.stat });
    for await (const bytes of messages(stream, 1024 * 1024, room)) {
      const { type, id } = fromBinary(PacketSchema, bytes);
      if (type === packet.end) {
        await say({ type: packet.end });
        return;
      }
      if (type !== packet.request) continue;
      const given = files[id]?.[1];
      const content = Buffer.from(typeof given === 'string' || Buffer.isBuffer(given) ? given : '');
      for (let at = 0; at < content.length; at += 32 * 1024) {
        await before('content sent');
        await say({ type: packet.data, id, data: Uint8Array.from(content.subarray(at, at + 32 * 1024)) });
      }
      await say({ type: packet.data, id });
    }
  };
}

const secretMethod =
  (secrets: Readonly<Record<string, string>>): Method =>
  async (stream, { room }) => {
    for await (const bytes of messages(stream, 1024, room)) {
      const found = secrets[fromBinary(GetSecretRequestSchema, bytes).id];
      if (found === undefined) throw new GrpcError(5, 'not found');
      const data = Uint8Array.from(Buffer.from(found));
      await send(stream, toBinary(GetSecretResponseSchema, create(GetSecretResponseSchema, { data })));
    }
  };

export const directory = { mode: goModeOf('directory', 0o755) };

/** A session that the client has given the engine. */
export interface ClientSession extends Disposable {
  readonly id: string;
  readonly socket: Duplex;
}

const paths = {
  files: '/moby.filesync.v1.FileSync/DiffCopy',
  secrets: '/moby.buildkit.secrets.v1.Secrets/GetSecret',
  health: '/grpc.health.v1.Health/Check',
} as const;

/** Gives the engine a session that serves these. */
export async function openSession(
  socketPath: string,
  { methods = new Map(), directories = {}, secrets = {}, sharedKey = '' }: Serves,
): Promise<ClientSession> {
  const id = randomUUID().replaceAll('-', '');
  const services = new Map<string, Method>([
    [paths.files, fileMethod(directories)],
    [paths.secrets, secretMethod(secrets)],
    [paths.health, health],
    ...methods,
  ]);
  const socket = await upgraded(socketPath, '/session', {
    'X-Docker-Expose-Session-Uuid': id,
    'X-Docker-Expose-Session-Sharedkey': sharedKey,
    'X-Docker-Expose-Session-Grpc-Method': [...services.keys()],
  });
  serveGrpc(socket, {
    services,
    room: new MessageRoom(),
    turn: () => Promise.resolve(),
    onUnknown: () => undefined,
  });
  return { id, socket, [Symbol.dispose]: () => socket.destroy() };
}

export class BuildClient implements Disposable {
  readonly socketPath: string;
  readonly connection: ClientHttp2Session;
  readonly #room = new MessageRoom();

  private constructor(socketPath: string, connection: ClientHttp2Session) {
    this.socketPath = socketPath;
    this.connection = connection;
  }

  static async open(socketPath: string): Promise<BuildClient> {
    return new BuildClient(socketPath, connectGrpc(await upgraded(socketPath, '/grpc', {})));
  }

  get connected() {
    return { session: this.connection, room: this.#room };
  }

  call(path: string, headers: http.OutgoingHttpHeaders = {}, signal = new AbortController().signal): StreamCall {
    return new StreamCall(this.connected, path, headers, signal);
  }

  /** What the exporter says. Throws GrpcError. */
  async solve(request: SolveRequest, signal = new AbortController().signal): Promise<Record<string, string>> {
    const { exporterResponse } = await callUnary(
      this.connected,
      '/moby.buildkit.v1.Control/Solve',
      [SolveRequestSchema, { ref: randomUUID(), ...request }],
      SolveResponseSchema,
      signal,
    );
    return exporterResponse;
  }

  /** Builds with a session of its own. */
  async build(
    serves: Serves,
    { signal, name = '', ...request }: SolveRequest & { readonly signal?: AbortSignal; readonly name?: string } = {},
  ): Promise<Record<string, string>> {
    using session = await openSession(this.socketPath, serves);
    const exporters = [{ type: 'moby', attributes: { name } }];
    return await this.solve({ session: session.id, frontend: 'dockerfile.v0', exporters, ...request }, signal);
  }

  /** All that a build tells, until its end. */
  async *status(ref: string, signal = new AbortController().signal) {
    using call = this.call('/moby.buildkit.v1.Control/Status', {}, signal);
    await call.send(StatusRequestSchema, { ref });
    call.end();
    yield* call.messages(StatusResponseSchema);
  }

  [Symbol.dispose](): void {
    this.connection.destroy();
  }
}

/** Resolves when a stream of the session's side has ended. */
export const ended = (stream: ServerHttp2Stream): Promise<unknown> => once(stream, 'close');
