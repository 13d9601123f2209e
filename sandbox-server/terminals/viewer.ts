// One page's view of one terminal: what the page was sent, what it has parsed, what it may get next. Independent of message
// transport: it hands bytes to a function.

import type { Recording } from '@drydock/runtime';
import { maxFrameBytes } from '../limits.ts';
import { pauseAboveBytes } from '../protocol.ts';
import type { Modes } from './modes.ts';

export interface ViewerTarget {
  /** The bytes that follow begin at `offset`, for the first time or anew. See `Attached` in protocol/server-messages.ts. */
  attached(view: {
    readonly offset: number;
    readonly gone: boolean;
    readonly restore?: string;
    readonly live: number;
  }): void;
  output(bytes: Uint8Array): void;
}

export class Viewer {
  readonly #recording: Recording;
  readonly #target: ViewerTarget;
  readonly #modes: Pick<Modes, 'from'>;
  #sent: number;
  #parsed: number;

  /** Tells the target at once where its output begins: at `from`, or at the oldest place where a replay can begin. */
  constructor(recording: Recording, target: ViewerTarget, from: number, modes: Pick<Modes, 'from'> = anywhere) {
    this.#recording = recording;
    this.#target = target;
    this.#modes = modes;
    // The terminal never had that much: the page has counted the bytes of another terminal. It gets all of this one's.
    const asked = from > recording.end ? 0 : from;
    this.#sent = asked;
    this.#parsed = asked;
    if (asked < recording.start) this.#beginAtOldest(recording.end);
    else target.attached({ offset: asked, gone: asked !== from, live: recording.end });
  }

  /** The number of the next byte that this page gets. */
  get next(): number {
    return this.#sent;
  }

  /** Bytes of the terminal's output that this page has not parsed yet. */
  get behind(): number {
    return this.#recording.end - this.#parsed;
  }

  /** The page has parsed everything before `offset`. An offset that it was not sent yet is ignored. */
  acknowledge(offset: number): void {
    if (offset > this.#parsed && offset <= this.#sent) this.#parsed = offset;
  }

  /** Sends output until all is sent, or the page has too much that it has not parsed. */
  pump(): void {
    // The recording has moved on past this page, or begins anew after the engine lost output.
    if (this.#sent < this.#recording.start || this.#sent > this.#recording.end) {
      this.#beginAtOldest();
    }
    while (this.#sent < this.#recording.end) {
      const room = pauseAboveBytes - (this.#sent - this.#parsed);
      if (room <= 0) return;
      const bytes = this.#recording.read(this.#sent, Math.min(room, maxFrameBytes));
      this.#sent += bytes.length;
      this.#target.output(bytes);
    }
  }

  /** Without `live` the page is not replaying: it fell behind while it watched, and everything that it gets now is live. */
  #beginAtOldest(live?: number): void {
    const { start, end } = this.#recording;
    const { offset, restore } = this.#modes.from(start);
    const first = Math.min(offset, end);
    this.#sent = first;
    this.#parsed = first;
    this.#target.attached({
      offset: first,
      gone: true,
      ...(restore === '' ? {} : { restore }),
      live: live ?? first,
    });
  }
}

const anywhere: Pick<Modes, 'from'> = { from: (offset) => ({ offset, restore: '' }) };
