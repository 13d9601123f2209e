// Puts the SBOM of an image into the repository, as a referrer of it (image-spec manifest.md "Guidelines for Artifact Usage"), pushed by
// the hub itself: once for each image of a repository, whatever becomes of it then. It goes with the image, and counts in no quota.

import { rm, writeFile } from 'node:fs/promises';
import { maxSbomBytesPerNamespace } from '../../limits.ts';
import { digestOf } from '../../store/blobs.ts';
import { hubItself as who } from '../audit.ts';
import { parseDocument } from '../document.ts';
import { mediaTypes } from '../media-types.ts';
import { namespaceOf } from '../names.ts';
import { Refusal } from '../refusal.ts';
import type { Content } from './content.ts';
import type { RepositoryImage } from './content-table.ts';
import type { ContentsParts } from './parts.ts';
import { type WrittenBill, writeBill } from './write-bill.ts';

/** IANA's media type of CycloneDX in JSON: that of the artifact, and of its one blob. */
export const billType = 'application/vnd.cyclonedx+json';
/** image-spec manifest.md "Guidance for an Empty Descriptor". */
const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2, data: 'e30=' };

/** The digest of the manifest of the image's SBOM; null where it has none, or it was deleted. */
export function billIn(
  { database, repositories }: ContentsParts,
  { repository, digest }: RepositoryImage,
): string | null {
  const row = database.get(
    `SELECT sbom.digest FROM sbom JOIN manifest ON manifest.repository = sbom.repository AND manifest.digest = sbom.digest
       WHERE sbom.repository = ? AND sbom.subject = ?`,
    ...[repositories.find(repository), digest],
  );
  return row ? String(row.digest) : null;
}

/** On the disk when it resolves. Does nothing where the image is gone, or has had one; where there is no room for it either. */
export async function attachBill(
  parts: ContentsParts,
  image: RepositoryImage,
  content: Content,
  signal: AbortSignal,
): Promise<void> {
  const { database, files, index } = parts;
  if (!subjectOf(parts, image) || !hasRoom(parts, image)) return;
  const bill = { path: files.temporary() };
  const config = { path: files.temporary() };
  try {
    const written = await writeBill({ image: image.digest, content, path: bill.path }, signal);
    await writeFile(config.path, '{}', { flag: 'wx' });
    await keep(parts, config.path, empty.digest, () => {
      const subject = subjectOf(parts, image);
      if (subject) index.add(subject.repository, { sha256: empty.digest, size: empty.size }, empty.digest);
    });
    await keep(parts, bill.path, written.sha256, () => push(parts, image, written));
    await database.durable();
  } catch (error) {
    // The repository has as many manifests as it may.
    if (!(error instanceof Refusal)) throw error;
  } finally {
    for (const { path } of [bill, config]) await rm(path, { force: true });
  }
}

async function keep(
  { database, files, index }: ContentsParts,
  path: string,
  sha256: string,
  commit: () => void,
): Promise<void> {
  const whole = (): void => database.transaction(commit);
  if (index.isKnown(sha256) && files.has(sha256)) whole();
  else await files.place(path, sha256, whole);
}

interface Subject {
  readonly repository: number;
  readonly mediaType: string;
  readonly size: number;
}

/** Null where the image is gone, was given its SBOM, or is another registry's. */
function subjectOf({ database, repositories }: ContentsParts, { repository, digest }: RepositoryImage): Subject | null {
  const id = repositories.find(repository);
  const row = database.get(
    `SELECT media_type, size FROM manifest WHERE repository = ?1 AND digest = ?2
       AND NOT EXISTS (SELECT 1 FROM sbom WHERE repository = ?1 AND subject = ?2)
       AND NOT EXISTS (SELECT 1 FROM kept WHERE repository = ?1 AND digest = ?2)`,
    ...[id, digest],
  );
  return id === null || !row ? null : { repository: id, mediaType: String(row.media_type), size: Number(row.size) };
}

function hasRoom({ database }: ContentsParts, { repository }: RepositoryImage): boolean {
  const row = database.get(
    `SELECT coalesce(sum(bytes), 0) AS bytes FROM sbom WHERE repository IN (SELECT id FROM repository WHERE namespace = ?)`,
    namespaceOf(repository),
  );
  return Number(row?.bytes) < maxSbomBytesPerNamespace;
}

/** In a transaction. */
function push(parts: ContentsParts, image: RepositoryImage, { sha256, size }: WrittenBill): void {
  const { database, index, manifests, audit } = parts;
  const subject = subjectOf(parts, image);
  if (!subject) return;
  const { repository: id, ...descriptor } = subject;
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: billType,
    config: empty,
    layers: [
      {
        ...{ mediaType: billType, digest: sha256, size },
        annotations: { 'org.opencontainers.image.title': 'sbom.cdx.json' },
      },
    ],
    subject: { mediaType: descriptor.mediaType, digest: image.digest, size: descriptor.size },
  });
  const body = Buffer.from(text);
  const digest = digestOf(body);
  index.add(id, { sha256: empty.digest, size: empty.size }, empty.digest);
  index.add(id, { sha256, size }, sha256);
  manifests.store(id, digest, parseDocument(body, mediaTypes.ociManifest), { body, who });
  database.run(
    'INSERT INTO sbom (repository, subject, digest, blob, bytes) VALUES (?, ?, ?, ?, ?)',
    ...[id, image.digest, digest, sha256, size + body.length],
  );
  audit.tell({ action: 'push', who, repository: image.repository, reference: null, digest, bytes: body.length });
}
