// Which manifests of a repository refer to one by their `subject` (distribution-spec "Listing Referrers").

import type { Database, Row } from './database.ts';
import type { Repositories } from './repositories.ts';

/** A descriptor, as an index has it. */
export interface Referrer {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: unknown;
}

/**
 * Those of `subject` whose digests come after `last`, in order; all, or those of one artifact type. None where there is no such
 * repository or subject: a referrer may come first. To be left before the end of a long list.
 */
export function* referrersAfter(
  database: Database,
  repositories: Repositories,
  wanted: {
    readonly repository: string;
    readonly subject: string;
    readonly last: string;
    readonly artifactType: string | null;
  },
): Generator<Referrer> {
  const { repository, subject, last, artifactType } = wanted;
  const id = repositories.find(repository);
  if (id === null) return;
  const rows = database.each(
    `SELECT digest, media_type, size, artifact_type, annotations FROM manifest
       WHERE repository = ?1 AND subject = ?2 AND digest > ?3 AND (?4 IS NULL OR artifact_type = ?4) ORDER BY digest`,
    ...[id, subject, last, artifactType],
  );
  for (const row of rows) yield referrerOf(row);
}

function referrerOf(row: Row): Referrer {
  return {
    mediaType: String(row.media_type),
    digest: String(row.digest),
    size: Number(row.size),
    ...(typeof row.artifact_type === 'string' && { artifactType: row.artifact_type }),
    ...(typeof row.annotations === 'string' && { annotations: JSON.parse(row.annotations) }),
  };
}
