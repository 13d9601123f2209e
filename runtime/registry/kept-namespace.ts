// A namespace as it was at one moment: which repositories it had, and what their tags named. With it a namespace is put back to that
// moment, as far as what it held is still there: a manifest that was deleted since does not come back. Knows nothing of hosts.

import { z } from 'zod';
import { maxKeptEntries } from '../limits.ts';
import type { Database } from './database.ts';
import type { Registry } from './registry.ts';
import { type Visibility, visibilityOf } from './repositories.ts';

export interface KeptRepository {
  readonly name: string;
  /** Null: as its namespace has it. */
  readonly visibility: Visibility | null;
  readonly manifests: readonly string[];
  readonly tags: readonly { readonly name: string; readonly digest: string }[];
}

export interface KeptNamespace {
  readonly name: string;
  readonly repositories: readonly KeptRepository[];
}

export const keptNamespaceSchema = z.object({
  name: z.string(),
  repositories: z.array(
    z.object({
      name: z.string(),
      visibility: z.enum(['public', 'private']).nullable(),
      manifests: z.array(z.string()),
      tags: z.array(z.object({ name: z.string(), digest: z.string() })),
    }),
  ),
});

/** Null where there is more in it than is kept. */
export function keepNamespace({ database, repositories }: Registry, name: string): KeptNamespace | null {
  const names = repositories.inNamespace(name);
  let left = maxKeptEntries - names.length;
  const kept: KeptRepository[] = [];
  for (const one of names) {
    const id = repositories.need(one);
    const [tags, manifests] = (['tag', 'manifest'] as const).map((table) => {
      const columns = table === 'tag' ? 'name, digest' : 'digest';
      return left < 0 ? [] : database.all(`SELECT ${columns} FROM ${table} WHERE repository = ? LIMIT ?`, id, left + 1);
    });
    left -= (tags?.length ?? 0) + (manifests?.length ?? 0);
    if (left < 0) return null;
    kept.push({
      name: one,
      visibility: repositories.visibility(one),
      manifests: (manifests ?? []).map(({ digest }) => String(digest)),
      tags: (tags ?? []).map((row) => ({ name: String(row.name), digest: String(row.digest) })),
    });
  }
  return { name, repositories: kept };
}

/** In a transaction. What was pushed since is gone, and its tags name what they named then. Idempotent. */
export function restoreNamespace(registry: Registry, { name, repositories }: KeptNamespace): void {
  const there = new Set(registry.repositories.inNamespace(name));
  const kept = new Map(repositories.map((one) => [one.name, one]));
  registry.uploads.removeOf((repository) => there.has(repository));
  for (const one of there) {
    const was = kept.get(one);
    if (was) restoreRepository(registry, was);
    else registry.repositories.remove(one);
  }
  registry.audit.touch(name);
}

function restoreRepository({ database, repositories }: Registry, kept: KeptRepository): void {
  const id = repositories.need(kept.name);
  repositories.setVisibility(kept.name, visibilityOf(kept.visibility));
  const manifests = JSON.stringify(kept.manifests);
  // What belongs to one that stays, such as the list of what is in it, stays too.
  database.run(
    `DELETE FROM manifest WHERE repository = ?1 AND digest NOT IN (SELECT value FROM json_each(?2))
       AND (subject IS NULL OR subject NOT IN (SELECT value FROM json_each(?2)))`,
    ...[id, manifests],
  );
  restoreTags(database, id, kept);
  // Blobs that came since: who pushes them again sends them again.
  database.run(
    `DELETE FROM link WHERE repository = ?1 AND NOT EXISTS (SELECT 1 FROM address JOIN need ON need.digest = address.digest
       WHERE address.blob = link.blob AND need.repository = ?1)`,
    id,
  );
}

function restoreTags(database: Database, id: number, { tags }: KeptRepository): void {
  const names = JSON.stringify(tags.map((tag) => tag.name));
  database.run('DELETE FROM tag WHERE repository = ? AND name NOT IN (SELECT value FROM json_each(?))', id, names);
  for (const { name, digest } of tags)
    database.run(
      `INSERT INTO tag (repository, name, digest, moved)
         SELECT repository, ?2, digest, ?4 FROM manifest WHERE repository = ?1 AND digest = ?3
         ON CONFLICT (repository, name) DO UPDATE SET digest = excluded.digest WHERE tag.digest <> excluded.digest`,
      ...[id, name, digest, Date.now()],
    );
}
