// What was found in images, in the registry's tables.

import { z } from 'zod';
import { mediaTypes } from '../../registries/manifest.ts';
import type { Database } from '../database.ts';
import type { Content, Package, Release } from './content.ts';

/** Raised when more is found in images than before: what was found earlier is found anew. */
const format = 1;

type Shape<T> = { readonly [Key in keyof T]: z.ZodType<T[Key]> };
const contentSchema = z.object({
  release: z
    .object({ id: z.string(), version: z.string(), codename: z.string(), name: z.string() } satisfies Shape<Release>)
    .nullable(),
  packages: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      architecture: z.string(),
      source: z.object({ name: z.string(), version: z.string() }),
    } satisfies Shape<Package>),
  ),
} satisfies Shape<Content>);

/** An image in one repository: the digest is that of its manifest. */
export interface RepositoryImage {
  readonly repository: string;
  readonly digest: string;
}

/** Of the configurations of images, as a manifest names them. */
const imageTypes = `'${mediaTypes.ociConfig}', '${mediaTypes.dockerConfig}'`;

/** What was found; or why nothing can be, a sentence. */
export type StoredContent = { readonly content: Content } | { readonly failure: string };

export class ContentTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Of the image with that manifest; null where it was not looked into yet. */
  get(digest: string): StoredContent | null {
    const row = this.#database.get(
      'SELECT failure, found FROM content WHERE digest = ? AND format = ?',
      digest,
      format,
    );
    if (!row) return null;
    if (typeof row.failure === 'string') return { failure: row.failure };
    const { data } = contentSchema.safeParse(JSON.parse(String(row.found)));
    return data ? { content: data } : null;
  }

  /** Whether it was looked into. */
  has(digest: string): boolean {
    return this.#database.get('SELECT 1 FROM content WHERE digest = ? AND format = ?', digest, format) !== undefined;
  }

  put(digest: string, stored: StoredContent, { isOfficial }: { readonly isOfficial: boolean }): void {
    const failure = 'failure' in stored ? stored.failure : null;
    const [packages, found] =
      'content' in stored ? [stored.content.packages.length, JSON.stringify(stored.content)] : [0, null];
    this.#database.run(
      `INSERT OR REPLACE INTO content (digest, format, official, made, packages, failure, found)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[digest, format, isOfficial ? 1 : 0, Date.now(), packages, failure, found],
    );
  }

  /**
   * Images that were pushed and not looked into yet, or have packages and no SBOM was pushed for them. Looks at `most` manifests of
   * those with rows after `last`; `last` is then the row to go on from, null after all of them.
   */
  unfinished(last: number, most: number): { readonly images: RepositoryImage[]; readonly last: number | null } {
    const rows = this.#database.all(
      `SELECT manifest.rowid AS row, name, digest, artifact_type IN (${imageTypes})
           AND NOT EXISTS (SELECT 1 FROM kept WHERE kept.repository = manifest.repository AND kept.digest = manifest.digest)
           AND NOT EXISTS (
           SELECT 1 FROM content WHERE content.digest = manifest.digest AND format = ?2 AND (packages = 0 OR EXISTS (
             SELECT 1 FROM sbom WHERE sbom.repository = manifest.repository AND subject = manifest.digest))) AS wanted
         FROM manifest JOIN repository ON repository.id = manifest.repository
         WHERE manifest.rowid > ?1 ORDER BY manifest.rowid LIMIT ?3`,
      ...[last, format, most],
    );
    return {
      images: rows.flatMap(({ name, digest, wanted }) =>
        wanted ? [{ repository: String(name), digest: String(digest) }] : [],
      ),
      last: rows.length < most ? null : Number(rows.at(-1)?.row),
    };
  }

  /** Whether the repository has an image with that manifest: what an artifact's is says its type. */
  isImage(repository: number, digest: string): boolean {
    const row = this.#database.get(
      `SELECT 1 FROM manifest WHERE repository = ? AND digest = ? AND artifact_type IN (${imageTypes})`,
      ...[repository, digest],
    );
    return row !== undefined;
  }

  /** Forgets official images: a catalogue that is built anew has others. */
  forgetOfficial(): void {
    this.#database.run('DELETE FROM content WHERE official = 1');
  }

  /** Forgets some of the images that no repository has any more. How many there were: fewer than `most` where it was all of them. */
  forgetUnused(most: number): number {
    return this.#database.run(
      `DELETE FROM content WHERE rowid IN (SELECT rowid FROM content WHERE official = 0
         AND NOT EXISTS (SELECT 1 FROM manifest WHERE manifest.digest = content.digest) LIMIT ?)`,
      most,
    );
  }
}
