// A running terminal: conmon's stream of a shell, counted byte by byte, with the last of it kept for who comes back.

import fs from 'node:fs';
import type net from 'node:net';
import { Duplex } from 'node:stream';
import type { TerminalInfo } from '../client.ts';
import { isAlive, signal } from '../kernel/processes.ts';
import { connectSeqpacket } from '../kernel/seqpacket.ts';
import { maxAttachPacketBytes, maxTerminalReplayBytes } from '../limits.ts';
import { writeControl, writePackets } from '../processes/console.ts';
import { Recording } from '../recording.ts';
import type { TerminalRecord } from './terminal-record.ts';

/** How long a shell may take to end after it was hung up. */
const hangUpMs = 500;

/** How often the offset is stored; a log holds 40 times as much before it is started anew. */
const storeEveryBytes = 256 * 1024;

export interface TerminalFiles {
  /** conmon's sockets and exit code. */
  readonly bundle: string;
  /** Everything the terminal has said, as conmon wrote it down. */
  readonly log: string;
}

export class LiveTerminal {
  readonly files: TerminalFiles;
  readonly #store: (record: TerminalRecord) => void;
  #record: TerminalRecord;
  #socket: net.Socket | null = null;
  /** What was said since it was opened, the last of it. */
  readonly #said = new Recording(0, maxTerminalReplayBytes);
  readonly #readers = new Set<Duplex>();
  readonly #blocked = new Set<Duplex>();

  constructor(record: TerminalRecord, files: TerminalFiles, store: (record: TerminalRecord) => void) {
    this.#record = record;
    this.files = files;
    this.#store = store;
  }

  get id(): string {
    return this.#record.id;
  }
  get record(): TerminalRecord {
    return this.#record;
  }

  info(): TerminalInfo {
    const { id, rows, columns, exitCode } = this.#record;
    return { id, rows, columns, exitCode, running: exitCode === null, offset: this.#said.end };
  }

  save(change: Partial<TerminalRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#store(this.#record);
  }

  connect(): void {
    this.adopt(connectSeqpacket(`${this.files.bundle}/attach`));
  }

  /** As `connect`, with a socket that is connected already. */
  adopt(socket: net.Socket): void {
    this.#socket = socket;
    socket.on('data', (packet: Buffer) => this.#hear(packet.subarray(1)));
    const gone = (): void => {
      this.#socket = null;
      socket.destroy(); // it is half open until then: no 'close', and a descriptor lost
    };
    socket.on('end', gone).on('close', gone).on('error', gone);
  }

  /** Counts and keeps what the terminal said, and passes it on. */
  #hear(data: Buffer): void {
    this.#said.append(data);
    if (this.#said.end > this.#record.offset + storeEveryBytes) this.save({ offset: this.#said.end });
    for (const reader of this.#readers) if (!reader.push(data)) this.#blocked.add(reader);
    if (this.#blocked.size > 0) this.#socket?.pause();
  }

  /**
   * Puts what was said before the engine restarted in front; only before anything else is heard. Where the log was started
   * anew since, it holds less than `atLeast` bytes, and where it begins is not known: its first byte then gets an offset
   * past all that anyone can have heard, so that whoever comes back is told of a gap and shown the last of it.
   */
  recall(atLeast: number, said: readonly Buffer[]): void {
    const bytes = said.reduce((sum, piece) => sum + piece.length, 0);
    this.#said.restart(bytes >= atLeast ? 0 : atLeast + storeEveryBytes + maxAttachPacketBytes);
    for (const piece of said) this.#hear(piece);
  }

  resize(rows: number, columns: number): void {
    if (this.#record.exitCode !== null) return;
    writeControl(this.files.bundle, rows, columns);
    this.save({ rows, columns });
  }

  /** Output from the absolute byte `from` on, or from the oldest that is kept, then live; writing types. */
  attach(from: number): { readonly offset: number; readonly stream: Duplex } {
    const { start, end } = this.#said;
    const offset = Math.min(Math.max(from, start), end);
    const stream: Duplex = new Duplex({
      read: () => this.#unblock(stream),
      write: (bytes: Buffer, _encoding, done) => {
        if (this.#socket) writePackets(this.#socket, bytes, done);
        else done();
      },
      final: (done) => {
        this.#leave(stream);
        done();
      },
      destroy: (error, done) => {
        this.#leave(stream);
        done(error);
      },
    });
    const missed = this.#said.read(offset, end - offset);
    if (missed.length > 0) stream.push(missed);
    if (this.#record.exitCode === null) this.#readers.add(stream);
    else stream.push(null);
    return { offset, stream };
  }

  #unblock(reader: Duplex): void {
    if (this.#blocked.delete(reader) && this.#blocked.size === 0) this.#socket?.resume();
  }

  #leave(reader: Duplex): void {
    this.#readers.delete(reader);
    this.#unblock(reader);
  }

  /** The shell has ended; readers get what is left and their end. Idempotent. */
  ended(exitCode: number): void {
    if (this.#record.exitCode !== null) return;
    this.save({ exitCode });
    const finish = (): void => {
      for (const reader of [...this.#readers]) {
        this.#leave(reader);
        reader.push(null);
      }
    };
    if (this.#socket) this.#socket.once('close', finish).resume();
    else finish();
    fs.rmSync(this.files.bundle, { recursive: true, force: true });
  }

  /** Hangs up: the shell and what it runs get SIGHUP, as when a window closes; SIGKILL, where that is not heard. */
  close(): void {
    if (this.#record.exitCode !== null) return;
    signal(this.#record.pid, 'SIGHUP');
    // bash misses it between two prompts, now and then.
    const insist = setTimeout(() => {
      const { exitCode, pid, startTicks } = this.#record;
      if (exitCode === null && isAlive(pid, startTicks)) signal(pid, 'SIGKILL');
    }, hangUpMs);
    insist.unref();
  }

  /** Leaves the shell running and lets go of its stream: the engine ends. */
  release(): void {
    this.#socket?.destroy();
  }
}
