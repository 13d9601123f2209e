/**
 * One WebSocket of a page, from its hello to its end. It shares no state with other sockets: one that was given up and closes late
 * changes nothing for the one that came after it.
 */
import { type PageMessage, protocolVersion, type ServerMessage } from '@drydock/sandbox-server/protocol';
import { welcomeWithinMs } from './limits.ts';
import { Pulse } from './pulse.ts';

export interface TalkEvents {
  /** The server has accepted the ticket, and messages can be sent. Told before the `welcome` itself. */
  readonly welcomed: () => void;
  readonly message: (message: ServerMessage) => void;
  readonly output: (channel: number, bytes: Uint8Array) => void;
}

export interface TalkEnd {
  /** The close code of the WebSocket; 1006 where it never opened, was given up, or stopped answering. */
  readonly code: number;
  readonly welcomed: boolean;
}

/** The close code of a socket that was cut off (RFC 6455). */
const cutOff = 1006;

export class Talk {
  /** Resolves when the socket has ended. No event comes after that. Never rejects. */
  readonly over: Promise<TalkEnd>;
  readonly #events: TalkEvents;
  readonly #socket: WebSocket;
  readonly #end: (end: TalkEnd) => void;
  readonly #welcomeTimer: ReturnType<typeof setTimeout>;
  #pulse: Pulse | undefined;
  #isOver = false;

  constructor(url: URL, ticket: string, events: TalkEvents) {
    const { promise, resolve } = Promise.withResolvers<TalkEnd>();
    this.over = promise;
    this.#end = resolve;
    this.#events = events;
    this.#welcomeTimer = setTimeout(() => this.drop(), welcomeWithinMs);
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', protocol: protocolVersion, ticket }));
    socket.onclose = ({ code }) => this.#finish(code);
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => this.#receive(data);
  }

  /** Sends a message. False where it cannot: nothing is kept for later. */
  send(message: PageMessage): boolean {
    if (!this.#pulse || this.#isOver || this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Ends the socket at once, without waiting for the server. Idempotent. */
  drop(): void {
    this.#finish(cutOff);
  }

  #receive(data: string | ArrayBuffer): void {
    if (this.#isOver) return;
    this.#pulse?.heard();
    if (typeof data !== 'string') {
      const bytes = new Uint8Array(data);
      const channel = bytes[0];
      if (channel !== undefined) this.#events.output(channel, bytes.subarray(1));
      return;
    }
    const message = JSON.parse(data) as ServerMessage;
    if (message.type === 'welcome') {
      clearTimeout(this.#welcomeTimer);
      this.#pulse ??= new Pulse({ ask: () => this.send({ type: 'ping' }), dead: () => this.drop() });
      this.#events.welcomed();
    }
    if (message.type !== 'pong') this.#events.message(message);
  }

  #finish(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#welcomeTimer);
    this.#pulse?.stop();
    this.#end({ code, welcomed: this.#pulse !== undefined });
    this.#socket.close();
  }
}
