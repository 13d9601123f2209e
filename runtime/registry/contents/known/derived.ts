// What is known from files that somebody else writes: read once into tables of our own, and anew when the files change. Files that cannot
// be read change nothing: what was known stays, and why the new ones are of no use is told.

import { existsSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import type { Logger } from 'pino';
import { EngineError } from '../../../errors.ts';
import { knownCheckMs, readKnownMs } from '../../../limits.ts';
import type { KnownJob } from './read-known.ts';
import { readKnown } from './read-known.ts';

/** Raised when the tables change: what was written before is then written anew. */
const format = 1;

export interface DerivedOptions {
  /** The file of the tables: `PLACE.new` is used beside it. */
  readonly place: string;
  /** What to read now; null where there is nothing. Throws EngineError where it should be there and is not. */
  readonly find: () => Promise<Found | null>;
  /** How often that is asked at most. */
  readonly checkMs?: number;
  readonly log: Logger;
}

export interface Found {
  /** Another one for other content: names, sizes and times of the files. */
  readonly fingerprint: string;
  readonly read: KnownJob['read'];
}

export class Derived implements AsyncDisposable {
  readonly #options: DerivedOptions;
  readonly #ending = new AbortController();
  #tables: DatabaseSync | null = null;
  /** Of what is in the tables. */
  #fingerprint: string | null = null;
  /** Of what could not be read. */
  #refused: string | null = null;
  #problem: string | null = null;
  #reading: Promise<void> | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DerivedOptions) {
    this.#options = options;
    rmSync(`${options.place}.new`, { force: true });
    if (existsSync(options.place)) this.#open();
  }

  /** Null where nothing is known. To be used at once: it may be closed when others have had the event loop. */
  get tables(): DatabaseSync | null {
    return this.#tables;
  }

  /** Why what is there now is of no use, a sentence; null where it is. */
  get problem(): string | null {
    return this.#problem;
  }

  get isReading(): boolean {
    return this.#reading !== null;
  }

  /** Sees whether there is something new, and begins to read it. Looked for again after a moment at the earliest. */
  async look(): Promise<void> {
    const now = performance.now();
    if (this.#reading || this.#ending.signal.aborted || now - this.#lookedAt < (this.#options.checkMs ?? knownCheckMs))
      return;
    this.#lookedAt = now;
    try {
      const found = await this.#options.find();
      if (this.#ending.signal.aborted) return;
      if (!found) this.#forget();
      else if (found.fingerprint === this.#fingerprint) this.#problem = null;
      else if (found.fingerprint !== this.#refused) this.#begin(found);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#problem = error.message;
    }
  }

  /** Resolves when nothing is being read, or `signal` says not to wait. */
  async settled(signal: AbortSignal): Promise<void> {
    if (!this.#reading || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await Promise.race([this.#reading, promise]);
  }

  #begin(found: Found): void {
    this.#reading ??= this.#read(found).finally(() => {
      this.#reading = null;
    });
  }

  async #read({ fingerprint, read }: Found): Promise<void> {
    const { place, log } = this.#options;
    const made = `${place}.new`;
    const late = AbortSignal.timeout(readKnownMs);
    try {
      await rm(made, { force: true });
      await readKnown({ read, place: made, fingerprint, format }, AbortSignal.any([late, this.#ending.signal]));
      await synced(made);
      if (this.#ending.signal.aborted) return;
      await rename(made, place);
      this.#open();
      this.#problem = null;
      log.info({ place }, 'read anew what is known of packages');
    } catch (err) {
      await rm(made, { force: true });
      if (this.#ending.signal.aborted) return;
      this.#refused = fingerprint;
      this.#problem = late.aborted ? 'it takes too long to read' : err instanceof Error ? err.message : String(err);
      log.warn({ err, place }, 'what should be known of packages cannot be read');
    }
  }

  #open(): void {
    this.#tables?.close();
    this.#tables = null;
    this.#fingerprint = null;
    try {
      const tables = new DatabaseSync(this.#options.place, { readOnly: true });
      this.#tables = tables;
      if (metaOf(tables, 'format') !== String(format)) throw new Error('it is of another format');
      this.#fingerprint = metaOf(tables, 'fingerprint');
    } catch (err) {
      this.#options.log.warn({ err }, 'what was known of packages is read anew');
      this.#forget();
    }
  }

  #forget(): void {
    this.#tables?.close();
    this.#tables = null;
    this.#fingerprint = null;
    this.#problem = null;
    rmSync(this.#options.place, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#reading;
    this.#tables?.close();
    this.#tables = null;
  }
}

/** What is written down about the tables; null where it is not. */
export function metaOf(tables: DatabaseSync, name: string): string | null {
  const value = tables.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.value;
  return typeof value === 'string' ? value : null;
}

async function synced(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.sync();
}
