// The registry: repositories, what is in them, and who did what. Knows no HTTP, and nobody's rights: whoever calls has asked first.

import { mkdirSync } from 'node:fs';
import type { Logger } from 'pino';
import { collectAgainMs, collectionPauseMs, collectSoonMs } from '../limits.ts';
import type { Blobs } from '../store/blobs.ts';
import { Audit } from './audit.ts';
import { BlobFiles } from './blob-files.ts';
import { BlobIndex } from './blob-index.ts';
import { type BlobParts, RepositoryBlobs } from './blobs.ts';
import { checkRegistry } from './check.ts';
import { type Collected, collect } from './collect.ts';
import { Contents } from './contents/contents.ts';
import { Database } from './database.ts';
import { Figures } from './figures.ts';
import { Manifests } from './manifests.ts';
import { namespaceOf } from './names.ts';
import { defaultQuota, Quota, type QuotaOf } from './quota.ts';
import { type Referrer, referrersAfter } from './referrers.ts';
import { Repositories } from './repositories.ts';
import { Uploads } from './uploads.ts';

export interface RegistryOptions {
  /** Of the tables. */
  readonly databasePath: string;
  /** On the file system of the hosts' blobs, and this registry's alone: `blobs` is in it, and `uploads` is made in it. */
  readonly directory: string;
  /** In `directory`: shares its files with those of the hosts' images, where `shareWith` has been called. */
  readonly blobs: Blobs;
  readonly quotaOf?: QuotaOf;
  readonly log: Logger;
}

export class Registry implements AsyncDisposable {
  readonly repositories: Repositories;
  readonly blobs: RepositoryBlobs;
  readonly uploads: Uploads;
  readonly manifests: Manifests;
  readonly quota: Quota;
  readonly audit: Audit;
  /** What is in the images. To be started. */
  readonly contents: Contents;
  /** Since it was opened. */
  readonly figures: Figures;
  /** The tables. Those of the accounts are in the same file. */
  readonly database: Database;
  readonly #parts: BlobParts;
  readonly #log: Logger;
  readonly #collecting: NodeJS.Timeout;
  /** Collections that go on. */
  readonly #going = new Set<Promise<unknown>>();
  /** That follows a deletion. */
  #collectingSoon: NodeJS.Timeout | null = null;
  #collectedMs = Number.NEGATIVE_INFINITY;

  private constructor(database: Database, parts: BlobParts, log: Logger) {
    this.database = database;
    this.#parts = parts;
    this.repositories = parts.repositories;
    this.uploads = parts.uploads;
    this.quota = parts.quota;
    this.audit = parts.audit;
    this.figures = new Figures(parts.audit);
    this.blobs = new RepositoryBlobs(parts);
    this.manifests = new Manifests(parts);
    this.contents = new Contents({ ...parts, manifests: this.manifests, log });
    this.#log = log;
    this.#collecting = setInterval(() => this.#collectBeside(), collectionPauseMs).unref();
    parts.audit.listen(({ action }) => {
      if (action.startsWith('delete')) this.#collectSoon();
    });
  }

  #collectBeside(): void {
    this.collect().catch((err: unknown) => this.#log.error({ err }, 'the registry could not be collected'));
  }

  /** Whoever has deleted something because there was no room will try again. */
  #collectSoon(): void {
    if (this.#collectingSoon) return;
    const waitMs = Math.max(collectSoonMs, this.#collectedMs + collectAgainMs - performance.now());
    this.#collectingSoon = setTimeout(() => {
      this.#collectingSoon = null;
      this.#collectedMs = performance.now();
      this.#collectBeside();
    }, waitMs).unref();
  }

  /** What a death of the process has left half made is removed. Throws conflict where a later Drydock has written the tables. */
  static async open(options: RegistryOptions): Promise<Registry> {
    const { databasePath, directory, blobs, quotaOf = defaultQuota, log } = options;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const database = await Database.open(databasePath);
    const index = new BlobIndex(database);
    const quota = new Quota(database, quotaOf);
    const parts: BlobParts = {
      database,
      index,
      quota,
      repositories: new Repositories(database),
      files: await BlobFiles.open(blobs, (sha256) => index.isKnown(sha256)),
      uploads: new Uploads(`${directory}/uploads`, database, quota),
      audit: new Audit(database),
    };
    return new Registry(database, parts, log);
  }

  /** As `referrersAfter`. */
  referrers(wanted: Parameters<typeof referrersAfter>[2]): Generator<Referrer> {
    return referrersAfter(this.database, this.repositories, wanted);
  }

  /** Removes what nobody needs; blobs that no manifest names only when they were last used `graceMs` ago. */
  async collect(graceMs?: number): Promise<Collected> {
    const collecting = this.#collect(graceMs);
    this.#going.add(collecting);
    return await collecting.finally(() => this.#going.delete(collecting));
  }

  async #collect(graceMs: number | undefined): Promise<Collected> {
    const collected = await collect(this.#parts, Date.now(), graceMs);
    await this.contents.collect();
    this.figures.collected(collected);
    return collected;
  }

  /**
   * Forgets a repository and what is being sent to it; the next collection takes the files. In a transaction. Idempotent. `who`: the
   * account that wants it, for the audit; null where that is the operator.
   */
  removeRepository(name: string, who: string | null = null): void {
    this.uploads.removeOf((repository) => repository === name);
    if (this.repositories.find(name) === null) return;
    this.repositories.remove(name);
    this.audit.tell({ action: 'delete-repository', who, repository: name, reference: null, digest: null, bytes: null });
  }

  /** The same for all repositories of a namespace. */
  removeNamespace(namespace: string): void {
    this.uploads.removeOf((repository) => namespaceOf(repository) === namespace);
    for (const name of this.repositories.inNamespace(namespace)) this.removeRepository(name);
  }

  /** Where tables and files disagree, a sentence each. */
  check(): string[] {
    return checkRegistry(this.database, this.#parts);
  }

  /** Nobody uses it any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#collecting);
    if (this.#collectingSoon) clearTimeout(this.#collectingSoon);
    await Promise.allSettled(this.#going);
    await this.contents[Symbol.asyncDispose]();
    await this.#parts.files[Symbol.asyncDispose]();
    await this.database[Symbol.asyncDispose]();
  }
}
