// What a manifest or an index says, as far as a registry has to know it. The bytes stay as they came: nothing is written from this.

import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { maxDescriptors } from '../limits.ts';
import { type DocumentType, documentType, isForeign, mediaTypes } from './media-types.ts';
import { isDigest } from './names.ts';
import { Refusal } from './refusal.ts';

/** Something that a document names. */
export interface Need {
  readonly digest: string;
  readonly size: number;
  /** What must be in the repository before the document is; `nothing` where it may come later, or never. */
  readonly before: 'blob' | 'manifest' | 'nothing';
}

export interface Document {
  readonly mediaType: DocumentType;
  readonly needs: readonly Need[];
  /** The digest of the manifest that this one belongs to. */
  readonly subject: string | null;
  /** As the list of referrers tells it. */
  readonly artifactType: string | null;
  readonly annotations: Readonly<Record<string, string>> | null;
}

const digest = z.string().refine(isDigest, 'is no digest that this registry knows');
const descriptor = z.object({ mediaType: z.string().max(255).optional(), digest, size: z.int().nonnegative() });
const list = z.array(descriptor).max(maxDescriptors).nullable();
const annotations = z.record(z.string(), z.string()).nullish();
const common = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().max(255).nullish(),
  annotations,
  subject: descriptor.nullish(),
});
const imageSchema = common.extend({ config: descriptor, layers: list });
const indexSchema = common.extend({ manifests: list });

/**
 * Parses a document that came with this `Content-Type`, which may be empty. Throws MANIFEST_INVALID for what is none of those that a
 * registry of images keeps, or might be read as two of them (B03).
 */
export function parseDocument(bytes: Buffer, contentType: string): Document {
  const json = looseObject(bytes);
  const mediaType = typeOf(json, contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '');
  const isIndex = mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerIndex;
  if (isIndex && ('layers' in json || 'config' in json))
    throw invalid('an index has no layers and no config: this document could be read as a manifest too');
  if (!isIndex && 'manifests' in json)
    throw invalid('a manifest has no manifests: this document could be read as an index too');
  return isIndex ? indexOf(mediaType, parsed(indexSchema, json)) : imageOf(mediaType, parsed(imageSchema, json));
}

function looseObject(bytes: Buffer): Record<string, unknown> {
  try {
    const { data } = z.record(z.string(), z.unknown()).safeParse(parseJson(bytes));
    if (data) return data;
  } catch (error) {
    if (error instanceof EngineError) throw invalid(error.message);
    throw error;
  }
  throw invalid('it is no JSON object');
}

/** What the document says of itself and what came with it must be the same. */
function typeOf(json: Record<string, unknown>, contentType: string): DocumentType {
  const own = json.mediaType;
  if (own !== undefined && typeof own !== 'string') throw invalid('its mediaType is no string');
  if (own !== undefined && contentType !== '' && own !== contentType)
    throw invalid(`its mediaType is ${own.slice(0, 255)}, and it was sent as ${contentType.slice(0, 255)}`);
  const bare = 'manifests' in json ? mediaTypes.ociIndex : mediaTypes.ociManifest;
  const said = own ?? (contentType === '' ? bare : contentType);
  const type = documentType(said);
  if (!type) throw invalid(`unsupported media type ${said.slice(0, 255)}`);
  // Docker's say it; only so is it the bytes alone that tell what they are.
  if (own === undefined && type !== bare) throw invalid(`it is sent as ${type} and does not say so itself`);
  return type;
}

function imageOf(mediaType: DocumentType, image: z.output<typeof imageSchema>): Document {
  const { config, layers } = image;
  return {
    mediaType,
    needs: [
      { digest: config.digest, size: config.size, before: 'blob' },
      ...(layers ?? []).map(({ digest, size, mediaType = '' }): Need => {
        return { digest, size, before: isForeign(mediaType) ? 'nothing' : 'blob' };
      }),
    ],
    ...relationOf(mediaType, image),
    artifactType: image.artifactType ?? config.mediaType ?? null,
  };
}

function indexOf(mediaType: DocumentType, index: z.output<typeof indexSchema>): Document {
  // An index of the OCI may be sparse: its reader takes what is there. Docker's registry has never taken such a list.
  const before = mediaType === mediaTypes.dockerIndex ? 'manifest' : 'nothing';
  return {
    mediaType,
    needs: (index.manifests ?? []).map(({ digest, size }): Need => ({ digest, size, before })),
    ...relationOf(mediaType, index),
    artifactType: index.artifactType ?? null,
  };
}

function relationOf(mediaType: DocumentType, { subject, annotations }: z.output<typeof common>) {
  const isOci = mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.ociIndex;
  return { subject: isOci ? (subject?.digest ?? null) : null, annotations: annotations ?? null };
}

function parsed<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  const { data, error } = schema.safeParse(json);
  if (data !== undefined) return data as z.output<Schema>;
  throw invalid(z.prettifyError(new z.ZodError(error?.issues.slice(0, 3) ?? [])));
}

function invalid(why: string): Refusal {
  return new Refusal('MANIFEST_INVALID', { message: `manifest invalid: ${why}`, detail: { reason: why } });
}
