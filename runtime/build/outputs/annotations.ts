// `--annotation`: what is written into manifests, indexes, and the descriptors that name them. Each output carries those that are for it
// as attributes: `annotation.KEY`, `annotation-index.KEY`, `annotation-manifest[linux/amd64].KEY`.

import { EngineError } from '../../errors.ts';
import { maxAnnotations, maxAnnotationsBytes } from '../../limits.ts';
import { formatPlatform, normalPlatform, type Platform, parsePlatform } from '../language/platforms.ts';

const kinds = ['manifest', 'manifest-descriptor', 'index', 'index-descriptor'] as const;
export type AnnotationKind = (typeof kinds)[number];

export interface Annotation {
  readonly kind: AnnotationKind;
  /** As `formatPlatform` writes it; null for every one. */
  readonly platform: string | null;
  readonly key: string;
  readonly value: string;
}

const pattern = /^annotation(?:-([a-z-]+))?(?:\[([A-Za-z0-9_/-]+)\])?\.(\S+)$/;

/** Throws invalid for a kind or platform that there is not, tooLarge. */
export function annotationsIn(attributes: Readonly<Record<string, string>>): Annotation[] {
  const found: Annotation[] = [];
  let bytes = 0;
  for (const [name, value] of Object.entries(attributes)) {
    if (!name.startsWith('annotation')) continue;
    const [, kindName = 'manifest', platform, key = ''] = pattern.exec(name) ?? [];
    if (key === '') continue;
    const kind = kinds.find((one) => one === kindName);
    if (!kind) throw new EngineError('invalid', `unrecognized annotation type ${kindName.slice(0, 40)}`);
    bytes += key.length + value.length;
    found.push({ kind, platform: platform === undefined ? null : normalised(platform), key, value });
  }
  if (found.length > maxAnnotations || bytes > maxAnnotationsBytes)
    throw new EngineError(
      'tooLarge',
      `an image may have ${maxAnnotations} annotations of ${maxAnnotationsBytes} bytes`,
    );
  return found;
}

const normalised = (platform: string): string => formatPlatform(normalPlatform(parsePlatform(platform)));

/** Those of a kind that are for a platform; undefined where there are none. `null`: those for every platform. */
export function annotationsOf(
  annotations: readonly Annotation[],
  kind: AnnotationKind,
  platform: Platform | null,
): Record<string, string> | undefined {
  const name = platform && formatPlatform(platform);
  const own = annotations.filter((one) => one.kind === kind && (one.platform === null || one.platform === name));
  return own.length === 0 ? undefined : Object.fromEntries(own.map(({ key, value }) => [key, value]));
}
