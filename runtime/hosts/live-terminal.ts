// A terminal: the output of a shell, from conmon, counted byte by byte. The last of it is kept for readers that reconnect.

import type net from 'node:net';
import { Duplex } from 'node:stream';
import type { TerminalInfo } from '../client.ts';
import { isAlive, signal } from '../kernel/processes.ts';
import { removeBundle } from '../kernel/remove-bundle.ts';
import { connectSeqpacket } from '../kernel/seqpacket.ts';
import { maxAttachPacketBytes, maxTerminalReplayBytes } from '../limits.ts';
import { writeControl, writePackets } from '../processes/console.ts';
import { Recording } from '../recording.ts';
import type { TerminalRecord } from './terminal-record.ts';

/** How long a shell may take to end after SIGHUP. */
const hangUpMs = 500;

/** How often the offset is stored. conmon writes 40 times as much before it starts a new log. */
const storeEveryBytes = 256 * 1024;

export interface TerminalFiles {
  /** conmon's sockets and exit code. */
  readonly bundle: string;
  /** conmon's log of everything that the shell has written. */
  readonly log: string;
}

export class LiveTerminal {
  readonly files: TerminalFiles;
  readonly #store: (record: TerminalRecord) => void;
  #record: TerminalRecord;
  #socket: net.Socket | null = null;
  /** The last of what the shell has written. */
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
      socket.destroy(); // a half-open socket emits no 'close' and keeps its descriptor
    };
    socket.on('end', gone).on('close', gone).on('error', gone);
  }

  /** Counts and keeps output, and passes it to the readers. */
  #hear(data: Buffer): void {
    this.#said.append(data);
    if (this.#said.end > this.#record.offset + storeEveryBytes) this.save({ offset: this.#said.end });
    for (const reader of this.#readers) if (!reader.push(data)) this.#blocked.add(reader);
    if (this.#blocked.size > 0) this.#socket?.pause();
  }

  /**
   * Takes over the output from before the engine was restarted; only before any other output arrives. Where conmon has started
   * a new log since, the log holds less than `atLeast` bytes, and the offset of its first byte is not known. That byte then gets
   * an offset past everything that a reader can have: a reader that reconnects is told of a gap and gets the last of the output.
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

  /**
   * Output from the absolute byte `from` on, or from the oldest byte that is kept, and then as it comes. What is written to the
   * stream is typed.
   */
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

  /** Records that the shell has ended. Readers get the rest of the output, and then their end. Idempotent. */
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
    // What conmon holds until it has ended goes with the host's run directory at the latest.
    removeBundle(this.files.bundle).catch(() => undefined);
  }

  /** Sends the shell SIGHUP, as when a window is closed, and SIGKILL where it does not end. */
  close(): void {
    if (this.#record.exitCode !== null) return;
    signal(this.#record.pid, 'SIGHUP');
    // bash sometimes misses the signal between two prompts.
    const insist = setTimeout(() => {
      const { exitCode, pid, startTicks } = this.#record;
      if (exitCode === null && isAlive(pid, startTicks)) signal(pid, 'SIGKILL');
    }, hangUpMs);
    insist.unref();
  }

  /** Closes the engine's connection to the shell, for an engine that ends. The shell goes on. */
  release(): void {
    this.#socket?.destroy();
  }
}
