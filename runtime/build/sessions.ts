// A client's session: what it serves to the build it has asked for (files, credentials, secrets), on a connection of its own that
// it gives us with `POST /session`. It names the session by an id, and its build names the session.

import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { EngineError } from '../errors.ts';
import { maxBuildSessions, sessionCheckMs, sessionWaitMs } from '../limits.ts';
import { type Connected, callUnary, connectGrpc, StreamCall } from './grpc/call.ts';
import type { MessageRoom } from './grpc/frames.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from './messages/session_pb.ts';

export interface SessionHeaders {
  readonly id: string;
  /** The same for every build of one directory by one client; may be empty. */
  readonly sharedKey: string;
  /** Paths of what it serves, in lower case. */
  readonly methods: ReadonlySet<string>;
}

export class Session {
  readonly id: string;
  readonly sharedKey: string;
  readonly #methods: ReadonlySet<string>;
  readonly #connected: Connected;
  readonly #gone = new AbortController();

  constructor({ id, sharedKey, methods }: SessionHeaders, socket: Duplex, room: MessageRoom) {
    this.id = id;
    this.sharedKey = sharedKey;
    this.#methods = methods;
    this.#connected = { session: connectGrpc(socket), room };
    this.#connected.session.once('close', () => this.#end());
    socket.once('close', () => this.#end());
    void this.#check();
  }

  /** Aborts when the client has gone. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  serves(path: string): boolean {
    return this.#methods.has(path.toLowerCase());
  }

  call(path: string, headers: Record<string, string | string[]>, signal: AbortSignal): StreamCall {
    return new StreamCall(this.#connected, path, headers, AbortSignal.any([signal, this.signal]));
  }

  /** One message each way. Throws GrpcError, as the client has it. */
  ask<Request extends DescMessage, Response extends DescMessage>(
    path: string,
    request: readonly [Request, MessageInitShape<Request>],
    response: Response,
    signal: AbortSignal,
  ): Promise<MessageShape<Response>> {
    return callUnary(this.#connected, path, request, response, AbortSignal.any([signal, this.signal]));
  }

  close(): void {
    this.#connected.session.destroy();
    this.#end();
  }

  #end(): void {
    this.#gone.abort(new GrpcError(codes.canceled, 'the client has gone: context canceled'));
  }

  /** A client that answers no more, twice in a row, is gone, though its connection may still be there. */
  async #check(): Promise<void> {
    const path = '/grpc.health.v1.Health/Check';
    if (!this.serves(path)) return;
    for (let missed = 0; missed < 2; ) {
      try {
        await delay(sessionCheckMs, undefined, { ref: false, signal: this.signal });
        const late = AbortSignal.timeout(3 * sessionCheckMs);
        await callUnary(this.#connected, path, [HealthCheckRequestSchema, {}], HealthCheckResponseSchema, late);
        missed = 0;
      } catch {
        if (this.signal.aborted) return;
        missed += 1;
      }
    }
    this.close();
  }
}

/** The sessions of one host's clients. */
export class Sessions {
  readonly #room: MessageRoom;
  readonly #sessions = new Map<string, Session>();
  readonly #waiting = new Map<string, Set<(session: Session) => void>>();

  constructor(room: MessageRoom) {
    this.#room = room;
  }

  /** Throws invalid for a session without an id, conflict where there is one of that id, exhausted where there are too many. */
  check({ id }: SessionHeaders): void {
    if (!/^[\w-]{1,64}$/.test(id)) throw new EngineError('invalid', 'session must have an id of letters and digits');
    if (this.#sessions.has(id)) throw new EngineError('conflict', `session ${id} already exists`);
    if (this.#sessions.size >= maxBuildSessions)
      throw new EngineError('exhausted', `this host has ${maxBuildSessions} builds open, the most it may have`);
  }

  /** After `check`. */
  add(headers: SessionHeaders, socket: Duplex): void {
    const session = new Session(headers, socket, this.#room);
    const { id } = headers;
    this.#sessions.set(id, session);
    session.signal.addEventListener('abort', () => this.#sessions.delete(id));
    for (const tell of this.#waiting.get(id) ?? []) tell(session);
  }

  /** A build may be asked for before its session is there. Throws notFound where it does not come. */
  async get(id: string, signal: AbortSignal): Promise<Session> {
    const there = this.#sessions.get(id);
    if (there) return there;
    const { promise, resolve, reject } = Promise.withResolvers<Session>();
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(resolve));
    const late = AbortSignal.any([signal, AbortSignal.timeout(sessionWaitMs)]);
    const fail = (): void =>
      reject(new GrpcError(codes.notFound, `no active session for ${id}: context deadline exceeded`));
    late.addEventListener('abort', fail);
    if (late.aborted) fail();
    try {
      return await promise;
    } finally {
      late.removeEventListener('abort', fail);
      waiting.delete(resolve);
      if (waiting.size === 0) this.#waiting.delete(id);
    }
  }

  close(): void {
    for (const session of this.#sessions.values()) session.close();
  }
}
