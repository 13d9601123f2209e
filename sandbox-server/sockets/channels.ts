// The terminals that one page watches. Each has a channel number, the first byte of every frame of its output.

import { ServerError } from '../errors.ts';
import type { ServerMessage } from '../protocol.ts';
import type { Terminal } from '../terminals/terminal.ts';
import type { Viewer } from '../terminals/viewer.ts';

interface Channel {
  readonly number: number;
  readonly terminal: Terminal;
  /** Null while `watch` is at work. */
  viewer: Viewer | null;
}

export class Channels {
  readonly #channels = new Map<string, Channel>();
  readonly #out: { readonly tell: (message: ServerMessage) => void; readonly frame: (frame: Uint8Array) => void };

  constructor(out: { readonly tell: (message: ServerMessage) => void; readonly frame: (frame: Uint8Array) => void }) {
    this.#out = out;
  }

  /** Begins (again) at byte `from` of the terminal's output. */
  open(terminal: Terminal, from: number): void {
    this.close(terminal.id);
    const channel: Channel = { number: this.#free(), terminal, viewer: null };
    this.#channels.set(terminal.id, channel);
    channel.viewer = terminal.watch(
      {
        attached: (view) => {
          this.#out.tell({ type: 'attached', terminal: terminal.id, channel: channel.number, ...view });
        },
        output: (bytes) => {
          const frame = new Uint8Array(bytes.length + 1);
          frame[0] = channel.number;
          frame.set(bytes, 1);
          this.#out.frame(frame);
        },
      },
      from,
    );
  }

  /** Number of the next byte of a terminal that this page gets; undefined if the page does not watch it. */
  next(terminal: string): number | undefined {
    return this.#channels.get(terminal)?.viewer?.next;
  }

  acknowledge(terminal: string, offset: number): void {
    const channel = this.#channels.get(terminal);
    if (channel?.viewer) channel.terminal.acknowledge(channel.viewer, offset);
  }

  /** Idempotent. */
  close(terminal: string): void {
    const channel = this.#channels.get(terminal);
    this.#channels.delete(terminal);
    if (channel?.viewer) channel.terminal.unwatch(channel.viewer);
  }

  closeAll(): void {
    for (const terminal of [...this.#channels.keys()]) this.close(terminal);
  }

  /** The lowest number that no channel has; there are fewer terminals than numbers. */
  #free(): number {
    const taken = new Set([...this.#channels.values()].map(({ number }) => number));
    for (let number = 0; number < 256; number += 1) if (!taken.has(number)) return number;
    throw new ServerError('tooMany', 'Too many terminals are shown. Close one.');
  }
}
