// One page's WebSocket: parses its messages, gives them to its session, and carries the session's messages back.

import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';
import type { EngineLink } from '../engine-link.ts';
import { messageOf, ServerError, sentences } from '../errors.ts';
import { FileWatches } from '../files/watches.ts';
import {
  heartbeatMs,
  helloTimeoutMs,
  maxSocketBacklogBytes,
  maxTerminalsAsked,
  messageBurst,
  messagesPerSecond,
} from '../limits.ts';
import { pageMessage } from '../messages.ts';
import {
  type Attach,
  closeCodes,
  type Hello,
  type PageMessage,
  protocolVersion,
  type ServerMessage,
} from '../protocol.ts';
import { RateLimit } from '../rate-limit.ts';
import type { Changes } from '../sessions/changes.ts';
import type { Session } from '../sessions/session.ts';
import { Channels } from './channels.ts';

export interface PageConnectionParts {
  /** The session that a ticket is for, woken up; null if the ticket is not valid. */
  readonly enter: (ticket: string) => Session | null;
  /** Reset, and the copies that the student keeps. */
  readonly changes: Changes;
  readonly link: EngineLink;
  readonly idleMinutes: number;
  readonly keepDays: number;
  readonly log: Logger;
}

export class PageConnection {
  readonly #socket: WebSocket;
  readonly #parts: PageConnectionParts;
  readonly #rate = new RateLimit({ perSecond: messagesPerSecond, burst: messageBurst });
  readonly #channels: Channels;
  readonly #files: FileWatches;
  readonly #helloTimer: NodeJS.Timeout;
  readonly #heartbeat: NodeJS.Timeout;
  /** What the page wants to see, by terminal. */
  readonly #attached = new Map<string, Attach>();
  #session: Session | null = null;
  #leave: () => void = () => undefined;
  #alive = true;

