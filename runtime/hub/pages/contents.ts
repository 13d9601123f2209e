// What a manifest holds, as the pages tell it. It is a stranger's document: what cannot be read is left out, and all of it is bounded.

import { z } from 'zod';
import type {
  HubChild,
  HubContents,
  HubPlatform,
  HubSeenConfig,
  HubSeenLayer,
  HubStep,
} from '../../client-hub-pages.ts';
import { maxShownChildren, maxShownSteps } from '../../limits.ts';
import { isDigest } from '../../registry/names.ts';
import { shown, shownList, shownPairs } from './shown.ts';

const digest = z.string().refine(isDigest);
const descriptor = z.object({
  mediaType: z.string().catch(''),
  digest,
  size: z.number().int().nonnegative(),
  annotations: z.record(z.string(), z.string()).nullish().catch(null),
  platform: z.record(z.string(), z.unknown()).nullish().catch(null),
});
const imageSchema = z.object({
  config: descriptor,
  layers: z
    .array(descriptor)
    .nullish()
    .transform((layers) => layers ?? []),
});
const indexSchema = z.object({
  manifests: z
    .array(descriptor)
    .nullish()
    .transform((list) => list ?? []),
});
const configSchema = z.object({
  os: z.unknown().optional(),
  architecture: z.unknown().optional(),
  variant: z.unknown().optional(),
  created: z.unknown().optional(),
  author: z.unknown().optional(),
  config: z.record(z.string(), z.unknown()).nullish().catch(null),
  history: z.array(z.record(z.string(), z.unknown())).nullish().catch(null),
  rootfs: z
    .object({ diff_ids: z.array(digest) })
    .nullish()
    .catch(null),
});
export type ImageConfig = z.output<typeof configSchema>;

const indexTypes: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const configTypes: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

/** A manifest as read; `config` is the digest of its configuration, where it is an image. */
export interface ReadManifest {
  readonly kind: HubContents['kind'];
  readonly config: string | null;
  readonly layers: readonly Omit<HubSeenLayer, 'diffId'>[];
  readonly children: readonly Omit<HubChild, 'bytes' | 'isThere'>[];
  /** Of layers and configuration. */
  readonly bytes: number;
}

/** Null for a document that is none. */
export function readManifest(document: unknown, mediaType: string): ReadManifest | null {
  if (indexTypes.includes(mediaType)) {
    const index = indexSchema.safeParse(document).data;
    if (!index) return null;
    const children = index.manifests.slice(0, maxShownChildren).map((child) => ({
      digest: child.digest,
      mediaType: shown(child.mediaType, 100),
      platform: child.platform ? platformOf(child.platform) : null,
      isAttestation: child.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest',
    }));
    return { kind: 'index', config: null, layers: [], children, bytes: 0 };
  }
  const image = imageSchema.safeParse(document).data;
  if (!image) return null;
  const { config } = image;
  const isImage = configTypes.includes(config.mediaType);
  return {
    kind: isImage ? 'image' : 'artifact',
    config: isImage ? config.digest : null,
    layers: image.layers.map(({ digest, mediaType, size }) => ({
      digest,
      mediaType: shown(mediaType, 100),
      bytes: size,
    })),
    children: [],
    bytes: image.layers.reduce((sum, { size }) => sum + size, config.size),
  };
}

/** Null for what is no configuration of an image. */
export function readConfig(document: unknown): ImageConfig | null {
  return configSchema.safeParse(document).data ?? null;
}

export function platformOf(given: {
  readonly os?: unknown;
  readonly architecture?: unknown;
  readonly variant?: unknown;
}) {
  return {
    os: shown(given.os, 40),
    architecture: shown(given.architecture, 40),
    variant: shown(given.variant, 40),
  } satisfies HubPlatform;
}

const keysOf = (value: unknown): string[] => shownPairs(value, 50, 1).map(([key]) => key);

export function shownConfig(digest: string, image: ImageConfig): HubSeenConfig {
  const config = image.config ?? {};
  const health = config.Healthcheck;
  return {
    digest,
    createdAt: shown(image.created, 40),
    author: shown(image.author, 200),
    platform: platformOf(image),
    entrypoint: shownList(config.Entrypoint, 50, 1000),
    command: shownList(config.Cmd, 50, 1000),
    environment: shownList(config.Env, 100, 1000),
    workingDirectory: shown(config.WorkingDir, 500),
    user: shown(config.User, 100),
    ports: keysOf(config.ExposedPorts),
    volumes: keysOf(config.Volumes),
    labels: shownPairs(config.Labels, 100, 1000),
    stopSignal: shown(config.StopSignal, 40),
    healthcheck: shownList(typeof health === 'object' && health && 'Test' in health ? health.Test : [], 50, 1000),
  };
}

/**
 * Each step with the layer that it made. The history tells which of its steps made none; where the numbers do not agree, the layers
 * have no words.
 */
export function stepsOf(layers: ReadManifest['layers'], config: ImageConfig | null): HubStep[] {
  const steps = config?.history ?? [];
  const diffIds = config?.rootfs?.diff_ids ?? [];
  const isSame = diffIds.length === layers.length;
  const left = layers.map((layer, n): HubSeenLayer => ({ ...layer, diffId: isSame ? (diffIds[n] ?? '') : '' }));
  const isTold = steps.filter((step) => step.empty_layer !== true).length === layers.length;
  const all = isTold
    ? steps.map((step) => ({
        createdBy: shown(step.created_by, 2000),
        comment: shown(step.comment, 200),
        layer: step.empty_layer === true ? null : (left.shift() ?? null),
      }))
    : left.map((layer) => ({ createdBy: '', comment: '', layer }));
  return all.slice(0, maxShownSteps);
}
