// What was built, as an image: its configuration, with its layers and the times at which they were made.

import { digestOf } from '../../store/blobs.ts';
import type { BuiltLayer } from '../execute/made.ts';
import type { HistoryEntry, ImageDocument } from '../language/image-document.ts';
import type { Result } from '../result.ts';

/** What an image is made of. */
export interface ImageParts {
  /** With no `rootfs`. */
  readonly image: ImageDocument;
  readonly layers: readonly BuiltLayer[];
  /** `--cache-to type=inline`: what is written into the configuration; null for nothing. */
  readonly inlineCache: string | null;
}

/** A result, and the layers that came of it. */
export interface Built extends ImageParts {
  readonly result: Result;
}

export interface FinishedImage {
  readonly configuration: string;
  /** `sha256:…` */
  readonly id: string;
}

export function finishedImage({ image, layers, inlineCache }: ImageParts): FinishedImage {
  const configuration = JSON.stringify({
    ...documentOf(image, layers),
    ...(inlineCache !== null && { 'moby.buildkit.cache.v0': Buffer.from(inlineCache).toString('base64') }),
  });
  return { configuration, id: digestOf(configuration) };
}

/** The configuration, with its layers, and with the times at which they were made. */
export function documentOf(image: ImageDocument, layers: readonly BuiltLayer[]): ImageDocument {
  let at = 0;
  let last: string | null = null;
  const history = (image.history ?? []).map((entry): HistoryEntry => {
    const layer = entry.empty_layer ? null : layers[at++];
    last = entry.created ?? layer?.createdAt ?? last;
    return last === null ? entry : { ...entry, created: last };
  });
  // What changes no file has the time of what comes before it, or else after.
  const first = history.find(({ created }) => created !== undefined)?.created;
  const created = last ?? first ?? null;
  return {
    ...image,
    ...(created !== null && { created }),
    history: history.map((entry) =>
      entry.created === undefined && first !== undefined ? { ...entry, created: first } : entry,
    ),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  };
}