  constructor(socket: WebSocket, parts: PageConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#channels = new Channels({
      tell: (message) => this.tell(message),
      frame: (frame) => this.#send(frame),
    });
    this.#files = new FileWatches(parts.link, (host) => this.tell({ type: 'filesChanged', host }));
    this.#helloTimer = setTimeout(() => this.#close(closeCodes.policy, 'no hello came'), helloTimeoutMs);
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('ping', () => this.#counts());
    socket.on('pong', () => {
      this.#alive = true;
      this.#counts();
    });
    // `ws` itself closes the socket, with the right code, for messages that are too large, malformed or in too many fragments.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed());
  }

  tell(message: ServerMessage): void {
    this.#send(JSON.stringify(message));
  }

  terminalsReady(): void {
    const session = this.#session;
    if (session === null) return;
    const there = new Set(session.running.terminals.states.map(({ id }) => id));
    for (const attach of [...this.#attached.values()]) {
      // The terminal was on a host that was started again. The message `terminals` tells the page which are gone.
      if (!there.has(attach.terminal)) this.#attached.delete(attach.terminal);
      else this.#handle(session, { ...attach, from: this.#channels.next(attach.terminal) ?? attach.from });
    }
  }

  end(): void {
    this.#close(closeCodes.ended, 'the lab has ended');
  }

  #send(data: string | Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    // Flow control keeps output far below this; only a page that reads nothing at all gets here.
    if (this.#socket.bufferedAmount > maxSocketBacklogBytes) this.#socket.terminate();
    else this.#socket.send(data);
  }

  #close(code: number, reason: string): void {
    this.#closed();
    this.#socket.close(code, reason);
  }

  /** Idempotent. */
  #closed(): void {
    clearTimeout(this.#helloTimer);
    clearInterval(this.#heartbeat);
    this.#channels.closeAll();
    this.#files.leaveAll();
    this.#leave();
    this.#leave = () => undefined;
    this.#session = null;
  }

  #beat(): void {
    if (!this.#alive) {
      this.#socket.terminate();
      return;
    }
    this.#alive = false;
    this.#socket.ping();
  }

  /** False, and the socket is closed, when the page has sent far more than a page sends. */
  #counts(): boolean {
    if (this.#rate.take('') === 0) return true;
    this.#close(closeCodes.policy, 'too many messages');
    return false;
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN || !this.#counts()) return;
    const message = isBinary ? null : parse(data);
    if (message === null) this.#close(closeCodes.policy, 'not a message of this protocol');
    else if (this.#session !== null) this.#handle(this.#session, message);
    else if (message.type === 'hello') this.#greet(message);
    else this.#close(closeCodes.policy, 'hello comes first');
  }

  /** A failure here closes this page's socket alone; the page reconnects by itself. */
  #greet(hello: Hello): void {
    try {
      this.#hello(hello);
    } catch (error) {
      this.#parts.log.error({ error: messageOf(error) }, 'a page was not let in');
      this.#close(closeCodes.restarting, 'try again');
    }
  }

  #hello({ protocol, ticket }: Hello): void {
    if (protocol !== protocolVersion) {
      this.#close(closeCodes.protocol, 'reload the page');
      return;
    }
    const session = this.#parts.enter(ticket);
    if (session === null) {
      this.#close(closeCodes.ticket, 'the ticket is not valid');
      return;
    }
    clearTimeout(this.#helloTimer);
    this.#session = session;
    const { idleMinutes, keepDays } = this.#parts;
    const { id, lesson, values: parameters } = session;
    const hosts = session.lab.hosts.map(({ name }) => name);
    this.tell({ type: 'welcome', session: id, lesson, hosts, parameters, idleMinutes, keepDays });
    this.#leave = session.join(this);
  }

  #handle(session: Session, message: PageMessage): void {
    this.#carryOut(session, message).catch((error: unknown) => this.#refused(message, error));
  }

  async #carryOut(session: Session, message: PageMessage): Promise<void> {
    switch (message.type) {
      case 'hello':
        return this.#close(closeCodes.policy, 'hello comes once');
      case 'ping':
        return this.tell({ type: 'pong' });
      case 'open': {
        const { rows, columns, host, title } = message;
        const terminal = await session.running.openTerminal({ rows, columns }, host ?? null, title ?? null);
        return this.tell({ type: 'opened', request: message.request, terminal });
      }
      case 'attach': {
        if (this.#attached.size >= maxTerminalsAsked) return this.#close(closeCodes.policy, 'too many terminals');
        this.#attached.set(message.terminal, message);
        // `terminalsReady` comes back to it.
        if (!session.active && session.phase.phase !== 'ended') return;
        const terminal = session.running.terminals.find(message.terminal);
        // Resize first, so that a program that draws the whole screen draws it once.
        terminal.resize(message.rows, message.columns).catch((error: unknown) => this.#refused(message, error));
        await terminal.caughtUp;
        // Where it was let go of meanwhile, it was closed, or `terminalsReady` comes back to it.
        if (this.#session === session && !terminal.released) this.#channels.open(terminal, message.from);
        return;
      }
      case 'detach':
        this.#attached.delete(message.terminal);
        return this.#channels.close(message.terminal);
      case 'input':
        session.typed();
        return session.running.terminals.find(message.terminal).type(message.data);
      case 'ack':
        return this.#channels.acknowledge(message.terminal, message.offset);
      case 'resize':
        return session.running.terminals.find(message.terminal).resize(message.rows, message.columns);
      case 'rename':
        return session.running.renameTerminal(message.terminal, message.title);
      case 'close':
        this.#attached.delete(message.terminal);
        this.#channels.close(message.terminal);
        return session.running.closeTerminal(message.terminal);
      case 'reset':
        session.typed();
        return this.#parts.changes.reset(session, message.to);
      case 'keep':
        session.typed();
        return this.#parts.changes.keep(session, message.title);
      case 'dropKept':
        return this.#parts.changes.dropKept(session, message.id);
      case 'watchFiles':
        if (message.on) this.#files.watch(session, message.host);
        else this.#files.leave(message.host);
        return;
    }
  }

  #refused(message: PageMessage, error: unknown): void {
    const expected = error instanceof ServerError;
    if (!expected) this.#parts.log.error({ of: message.type, error: messageOf(error) }, 'a message failed');
    this.tell({
      type: 'refused',
      of: message.type,
      terminal: 'terminal' in message ? message.terminal : null,
      message: expected ? error.message : sentences.internal,
    });
  }
}

/** Null if it is not a message of the protocol. */
function parse(data: RawData): PageMessage | null {
  try {
    const parsed = pageMessage.safeParse(JSON.parse(data.toString()));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
