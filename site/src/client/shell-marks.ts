/**
 * What the shell is doing, from its prompt marks (OSC 133, as FinalTerm and iTerm2 have them). A: a prompt begins. B: input begins.
 * C: a command runs. D;CODE: the command has ended. A shell without marks stays `unknown`.
 */
export type ShellState = 'unknown' | 'prompt' | 'running';

export interface ShellEvents {
  /** A command line was entered. */
  readonly started: () => void;
  /** The command has ended; the code is undefined when the shell does not tell it. */
  readonly ended: (exitCode: number | undefined) => void;
}

export class ShellMarks {
  #state: ShellState = 'unknown';
  readonly #events: ShellEvents;

  constructor(events: ShellEvents) {
    this.#events = events;
  }

  get state(): ShellState {
    return this.#state;
  }

  /** Takes a mark: the text after `133;`. */
  read(mark: string): void {
    const [kind, code] = mark.split(';', 2);
    if (kind === 'A' || kind === 'B') {
      this.#state = 'prompt';
    } else if (kind === 'C') {
      this.#state = 'running';
      this.#events.started();
    } else if (kind === 'D') {
      const wasRunning = this.#state === 'running';
      this.#state = 'prompt';
      if (wasRunning) this.#events.ended(code && /^\d{1,3}$/.test(code) ? Number(code) : undefined);
    }
  }
}
