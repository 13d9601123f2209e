// Who has a container's files open from outside, so that they are not mounted a second time, nor removed, meanwhile.

import { EngineError } from '../errors.ts';
import { maxArchiveWaitMs } from '../limits.ts';

interface Use {
  /** Of a view of the container's whole root file system: a descriptor of the mount namespace that it is mounted in. */
  readonly mounts: number | null;
  readonly cutOff: AbortController;
  readonly ended: Promise<void>;
}

export class FileUses {
  readonly #uses = new Set<Use>();

  /** The mount namespace of a view that is open; null where none is. */
  get mounts(): number | null {
    for (const { mounts } of this.#uses) if (mounts !== null) return mounts;
    return null;
  }

  /** One more use, until it is disposed of. Its signal aborts where it is to end at once, or `signal` does. */
  begin(signal: AbortSignal, mounts: number | null): { readonly signal: AbortSignal } & Disposable {
    const cutOff = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const use = { mounts, cutOff, ended };
    this.#uses.add(use);
    return {
      signal: AbortSignal.any([signal, cutOff.signal]),
      [Symbol.dispose]: () => {
        this.#uses.delete(use);
        resolve();
      },
    };
  }

  /** Resolves when nobody uses them any more: for some seconds this waits, then it cuts off who does. `why` tells them. */
  async end(why: string): Promise<void> {
    if (this.#uses.size === 0) return;
    const late = setTimeout(() => {
      for (const { cutOff } of this.#uses) cutOff.abort(new EngineError('conflict', `${why}; copy again`));
    }, maxArchiveWaitMs);
    try {
      while (this.#uses.size > 0) await Promise.all([...this.#uses].map(({ ended }) => ended));
    } finally {
      clearTimeout(late);
    }
  }
}
