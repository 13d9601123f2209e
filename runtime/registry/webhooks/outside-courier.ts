// Delivers to places outside, by a thread that is there while there is something to deliver.

import { Worker } from 'node:worker_threads';
import { webhookThreadIdleMs } from '../../limits.ts';
import type { Letter, Receipt } from './post.ts';

/** It holds some letters and the authorities of TLS. */
const maxHeapMb = 96;

const lost: Receipt = { status: null, message: 'the delivery was cut off', mayTryAgain: true, answer: '' };

export class OutsideCourier implements AsyncDisposable {
  readonly #places: readonly string[];
  readonly #waiting = new Map<number, (receipt: Receipt) => void>();
  #thread: Worker | null = null;
  #idle: NodeJS.Timeout | null = null;
  #last = 0;

  /** `places` as `Places` takes them. */
  constructor(places: readonly string[]) {
    this.#places = places;
  }

  /** Never throws. */
  async deliver(letter: Letter): Promise<Receipt> {
    if (this.#idle) clearTimeout(this.#idle);
    this.#thread ??= this.#started();
    const id = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<Receipt>();
    this.#waiting.set(id, resolve);
    this.#thread.postMessage({ id, letter });
    return await promise;
  }

  #started(): Worker {
    const thread = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: this.#places,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
    thread.unref();
    thread.on('message', ({ id, receipt }: { id: number; receipt: Receipt }) => {
      this.#waiting.get(id)?.(receipt);
      this.#waiting.delete(id);
      if (this.#waiting.size > 0) return;
      this.#idle = setTimeout(() => {
        this.#thread = null;
        void thread.terminate();
      }, webhookThreadIdleMs).unref();
    });
    // It tells why with the deliveries that it leaves: they are tried again.
    thread.on('error', () => undefined);
    thread.on('exit', () => {
      if (this.#thread !== thread) return;
      this.#thread = null;
      for (const resolve of this.#waiting.values()) resolve(lost);
      this.#waiting.clear();
    });
    return thread;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#idle) clearTimeout(this.#idle);
    await this.#thread?.terminate();
  }
}
