// One page's view of one terminal: what it was sent, what it has parsed, what it may get next. Independent of message
// transport: it hands bytes to a function.

import type { Recording } from '@drydock/runtime';
import { maxFrameBytes } from '../limits.ts';
import { pauseAboveBytes } from '../protocol.ts';
import type { Modes } from './modes.ts';

export interface ViewerTarget {
  /** Output starts (again) at `offset`. See `Attached` in protocol/server-messages.ts. */
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

  /** Tells the target at once where output starts: at `from`, or at the oldest place that it can begin at. */
  constructor(recording: Recording, target: ViewerTarget, from: number, modes: Pick<Modes, 'from'> = anywhere) {
    this.#recording = recording;
    this.#target = target;
    this.#modes = modes;
    // More than there ever was: the page counted another terminal's bytes. It gets all of this one.
    const asked = from > recording.end ? 0 : from;
    this.#sent = asked;
    this.#parsed = asked;
    if (asked < recording.start) this.#beginAtOldest(recording.end);
    else target.attached({ offset: asked, gone: asked !== from, live: recording.end });
  }

  /** Number of the next byte that this page gets. */
  get next(): number {
    return this.#sent;
  }

  /** Bytes of the terminal's output that this page has not parsed yet. */
  get behind(): number {
    return this.#recording.end - this.#parsed;
  }

  /** The page has parsed all before `offset`. What no page could have parsed is ignored. */
  acknowledge(offset: number): void {
    if (offset > this.#parsed && offset <= this.#sent) this.#parsed = offset;
  }

  /** Sends what the page may have now. */
  pump(): void {
    // Past the end only where the engine counts anew.
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

  /** Who fell behind while it looked on has seen no replay: all that it gets is live. */
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
