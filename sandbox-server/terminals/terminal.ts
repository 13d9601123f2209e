// One shell of a session. Reads the shell's output from the engine for as long as the shell lives, records it, sends it to pages,
// and passes their input on. Independent of message transport.

import { setTimeout as delay } from 'node:timers/promises';
import { Recording, type TerminalConnection, type TerminalInfo } from '@drydock/runtime';
import { type EngineLink, isAway } from '../engine-link.ts';
import { kindOf, messageOf, ServerError, sentences } from '../errors.ts';
import { catchUpMs, engineProbeMs, maxPendingInputBytes, maxRecordingBytes } from '../limits.ts';
import type { TerminalState } from '../protocol.ts';
import { Flow } from './flow.ts';
import { MarkParser } from './marks.ts';
import { Modes } from './modes.ts';
import { Viewer, type ViewerTarget } from './viewer.ts';

/** The longest pause between two attempts to attach to the engine's terminal. */
const maxPauseMs = engineProbeMs * 5;

export interface TerminalEvents {
  /** The shell has exited, perhaps because its host has stopped. */
  changed(): void;
  /** The shell has shown a prompt, or a command has ended. */
  prompted(): void;
  /** The engine has no such terminal any more; its host may have stopped. */
  lost(): void;
  failed(message: string): void;
}

export interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** The host of a terminal: `name` is the lab's name of it, `host` the engine's. */
export interface TerminalHost {
  readonly name: string;
  readonly host: string;
}

export class Terminal {
  readonly id: string;
  title: string;
  readonly #link: EngineLink;
  readonly #host: TerminalHost;
  readonly #events: TerminalEvents;
  readonly #recording: Recording;
  readonly #viewers = new Set<Viewer>();
  readonly #marks = new MarkParser();
  readonly #modes: Modes;
  readonly #flow = new Flow();
  readonly #abort = new AbortController();
  /** How much output the engine had when this was made. Until it is read, no page can be told where live output begins. */
  readonly #catchUpTo: number;
  readonly #caughtUp = Promise.withResolvers<void>();
  #connection: TerminalConnection | null = null;
  /** What was typed before the engine's terminal was connected. It is sent first. */
  #early = '';
  #running: boolean;
  #exitCode: number | null;
  /** The size that the engine's terminal has. */
  #size: Size;
  /** The size that a page has asked for last. */
  #wanted: Size;
  #resizing: Promise<void> | null = null;
  #holdTimer: NodeJS.Timeout | undefined;

  constructor(link: EngineLink, host: TerminalHost, info: TerminalInfo, title: string, events: TerminalEvents) {
    this.id = info.id;
    this.title = title;
    this.#link = link;
    this.#host = host;
    this.#events = events;
    this.#catchUpTo = info.offset;
    const firstByte = Math.max(0, info.offset - maxRecordingBytes);
    this.#recording = new Recording(firstByte, maxRecordingBytes);
    this.#modes = new Modes(firstByte);
    this.#running = info.running;
    this.#exitCode = info.exitCode;
    this.#size = { rows: info.rows, columns: info.columns };
    this.#wanted = this.#size;
    void this.#follow().catch((error: unknown) => events.failed(messageOf(error)));
  }

  /** After `release`: no output and no event comes any more. */
  get released(): boolean {
    return this.#abort.signal.aborted;
  }

  /** The engine's name of the host. */
  get host(): string {
    return this.#host.host;
  }

