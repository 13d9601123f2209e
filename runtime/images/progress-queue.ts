// Lines of progress between whoever makes them and a client that reads them: a line that is out of date is not waited for.

import type { Progress } from './image.ts';

/**
 * Lines in order. While nobody reads, a newer line of the same step of the same layer takes an older one's place, so the queue
 * holds at most one line for each step.
 */
export class ProgressQueue implements AsyncIterable<Progress> {
  readonly #lines: Progress[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #wake: () => void = () => undefined;

  push(line: Progress): void {
    const same = this.#lines.findIndex((queued) => queued.id === line.id && queued.status === line.status);
    if (same >= 0 && line.progressDetail?.total !== undefined) this.#lines[same] = line;
    else this.#lines.push(line);
    this.#wake();
  }

  /** Ends the lines when `work` is done; with its error, after those that are queued, where it fails. */
  follow(work: Promise<void>): this {
    work.then(
      () => this.#end(null),
      (error: unknown) => this.#end({ error }),
    );
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Progress> {
    for (;;) {
      const line = this.#lines.shift();
      if (line) yield line;
      else if (this.#ended) break;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    if (this.#failure) throw this.#failure.error;
  }

  #end(failure: { readonly error: unknown } | null): void {
    this.#failure = failure;
    this.#ended = true;
    this.#wake();
  }
}
