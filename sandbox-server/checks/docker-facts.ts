// Reads facts from what a host's Docker API answers, and from its events. Pure.

import { z } from 'zod';
import type { ListedContainer } from '../hosts/listed-container.ts';
import type { ContainerDetails, ContainerFact, EndedContainer, ImageFact, NetworkFact } from './facts.ts';

const orEmpty = <T>(schema: z.ZodType<T[]>) => schema.nullish().transform((list) => list ?? []);
const words = z
  .record(z.string(), z.string())
  .nullish()
  .transform((found) => found ?? {});

/** `interrupted` are the ids of containers that have ended with their host. */
export function containerFact(container: ListedContainer, interrupted: ReadonlySet<string> = new Set()): ContainerFact {
  const { id, name, image, imageId, state, exitCode, labels, networks } = container;
  const published = container.ports.filter(({ host, protocol }) => host !== null && protocol === 'tcp');
  return {
    id,
    name,
    image,
    imageId,
    sameImages: [],
    state,
    exitCode,
    // One line for IPv4 and one for IPv6 are one port.
    ports: [...new Set(published.map((port) => `${port.host}:${port.container}`))],
    labels,
    networks: networks.map((network) => network.name),
    started: null,
    interrupted: interrupted.has(id) && state === 'exited',
    details: null,
  };
}

const inspected = z.object({
  Config: z.object({ Cmd: orEmpty(z.array(z.string())), Env: orEmpty(z.array(z.string())) }),
  HostConfig: z.object({
    Memory: z.number(),
    NanoCpus: z.number(),
    CpuQuota: z.number(),
    CpuPeriod: z.number(),
    PortBindings: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullish()).nullish(),
  }),
  State: z.object({ OOMKilled: z.boolean() }),
});

/** From the answer to `GET /containers/X/json`. Throws ZodError. */
export function detailsFrom(answer: unknown): ContainerDetails {
  const { Config, HostConfig, State } = inspected.parse(answer);
  const { Memory, NanoCpus, CpuQuota, CpuPeriod } = HostConfig;
  // `--cpu-quota` is the older way to say `--cpus`; a period that is not said is 100 ms.
  const byQuota = CpuQuota > 0 ? CpuQuota / (CpuPeriod > 0 ? CpuPeriod : 100_000) : 0;
  return {
    command: Config.Cmd.join(' '),
    env: Config.Env,
    publishes: publishedBy(HostConfig.PortBindings ?? {}),
    memoryBytes: Math.max(0, Memory),
    cpus: NanoCpus > 0 ? NanoCpus / 1e9 : byQuota,
    oomKilled: State.OOMKilled,
  };
}

/** `80/tcp` -> where it is bound. A host's port that Docker chooses at each start is none that a check can ask for. */
function publishedBy(
  bindings: NonNullable<z.infer<typeof inspected>['HostConfig']['PortBindings']>,
): readonly string[] {
  return Object.entries(bindings).flatMap(([port, places]) => {
    const [container, protocol = 'tcp'] = port.split('/');
    return protocol === 'tcp' ? (places ?? []).map(({ HostPort }) => `${HostPort}:${container}`) : [];
  });
}

const image = z.object({
  Id: z.string(),
  RepoDigests: orEmpty(z.array(z.string())),
  Size: z.number(),
  RootFS: z.object({ Layers: orEmpty(z.array(z.string())) }),
  Config: z.object({
    Cmd: orEmpty(z.array(z.string())),
    Env: orEmpty(z.array(z.string())),
    Labels: words,
    User: z.string().nullish(),
    WorkingDir: z.string().nullish(),
    ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
  }),
});

/** From the answer to `GET /images/X/json`. Throws ZodError. */
export function imageFrom(answer: unknown): ImageFact {
  const { Id, RepoDigests, Size, RootFS, Config } = image.parse(answer);
  return {
    id: Id,
    digests: RepoDigests.map((digest) => digest.slice(digest.indexOf('@') + 1)),
    layers: RootFS.Layers,
    sizeBytes: Size,
    command: Config.Cmd.join(' '),
    env: Config.Env,
    labels: Config.Labels,
    user: Config.User ?? '',
    workdir: Config.WorkingDir ?? '',
    exposes: Object.keys(Config.ExposedPorts ?? {}),
  };
}

const network = z.object({
  Driver: z.string(),
  Containers: z.record(z.string(), z.object({ Name: z.string() })).nullish(),
});

/** From the answer to `GET /networks/X`. Throws ZodError. */
export function networkFrom(answer: unknown): NetworkFact {
  const { Driver, Containers } = network.parse(answer);
  return { driver: Driver, containers: Object.values(Containers ?? {}).map(({ Name }) => Name) };
}

/** Signals that end a program which does not mind them: INT, QUIT, KILL, TERM. */
const endingSignals = [2, 3, 9, 15];

/**
 * From the attributes of a `die` event, and the signals that Docker sent the container since its start; null where they are
 * not what Docker sends.
 */
export function endedFrom(
  attributes: Readonly<Record<string, string>>,
  signals: readonly number[],
): EndedContainer | null {
  const { name = '', image: from, exitCode } = attributes;
  if (from === undefined || exitCode === undefined || !/^\d{1,3}$/.test(exitCode)) return null;
  const code = Number(exitCode);
  const byDocker = signals.some((signal) => endingSignals.includes(signal) || signal === code - 128);
  return { name, image: from, sameImages: [], exitCode: code, byDocker };
}