  get state(): TerminalState {
    const { id, title } = this;
    return { id, host: this.#host.name, title, running: this.#running, exitCode: this.#exitCode };
  }

  /** Resolves once all output that the engine had at first is recorded, or will not come. Never rejects. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  /** Sends the output from byte `from` on to `target`, until `unwatch`. */
  watch(target: ViewerTarget, from: number): Viewer {
    const viewer = new Viewer(this.#recording, target, from, this.#modes);
    this.#viewers.add(viewer);
    viewer.pump();
    this.#regulate(0);
    return viewer;
  }

  unwatch(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    this.#regulate(0);
  }

  acknowledge(viewer: Viewer, offset: number): void {
    viewer.acknowledge(offset);
    viewer.pump();
    this.#regulate(0);
  }

  /** Types `data`, which reaches the shell once or, where this throws, not at all. Throws gone, unavailable and tooMany. */
  type(data: string): void {
    if (!this.#running) throw new ServerError('gone', 'The shell in this terminal has exited. Open another terminal.');
    if (!this.#link.up) throw new ServerError('unavailable', sentences.engineAway);
    const stream = this.#connection?.stream;
    const pending = stream?.writable === true ? stream.writableLength : this.#early.length;
    if (pending > maxPendingInputBytes) {
      throw new ServerError(
        'tooMany',
        'The program in this terminal does not read what is typed. Interrupt it with Ctrl-C.',
      );
    }
    if (stream?.writable === true) stream.write(data);
    else this.#early += data;
  }

  /** Resolves once the terminal has this size, or one that was asked for later. Idempotent. Throws what the engine throws. */
  resize(rows: number, columns: number): Promise<void> {
    this.#wanted = { rows, columns };
    if (this.#resizing === null && !this.#isFit) this.#resizing = this.#fit();
    return this.#resizing ?? Promise.resolve();
  }

  get #isFit(): boolean {
    const isSame = this.#size.rows === this.#wanted.rows && this.#size.columns === this.#wanted.columns;
    return isSame || !this.#running || this.released;
  }

  /** Sets one size after another, because two requests at once could overtake each other. Sizes in between are skipped. */
  async #fit(): Promise<void> {
    try {
      while (!this.#isFit) {
        const size = this.#wanted;
        await this.#link.call((engine) => engine.resizeTerminal(this.host, this.id, size.rows, size.columns));
        this.#size = size;
      }
    } finally {
      this.#resizing = null;
    }
  }

  /** Lets go of the engine's terminal, which goes on. Idempotent. */
  release(): void {
    this.#abort.abort();
    this.#caughtUp.resolve();
    clearTimeout(this.#holdTimer);
    this.#connection?.stream.destroy();
    this.#viewers.clear();
  }

  /** Reads until the shell exits or `release` is called. After the engine was away it attaches again. */
  async #follow(): Promise<void> {
    const { signal } = this.#abort;
    let pauseMs = 10;
    let failure = '';
    while (!signal.aborted) {
      try {
        const before = this.#recording.end;
        const connection = await this.#link.call((engine) =>
          engine.attachTerminal(this.#host.host, this.id, this.#recording.end, signal),
        );
        await this.#read(connection);
        if (this.#recording.end > before) pauseMs = 10;
        const info = await this.#find();
        if (signal.aborted) return;
        if (info === undefined) return this.#end(null, true);
        if (!info.running && this.#recording.end >= info.offset) return this.#end(info.exitCode, false);
      } catch (error) {
        if (signal.aborted) return;
        const kind = kindOf(error);
        if (kind === 'notFound' || kind === 'conflict' || isAway(error)) return this.#end(null, true);
        if (kind !== 'unavailable') {
          if (messageOf(error) !== failure) this.#events.failed(messageOf(error));
          failure = messageOf(error);
          // This may go on for long. Pages get what is recorded so far, and the rest when the engine answers.
          if (pauseMs === maxPauseMs) this.#caughtUp.resolve();
        }
      }
      // The shell still runs, but the engine has closed the connection. The pause keeps this from becoming a hot loop.
      this.#link.suspect();
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, maxPauseMs);
    }
  }

  async #find(): Promise<TerminalInfo | undefined> {
    const all = await this.#link.call((engine) => engine.terminals(this.#host.host));
    return all.find(({ id }) => id === this.id);
  }

  #end(exitCode: number | null, lost: boolean): void {
    this.#running = false;
    this.#exitCode = exitCode;
    this.#caughtUp.resolve();
    if (lost) this.#events.lost();
    else this.#events.changed();
  }

  /** Reads the connection until it ends, for whatever reason. Never rejects. */
  #read(connection: TerminalConnection): Promise<void> {
    const { stream } = connection;
    if (connection.offset !== this.#recording.end) {
      this.#recording.restart(connection.offset);
      this.#modes.restart(connection.offset);
    }
    this.#connection = connection;
    if (this.#recording.end >= this.#catchUpTo) this.#caughtUp.resolve();
    // The engine may have less output than it said. Pages do not wait for that longer than this.
    const patience = setTimeout(() => this.#caughtUp.resolve(), catchUpMs);
    // A resize may have failed while the terminal was not connected.
    this.resize(this.#wanted.rows, this.#wanted.columns).catch(() => undefined);
    if (this.#early !== '') stream.write(this.#early);
    this.#early = '';
    return new Promise((resolve) => {
      stream.on('data', (bytes: Uint8Array) => this.#receive(bytes));
      stream.on('error', () => stream.destroy());
      // The shell has exited when its output ends. Our half of the connection must be closed too.
      stream.on('end', () => stream.destroy());
      stream.on('close', () => {
        this.#connection = null;
        clearTimeout(this.#holdTimer);
        clearTimeout(patience);
        resolve();
      });
      if (this.#abort.signal.aborted) stream.destroy();
    });
  }

  #receive(bytes: Uint8Array): void {
    this.#recording.append(bytes);
    this.#modes.push(bytes);
    if (this.#recording.end >= this.#catchUpTo) this.#caughtUp.resolve();
    for (const viewer of this.#viewers) viewer.pump();
    this.#regulate(bytes.length);
    const marks = this.#marks.push(bytes);
    if (marks.some(({ kind }) => kind === 'finished' || kind === 'prompt')) this.#events.prompted();
  }

  #regulate(readBytes: number): void {
    const decision = this.#flow.decide(
      readBytes,
      [...this.#viewers].map(({ behind }) => behind),
    );
    const stream = this.#connection?.stream;
    clearTimeout(this.#holdTimer);
    if (stream === undefined || stream.destroyed) return;
    if (decision === 'go') {
      if (stream.isPaused()) stream.resume();
      return;
    }
    stream.pause();
    if (typeof decision === 'number') this.#holdTimer = setTimeout(() => this.#regulate(0), decision);
  }
}
