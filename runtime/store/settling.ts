// Which layers may not be on the disk yet. Who brings a layer does not wait for the disk, on which others may be writing much: a
// record says in which boot of the machine the layer was made, until all of it is on the disk. Where the machine has lost its power
// before that, its next boot finds the record of another, and the layer counts as lost.

import { closeSync, openSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { syncFileSystem } from '../kernel/inodes.ts';
import type { RecordKind, Shape } from './record-kind.ts';
import type { Records } from './records.ts';

interface Unsettled {
  /** The layer's. */
  readonly name: string;
  readonly boot: string;
}

export const unsettledKind: RecordKind<Unsettled> = {
  name: 'unsettled',
  schema: z.object({ name: z.string(), boot: z.string() } satisfies Shape<Unsettled>),
  upgrades: [],
};

/** The layers of an image come one after the other, and are brought to the disk together. */
const settleAfterMs = 500;

/** Random, made by the kernel when it started: random(4). */
function thisBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

export class Settling {
  readonly #directory: string;
  readonly #records: Records;
  readonly #boot: string;
  /** What was added, each with its own mark: what was removed and added again meanwhile is not settled. */
  readonly #unsettled = new Map<string, symbol>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `directory` is on the file system that the layers are on. */
  constructor({ directory, records, boot = thisBoot() }: { directory: string; records: Records; boot?: string }) {
    this.#directory = directory;
    this.#records = records;
    this.#boot = boot;
    for (const { name, boot: made } of records.list(unsettledKind)) if (made === boot) this.#mark(name);
  }

  /** The layers that an earlier boot has not brought to the disk. To be removed, and then forgotten. */
  lost(): string[] {
    return this.#records.list(unsettledKind).flatMap(({ name, boot }) => (boot === this.#boot ? [] : [name]));
  }

  /** Before the layer has its name, and its record. */
  add(name: string): void {
    this.#records.put(unsettledKind, '', name, { name, boot: this.#boot });
    this.#mark(name);
  }

  /** When the layer is gone. Idempotent. */
  forget(name: string): void {
    this.#unsettled.delete(name);
    this.#records.delete(unsettledKind, '', name);
  }

  /** Resolves when all that was added before is on the disk. Throws where the disk fails; it is tried again at the next layer, and start. */
  async settle(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const added = [...this.#unsettled];
    if (added.length === 0) return;
    const fd = openSync(this.#directory, 'r');
    try {
      await syncFileSystem(fd);
    } finally {
      closeSync(fd);
    }
    if (this.#isClosed) return;
    for (const [name, mark] of added) if (this.#unsettled.get(name) === mark) this.forget(name);
  }

  /** Before the records are closed. What is not settled then is settled by the next engine of this boot. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #mark(name: string): void {
    this.#unsettled.set(name, Symbol(name));
    this.#timer ??= setTimeout(() => void this.settle().catch(() => undefined), settleAfterMs).unref();
  }
}
