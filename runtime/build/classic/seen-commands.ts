// Commands that only change an image's configuration cost nothing, and are done each time. What is kept is that they were: the classic
// builder says of them that it uses its cache.

import { maxSeenCommands } from '../../limits.ts';

/** Of one host. */
export class SeenCommands {
  readonly #ids = new Set<string>();

  /** Whether it was there. */
  add(id: string): boolean {
    const wasThere = this.#ids.delete(id);
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (oldest !== undefined && this.#ids.size > maxSeenCommands) this.#ids.delete(oldest);
    return wasThere;
  }

  clear(): void {
    this.#ids.clear();
  }
}
