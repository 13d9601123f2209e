// An image that is about to be looked into: its layers' blobs, and where they are unpacked already.

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { maxInlineConfigurationBytes } from '../../limits.ts';
import { parseDocument } from '../../registries/manifest.ts';
import type { OfficialBlob } from '../official.ts';
import type { LayerPlace } from './look.ts';

export interface ImageSource {
  readonly body: Buffer;
  readonly mediaType: string;
  /** Null where it is not there. */
  blob(digest: string): OfficialBlob | null;
}

/** The directory of the layer that this blob expands to, where it is unpacked; null where it is not, or nobody has verified that. */
export type UnpackedLayer = (diffId: string, digest: string) => string | null;

const configSchema = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) });
const layerType = /(^|[./])tar(\.gzip|\+gzip|\+zstd)?$/;

/** Null for what is no image: a signature, an attestation, a chart. Throws invalid; notFound where a layer is not in the registry. */
export async function layersOf(source: ImageSource, unpacked: UnpackedLayer): Promise<LayerPlace[] | null> {
  const document = parseDocument(source.body, source.mediaType);
  if (document.kind !== 'manifest') return null;
  const { config, layers } = document;
  if (layers.some(({ mediaType }) => mediaType !== '' && !layerType.test(mediaType))) return null;
  const diffIds = await diffIdsOf(source, config.digest);
  return layers.map(({ digest }, n) => {
    const content = source.blob(digest)?.content;
    if (!content || !('path' in content))
      throw new EngineError('notFound', `its layer ${digest} is not in the registry`);
    const diffId = diffIds[n];
    const directory = diffId === undefined || diffIds.length !== layers.length ? null : unpacked(diffId, digest);
    return { blob: content.path, directory };
  });
}

/** None where the configuration is no place to look: the layers are read all the same. */
async function diffIdsOf(source: ImageSource, digest: string): Promise<readonly string[]> {
  const blob = source.blob(digest);
  if (!blob || blob.size > maxInlineConfigurationBytes) return [];
  const bytes = 'bytes' in blob.content ? blob.content.bytes : await readFile(blob.content.path);
  try {
    return configSchema.safeParse(parseJson(bytes)).data?.rootfs.diff_ids ?? [];
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
}
