// A page as the server sees it, without a browser: a WebSocket that hears messages, counts output, and acknowledges it.

import { StringDecoder } from 'node:string_decoder';
import type { PageMessage, ServerMessage } from '@drydock/sandbox-server/protocol';
import { WebSocket } from 'ws';

export type Message<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;

/** What a busy machine may take for anything that is asked of the server. */
const patienceMs = 20_000;

/** What a terminal has printed; a character that is cut in two comes with its second half. */
interface Printed {
  readonly decoder: StringDecoder;
  text: string;
}

interface Watched {
  readonly terminal: string;
  /** Absolute number of the next byte. */
  offset: number;
}

export class Page {
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  /** Resolves with the code when the socket closes, for whatever reason. */
  readonly closed: Promise<number>;
  /** The status that refused the upgrade. */
  readonly refused: Promise<number>;
  readonly heard: ServerMessage[] = [];
  acknowledges = true;
  readonly #channels = new Map<number, Watched>();
  readonly #output = new Map<string, Printed>();
  readonly #waiting = new Set<() => void>();

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.socket = new WebSocket(url, { headers, perMessageDeflate: false });
    this.socket.binaryType = 'nodebuffer';
    this.opened = new Promise((resolve) => this.socket.once('open', resolve));
    this.refused = new Promise((resolve) => {
      this.socket.once('unexpected-response', (request, answer) => {
        resolve(answer.statusCode ?? 0);
        request.destroy();
      });
    });
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
  }

  send(message: PageMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The first message of a type that was heard, or is heard soon, and of which `when` is true. */
  async hears<T extends ServerMessage['type']>(
    type: T,
    when: (message: Message<T>) => boolean = () => true,
  ): Promise<Message<T>> {
    const isIt = (message: ServerMessage): message is Message<T> =>
      message.type === type && when(message as Message<T>);
    await this.until(() => this.heard.some(isIt), `${type}`);
    const found = this.heard.find(isIt);
    if (found === undefined) throw new Error(`${type} was heard and is gone`);
    return found;
  }

  /** The same, of messages that are heard from now on. */
  hearsNext<T extends ServerMessage['type']>(
    type: T,
    when: (message: Message<T>) => boolean = () => true,
  ): Promise<Message<T>> {
    const old = new Set(this.heard);
    return this.hears(type, (message) => !old.has(message) && when(message));
  }

  /** What was last heard of a type. */
  last<T extends ServerMessage['type']>(type: T): Message<T> | undefined {
    return this.heard.findLast((message): message is Message<T> => message.type === type);
  }

  /** Attaches and resolves once the answer is there. */
  async attach(terminal: string, from = 0): Promise<Message<'attached'>> {
    const before = this.heard.length;
    this.send({ type: 'attach', terminal, from, rows: 24, columns: 80 });
    const isIt = (message: ServerMessage): message is Message<'attached'> =>
      message.type === 'attached' && message.terminal === terminal;
    await this.until(() => this.heard.slice(before).some(isIt), `attached ${terminal}`);
    const found = this.heard.slice(before).find(isIt);
    if (found === undefined) throw new Error('attached was heard and is gone');
    return found;
  }

  /** All output of a terminal so far. */
  output(terminal: string): string {
    return this.#output.get(terminal)?.text ?? '';
  }

  /** Absolute number of the next byte of a terminal. */
  offset(terminal: string): number {
    return [...this.#channels.values()].find((watched) => watched.terminal === terminal)?.offset ?? 0;
  }

  /** Resolves once a terminal's output has `text` in it after the first `after` characters. */
  async shows(terminal: string, text: string, after = 0): Promise<void> {
    await this.until(() => this.output(terminal).includes(text, after), `${JSON.stringify(text)} in ${terminal}`);
  }

  type(terminal: string, data: string): void {
    this.send({ type: 'input', terminal, data });
  }

  acknowledgeAll(): void {
    for (const { terminal, offset } of this.#channels.values()) this.send({ type: 'ack', terminal, offset });
  }

  /** As a cut cable: no close is said. */
  drop(): void {
    this.socket.terminate();
  }

  /** Looks at every message and output until `holds`. Throws Error, with what was last heard, where it does not in time. */
  until(holds: () => boolean, what: string, timeoutMs = patienceMs): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!holds()) return;
        settle();
        resolve();
      };
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(check);
      };
      const timer = setTimeout(() => {
        settle();
        const last = this.heard.slice(-5).map((message) => JSON.stringify(message).slice(0, 300));
        reject(new Error(`the page did not get ${what} within ${timeoutMs} ms; the last it heard: ${last.join('\n')}`));
      }, timeoutMs);
      this.#waiting.add(check);
      check();
    });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      const watched = this.#channels.get(data[0] ?? 0);
      if (watched === undefined) throw new Error('output on a channel that was not attached');
      const bytes = data.subarray(1);
      watched.offset += bytes.length;
      const printed = this.#output.get(watched.terminal) ?? { decoder: new StringDecoder('utf8'), text: '' };
      printed.text += printed.decoder.write(bytes);
      this.#output.set(watched.terminal, printed);
      if (this.acknowledges) this.send({ type: 'ack', terminal: watched.terminal, offset: watched.offset });
    } else {
      // From our own server, whose types these are.
      const message = JSON.parse(data.toString()) as ServerMessage;
      this.heard.push(message);
      if (message.type === 'attached') {
        for (const [channel, { terminal }] of this.#channels)
          if (terminal === message.terminal) this.#channels.delete(channel);
        this.#channels.set(message.channel, { terminal: message.terminal, offset: message.offset });
      }
    }
    for (const wake of [...this.#waiting]) wake();
  }
}
