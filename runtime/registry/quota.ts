// What a namespace may hold: blobs, each once however many of its repositories have it, and manifests. The SBOMs that the hub itself has
// pushed are none of it: they have a bound of their own (contents/attach-bill.ts).

import {
  defaultNamespaceBytes,
  maxManifestBytes,
  maxManifestBytesPerNamespace,
  maxRowsPerNamespace,
} from '../limits.ts';
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

  #held(namespace: string) {
    const row = this.#database.get(
      `WITH mine AS (SELECT id FROM repository WHERE namespace = ?),
           own AS (SELECT blob FROM link WHERE repository IN mine)
         SELECT (SELECT coalesce(sum(size), 0) FROM blob WHERE id IN own)
             - (SELECT coalesce(sum(size), 0) FROM blob WHERE id IN own
               AND sha256 IN (SELECT sbom.blob FROM sbom WHERE repository IN mine)) AS blobs,
           (SELECT coalesce(sum(size), 0) FROM manifest WHERE repository IN mine)
             - (SELECT coalesce(sum(size), 0) FROM sbom JOIN manifest USING (repository, digest)
               WHERE sbom.repository IN mine) AS manifests,
           max((SELECT count(*) FROM link WHERE repository IN mine), (SELECT count(*) FROM manifest WHERE repository IN mine),
             (SELECT count(*) FROM tag WHERE repository IN mine)) AS rows`,
      namespace,
    );
    return { blobs: Number(row?.blobs), manifests: Number(row?.manifests), rows: Number(row?.rows) };
  }

  /** Bytes. */
  used(namespace: string): number {
    const { blobs, manifests } = this.#held(namespace);
    return blobs + manifests;
  }

  /** Bytes that it may hold. */
  of(namespace: string): number {
    return this.#quotaOf(namespace);
  }

  /** Whether `check` would throw if a manifest or blob of so many bytes came. */
  isFullFor(namespace: string, bytes: number): boolean {
    const { blobs, manifests, rows } = this.#held(namespace);
    return (
      blobs + manifests + bytes > this.of(namespace) ||
      manifests + Math.min(bytes, maxManifestBytes) > maxManifestBytesPerNamespace ||
      rows >= maxRowsPerNamespace
    );
  }

  /** Throws DENIED where the namespace holds more than it may: to be called in the transaction that gave it more. */
  check(namespace: string): void {
    const { blobs, manifests, rows } = this.#held(namespace);
    if (blobs + manifests > this.of(namespace)) throw this.refusal(namespace);
    if (manifests > maxManifestBytesPerNamespace)
      throw refused(namespace, `${inMiB(maxManifestBytesPerNamespace)} MiB of manifests`);
    if (rows > maxRowsPerNamespace) throw refused(namespace, `${maxRowsPerNamespace} blobs, manifests or tags`);
  }

  refusal(namespace: string): Refusal {
    const quota = this.of(namespace);
    return refused(namespace, `${inMiB(quota)} MiB`, { namespace, quota, used: this.used(namespace) });
  }
}

const inMiB = (bytes: number): number => Math.floor(bytes / (1024 * 1024));

function refused(namespace: string, most: string, detail: object = { namespace }): Refusal {
  return new Refusal('DENIED', { message: `${namespace} may hold ${most}; delete images and try again`, detail });
}
