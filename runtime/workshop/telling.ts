// What a build tells, in the words of `drydock status`: the step that is being done, and its last line; and why it failed.

import type { Event } from '../build/progress.ts';
import { EngineError } from '../errors.ts';

/** How much of a failed step's last words an error quotes. */
const maxLastLines = 12;
const maxLineLength = 300;
const maxStepLength = 60;

export class Telling {
  readonly #onStep: (step: string) => void;
  readonly #names = new Map<string, string>();
  #last: string[] = [];
  #rest = '';
  #step = '';

  constructor(onStep: (step: string) => void) {
    this.#onStep = onStep;
  }

  tell({ vertexes = [], logs = [] }: Event): void {
    for (const { digest = '', name = '', started, completed } of vertexes) {
      if (!started || completed) {
        this.#names.delete(digest);
        continue;
      }
      if (!this.#names.has(digest)) this.#last = [];
      this.#names.set(digest, name);
      this.#step = shortened(name);
      this.#onStep(this.#step);
    }
    for (const { msg } of logs) this.#hear(Buffer.from(msg ?? []).toString('utf8'));
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split(/[\r\n]+/);
    this.#rest = (lines.pop() ?? '').slice(-maxLineLength);
    for (const line of lines) {
      const said = line
        .replace(/\p{C}+/gu, ' ')
        .trim()
        .slice(0, maxLineLength);
      if (said === '') continue;
      this.#last = [...this.#last, said].slice(-maxLastLines);
      this.#onStep(`${this.#step}: ${shortened(said)}`);
    }
  }

  /** With what the step that failed has said: apt's own errors where there are some. */
  failure(error: unknown): EngineError {
    if (error instanceof EngineError && this.#last.length === 0) return error;
    const message = error instanceof Error ? error.message : String(error);
    const errors = this.#last.filter((line) => line.startsWith('E: '));
    const why = (errors.length > 0 ? errors : this.#last).join(' / ');
    return new EngineError('unavailable', why === '' ? message : `${message}: ${why}`, { cause: error });
  }
}

/** Of a step that is a script of many lines the first. */
function shortened(name: string): string {
  const [line = ''] = name.split('\n').filter((one) => !/^\s*(set -|<<)/.test(one));
  return line.length > maxStepLength ? `${line.slice(0, maxStepLength)}…` : line;
}
