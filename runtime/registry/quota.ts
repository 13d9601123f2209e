// What a namespace may hold: blobs, each once however many of its repositories have it, and manifests.

import { defaultNamespaceBytes } from '../limits.ts';
import type { Database } from './database.ts';
import { Refusal } from './refusal.ts';

/** The bytes that a namespace may hold. */
export type QuotaOf = (namespace: string) => number;

export const defaultQuota: QuotaOf = () => defaultNamespaceBytes;

export class Quota {
  readonly #database: Database;
  readonly #quotaOf: QuotaOf;

  constructor(database: Database, quotaOf: QuotaOf) {
    this.#database = database;
    this.#quotaOf = quotaOf;
  }

  /** Bytes. */
  used(namespace: string): number {
    const row = this.#database.get(
      `SELECT (SELECT coalesce(sum(size), 0) FROM blob WHERE id IN (SELECT blob FROM link
           WHERE repository IN (SELECT id FROM repository WHERE namespace = ?1)))
         + (SELECT coalesce(sum(size), 0) FROM manifest
           WHERE repository IN (SELECT id FROM repository WHERE namespace = ?1)) AS used`,
      namespace,
    );
    return Number(row?.used ?? 0);
  }

  /** Bytes that it may hold. */
  of(namespace: string): number {
    return this.#quotaOf(namespace);
  }

  /** Throws DENIED where the namespace holds more than it may: to be called in the transaction that gave it more. */
  check(namespace: string): void {
    if (this.used(namespace) > this.of(namespace)) throw this.refusal(namespace);
  }

  refusal(namespace: string): Refusal {
    const quota = this.of(namespace);
    return new Refusal('DENIED', {
      message: `${namespace} may hold ${Math.floor(quota / (1024 * 1024))} MiB; delete images and try again`,
      detail: { namespace, quota, used: this.used(namespace) },
    });
  }
}
