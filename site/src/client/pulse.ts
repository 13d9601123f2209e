/**
 * Tells a dead connection from a quiet one: pings now and then, and something must be heard after that. It reads no clock, because in
 * a hidden tab the browser fires timers once a minute, and a late timer says nothing of the connection.
 */
import { pingEveryMs, pongWithinMs } from './limits.ts';

export interface PulseEvents {
  readonly ask: () => void;
  /** Nothing was heard after a ping. Told once; the pulse has stopped by then. */
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

  /** A message has come, of whatever kind. */
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
