// The one connection to the streams of a process under conmon, shared by every client that attaches to it.

import fs from 'node:fs';
import type net from 'node:net';
import { Readable, Writable } from 'node:stream';
import { connectSeqpacket } from '../kernel/seqpacket.ts';
import { maxAttachPacketBytes } from '../limits.ts';
import type { Attached, OutputChunk } from './streams.ts';

/** Chunks buffered for one client before the process is paused. */
const clientBufferChunks = 16;

/**
 * Clients may attach before the process starts, so that they miss no output, and while it runs. The slowest client sets the pace.
 * When the last client leaves, the connection is closed and conmon goes on alone.
 */
export class ProcessConsole {
  readonly #bundle: string;
  /** Clients see the end only once the exit code is known, because they may ask for it then. */
  readonly #endsWithProcess: boolean;
  readonly #clients = new Set<Readable>();
  readonly #blocked = new Set<Readable>();
  #socket: net.Socket | null = null;
  #connectable = false;
  #processEnded = false;
  #ended = false;

  /** `bundle` is the process's directory, with conmon's `attach` and `ctl` in it. */
  constructor(bundle: string, options: { endsWithProcess: boolean }) {
    this.#bundle = bundle;
    this.#endsWithProcess = options.endsWithProcess;
  }

  get hasClients(): boolean {
    return this.#clients.size > 0;
  }

  /** Call it once conmon listens. Connects if a client waits. */
  connect(): void {
    this.#connectable = true;
    if (this.#clients.size > 0) this.#open();
  }

  /** Null if conmon has gone: it ends with its process, shortly before that end is known here. */
  #open(): net.Socket | null {
    if (this.#socket) return this.#socket;
    let socket: net.Socket;
    try {
      socket = connectSeqpacket(`${this.#bundle}/attach`);
    } catch (error) {
      if (!['ENOENT', 'ECONNREFUSED'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
      this.#lost();
      return null;
    }
    this.#socket = socket;
    socket.on('data', (packet: Buffer) => this.#give({ stream: packet[0] === 3 ? 2 : 1, data: packet.subarray(1) }));
    const end = (): void => {
      socket.destroy(); // half open until destroyed: would leak a descriptor
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#lost();
    };
    socket.on('end', end).on('close', end).on('error', end);
    return socket;
  }

  #lost(): void {
    if (this.#endsWithProcess && !this.#processEnded) this.#connectable = false;
    else this.end();
  }

  #give(chunk: OutputChunk): void {
    for (const client of this.#clients) {
      if (!client.push(chunk)) this.#blocked.add(client);
    }
    if (this.#blocked.size > 0) this.#socket?.pause();
  }

  #unblock(client: Readable): void {
    if (this.#blocked.delete(client) && this.#blocked.size === 0) this.#socket?.resume();
  }

  #leave(client: Readable): void {
    if (!this.#clients.delete(client)) return;
    this.#unblock(client);
    client.push(null);
    if (this.#clients.size === 0 && this.#socket) {
      const socket = this.#socket;
      this.#socket = null;
      socket.destroy();
    }
  }

  /**
   * Adds a client, which gets the streams that it wants. With `keepStdin` the process's stdin stays open after the end of this
   * client's input, for clients that attach later.
   */
  attach(want: { stdin: boolean; stdout: boolean; stderr: boolean; keepStdin?: boolean }): Attached {
    const output: Readable = new Readable({
      objectMode: true,
      highWaterMark: clientBufferChunks,
      read: () => this.#unblock(output),
      destroy: (error, done) => {
        this.#leave(output);
        done(error);
      },
    });
    const wanted = output.push.bind(output);
    output.push = (chunk: OutputChunk | null): boolean => {
      if (chunk !== null && !(chunk.stream === 1 ? want.stdout : want.stderr)) return true;
      return wanted(chunk);
    };
    if (this.#ended) output.push(null);
    else {
      this.#clients.add(output);
      if (this.#connectable) this.#open();
    }
    return {
      output,
      input: want.stdin ? this.#input(want.keepStdin ?? false) : null,
      detach: () => this.#leave(output),
    };
  }

  #input(keepOpen: boolean): Writable {
    const waiting: (() => void)[] = [];
    const whenOpen = (act: (socket: net.Socket) => void, giveUp: () => void): void => {
      if (!this.#connectable && !this.#ended) {
        waiting.push(() => whenOpen(act, giveUp));
        return;
      }
      const socket = this.#ended ? null : this.#open();
      if (socket) act(socket);
      else giveUp();
    };
    this.#onConnect.push(() => {
      for (const go of waiting.splice(0)) go();
    });
    return new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        whenOpen((socket) => writePackets(socket, bytes, done), done);
      },
      final: (done) => {
        if (keepOpen) done();
        else whenOpen((socket) => socket.end(() => done()), done);
      },
    });
  }

  readonly #onConnect: (() => void)[] = [];

  /** Passes on the input that clients wrote before the process ran. Call it after `connect`, once the process has started. */
  started(): void {
    for (const go of this.#onConnect.splice(0)) go();
  }

  /**
   * Rows and columns are 0 (not known) to 1,000, as conmon takes them. Ignored if the process has no terminal. False if the
   * process has just ended.
   */
  resize(rows: number, columns: number): boolean {
    return writeControl(this.#bundle, rows, columns);
  }

  /** The process has ended. Output that conmon still sends is delivered first; without a connection there is none. */
  processEnded(): void {
    this.#processEnded = true;
    if (!this.#socket) this.end();
  }

  /** The output is complete: every client gets what is left of it, then its end. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket?.destroy();
    this.#socket = null;
    for (const client of [...this.#clients]) this.#leave(client);
    this.started();
  }
}

/** One packet after the other: conmon reads 32 KiB of each at most, and packets must not be joined. */
export function writePackets(socket: net.Socket, bytes: Buffer, done: (error?: Error | null) => void): void {
  const next = (from: number): void => {
    if (from >= bytes.length || socket.destroyed) {
      done(); // a dead process reads nothing; clients see its end in the output
      return;
    }
    const packet = bytes.subarray(from, from + maxAttachPacketBytes);
    socket.write(packet, () => next(from + packet.length));
  };
  next(0);
}

/** Tells conmon the terminal's size (`ctl` FIFO, command 1). False if conmon has gone. */
export function writeControl(bundle: string, rows: number, columns: number): boolean {
  const within = (value: number): number => Math.min(1000, Math.max(0, Math.floor(value)));
  try {
    const fd = fs.openSync(`${bundle}/ctl`, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
    try {
      fs.writeSync(fd, `1 ${within(rows)} ${within(columns)}\n`);
    } finally {
      fs.closeSync(fd);
    }
    return true;
  } catch (error) {
    if (['ENOENT', 'ENXIO', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
