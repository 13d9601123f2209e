/**
 * Tells a dead connection from a quiet one: asks now and then, and wants to hear something afterwards. Reads no clock: in
 * a hidden tab the browser fires timers once a minute, and a late timer says nothing about the connection.
 */
import { pingEveryMs, pongWithinMs } from './limits.ts';

export interface PulseEvents {
  readonly ask: () => void;
  /** Nothing came after it had asked. Once; it has stopped by then. */
  readonly dead: () => void;
}

export class Pulse {
  readonly #events: PulseEvents;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heard = false;

  constructor(events: PulseEvents) {
    this.#events = events;
    this.#rest();
  }

  /** Something came, of whatever kind. */
  heard(): void {
    this.#heard = true;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #rest(): void {
    this.#timer = setTimeout(() => this.#ask(), pingEveryMs - pongWithinMs);
  }

  #ask(): void {
    this.#heard = false;
    this.#timer = setTimeout(() => {
      if (this.#heard) this.#rest();
      else this.#events.dead();
    }, pongWithinMs);
    this.#events.ask();
  }
}
