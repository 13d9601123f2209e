// An image's configuration: parsed, and with a most for everything that is told or stored of it again and again.

import { z } from 'zod';
import { checkCommandSize, checkLabelSize } from '../containers/create-checks.ts';
import { healthConfigSchema, said, storedHealthConfig } from '../containers/health-config.ts';
import { EngineError } from '../errors.ts';
import { maxHistoryBytes, maxHistorySteps, maxLabels, maxLayers, maxPortsPerContainer } from '../limits.ts';
import { type RecordKind, type Shape, unchanged } from '../store/record-kind.ts';
import type { Image, ImageConfig } from './image-config.ts';

const strings = z.array(z.string()).nullish();
const emptyObjects = z.record(z.string(), z.object({})).nullish();

const configSchema = z.object({
  User: z.string().nullish(),
  ExposedPorts: emptyObjects,
  Env: strings,
  Entrypoint: strings,
  Cmd: strings,
  Volumes: emptyObjects,
  WorkingDir: z.string().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  StopSignal: z.string().nullish(),
  OnBuild: strings,
  Healthcheck: healthConfigSchema.transform(said).nullish(),
  Shell: strings,
  ArgsEscaped: z.boolean().nullish(),
});

const stepSchema = z.object({
  created: z.string().nullish(),
  created_by: z.string().default(''),
  comment: z.string().default(''),
  empty_layer: z.boolean().default(false),
});

/** OCI image-spec config.md, and the fields that Docker adds. What the engine does not know it ignores. */
const imageSchema = z.object({
  architecture: z.string(),
  os: z.string().default('linux'),
  variant: z.string().optional(),
  created: z.string().nullish(),
  author: z.string().default(''),
  comment: z.string().default(''),
  docker_version: z.string().default(''),
  config: configSchema.nullish(),
  rootfs: z.object({ diff_ids: z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/)).max(maxLayers) }),
  history: z.array(stepSchema).nullish(),
});

type Parsed = z.output<typeof imageSchema>;
export type HistoryStep = z.output<typeof stepSchema>;

/** What is read out of a configuration, but for its history, which only `docker history` asks for. */
export interface ImageDetails extends Omit<Image, 'id' | 'layers'> {
  readonly variant?: string;
  readonly author: string;
  /** Its own, or the last step's. */
  readonly comment: string;
  readonly dockerVersion: string;
}

const stored = {
  strings: z.array(z.string()),
  set: z.record(z.string(), z.object({})),
} as const;

const storedConfigSchema = z.object({
  User: z.string().exactOptional(),
  ExposedPorts: stored.set.exactOptional(),
  Env: stored.strings.exactOptional(),
  Entrypoint: stored.strings.nullable().exactOptional(),
  Cmd: stored.strings.nullable().exactOptional(),
  Volumes: stored.set.nullable().exactOptional(),
  WorkingDir: z.string().exactOptional(),
  Labels: z.record(z.string(), z.string()).nullable().exactOptional(),
  StopSignal: z.string().exactOptional(),
  OnBuild: stored.strings.nullable().exactOptional(),
  Healthcheck: storedHealthConfig.exactOptional(),
  Shell: stored.strings.exactOptional(),
  ArgsEscaped: z.boolean().exactOptional(),
} satisfies Shape<ImageConfig>);

export const detailsKind: RecordKind<ImageDetails> = {
  name: 'details',
  schema: z.object({
    config: storedConfigSchema,
    architecture: z.string(),
    os: z.string(),
    created: z.string(),
    variant: z.string().exactOptional(),
    author: z.string(),
    comment: z.string(),
    dockerVersion: z.string(),
  } satisfies Shape<ImageDetails>),
  upgrades: [unchanged],
};

export const historyKind: RecordKind<readonly HistoryStep[]> = {
  name: 'history',
  schema: z.array(stepSchema),
  upgrades: [unchanged],
};

export interface ParsedConfiguration {
  readonly diffIds: readonly string[];
  readonly details: ImageDetails;
  readonly history: readonly HistoryStep[];
}

/** What a client of `commit` wants in place of the container's configuration. Throws invalid. */
export function committedConfig(body: unknown): ImageConfig {
  const parsed = configSchema.safeParse(body ?? {});
  if (!parsed.success) throw new EngineError('invalid', `configuration: ${z.prettifyError(parsed.error)}`);
  return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value != null));
}

/** What Docker shows for an image that does not say when it was made. */
const neverCreated = '0001-01-01T00:00:00Z';

/** Parses an image configuration. Throws invalid, saying what is wrong with it, also for another operating system. */
export function parseConfiguration(configuration: string): ParsedConfiguration {
  let document: unknown;
  try {
    document = JSON.parse(configuration);
  } catch (error) {
    throw new EngineError('invalid', 'image configuration is not JSON', { cause: error });
  }
  const parsed = imageSchema.safeParse(document);
  if (!parsed.success) {
    const error = new z.ZodError(parsed.error.issues.slice(0, 10));
    throw new EngineError('invalid', `image configuration: ${z.prettifyError(error)}`);
  }
  if (parsed.data.os !== 'linux') {
    const os = parsed.data.os.slice(0, 80);
    throw new EngineError('invalid', `the image is for the operating system "${os}", not for linux`);
  }
  return detailsOf(parsed.data);
}

function detailsOf(data: Parsed): ParsedConfiguration {
  const config: ImageConfig = Object.fromEntries(
    Object.entries(data.config ?? {}).filter(([, value]) => value != null),
  );
  const history = data.history ?? [];
  const { architecture, os, variant, author } = data;
  return {
    diffIds: data.rootfs.diff_ids,
    details: {
      architecture,
      os,
      author,
      config,
      created: data.created ?? neverCreated,
      ...(variant !== undefined && { variant }),
      comment: data.comment || (history.at(-1)?.comment ?? ''),
      dockerVersion: data.docker_version,
    },
    history,
  };
}

/** Throws invalid where a configuration that a host brings holds more than a container may, or a history may. */
export function checkConfiguration({ details, history }: ParsedConfiguration): void {
  const { config, ...texts } = details;
  const tooMany = (what: string, most: number) =>
    new EngineError('invalid', `image configuration: ${what}, the most is ${most}`);
  const labels = config.Labels ?? {};
  if (Object.keys(labels).length > maxLabels) throw tooMany('it has too many labels', maxLabels);
  checkLabelSize(labels);
  const words = [
    config.Cmd,
    config.Entrypoint,
    config.Env,
    config.OnBuild,
    config.Healthcheck?.Test,
    config.Shell,
  ].flatMap((list) => list ?? []);
  checkCommandSize([...words, config.User ?? '', config.WorkingDir ?? '', config.StopSignal ?? '']);
  for (const [what, map] of [
    ['ports', config.ExposedPorts],
    ['volumes', config.Volumes],
  ] as const) {
    const names = Object.keys(map ?? {});
    if (names.length > maxPortsPerContainer) throw tooMany(`it has too many ${what}`, maxPortsPerContainer);
    checkCommandSize(names);
  }
  checkCommandSize(Object.values(texts));
  if (history.length > maxHistorySteps) throw tooMany('its history has too many steps', maxHistorySteps);
  const bytes = history.reduce((sum, step) => sum + step.created_by.length + step.comment.length, 0);
  if (bytes > maxHistoryBytes) throw tooMany('the steps of its history have too many characters', maxHistoryBytes);
}
