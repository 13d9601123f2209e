// What the classic builder tells a client: JSON, a line for each thing that is said.

import type { Event } from '../progress.ts';
import { Progress } from '../progress.ts';

/** As Go's encoder writes it. */
function encoded(line: object): string {
  const escaped = JSON.stringify(line).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
  return `${escaped}\r\n`;
}

export class Transcript {
  readonly #write: (line: string) => Promise<void>;
  #written: Promise<unknown> = Promise.resolve();
  hasBegun = false;

  constructor(write: (line: string) => Promise<void>) {
    this.#write = write;
  }

  line(line: object): void {
    this.hasBegun = true;
    this.#written = this.#written.then(() => this.#write(encoded(line)));
  }

  say(stream: string): void {
    this.line({ stream });
  }

  /** The last line, where the build has failed. */
  fail(line: object): void {
    this.line(line);
  }

  /** Resolves when the client has taken what was said, or is gone. */
  async flushed(): Promise<void> {
    await this.#written;
  }
}

/** Says nothing until it must: for `-q`, whose client sees the output of what failed. */
export class QuietTranscript extends Transcript {
  readonly #held: object[] = [];
  #left: { lines: number; characters: number };

  /** What it holds at most; the rest is not told. */
  constructor(write: (line: string) => Promise<void>, most: { readonly lines: number; readonly characters: number }) {
    super(write);
    this.#left = { ...most };
  }

  override line(line: object): void {
    this.hasBegun = true;
    this.#left.lines -= 1;
    if ('stream' in line) this.#left.characters -= String(line.stream).length;
    if (this.#left.lines >= 0 && this.#left.characters >= 0) this.#held.push(line);
  }

  override fail(line: object): void {
    for (const held of this.#held.splice(0)) super.line(held);
    super.line(line);
  }

  tell(stream: string): void {
    super.line({ stream });
  }
}

/** The step whose progress is told: what comes of it. */
export interface Told {
  /** The name that progress has for it. */
  readonly name: string;
  onStart(): void;
  onCached(): void;
  onOutput(stream: 1 | 2, bytes: Uint8Array): void;
}

/** Passes on what happens, and keeps nothing of it. */
export class LiveProgress extends Progress {
  #step: Told | null = null;
  #isStarted = false;

  tellOf(told: Told): void {
    this.#step = told;
    this.#isStarted = false;
  }

  override add({ vertexes = [], logs = [] }: Event): void {
    const step = this.#step;
    if (!step) return;
    for (const { name, cached, started, completed } of vertexes) {
      if (name !== step.name || this.#isStarted || !started) continue;
      this.#isStarted = true;
      if (cached) step.onCached();
      else if (!completed) step.onStart();
    }
    for (const { stream, msg } of logs) if (msg) step.onOutput(stream === 2n ? 2 : 1, msg);
  }
}
