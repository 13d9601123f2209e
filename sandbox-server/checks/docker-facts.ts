// Reads facts from what a host's Docker API answers, and from its events. Pure.

import { z } from 'zod';
import type { ListedContainer } from '../hosts/listed-container.ts';
import { type SaidInstruction, saidInHistory } from './builds/said.ts';
import type { ContainerDetails, ContainerFact, EndedContainer, ImageFact, NetworkFact, VolumeFact } from './facts.ts';
import { addressOf, type PublishedPort } from './ports.ts';

const orEmpty = <T>(schema: z.ZodType<T[]>) => schema.nullish().transform((list) => list ?? []);
const words = z
  .record(z.string(), z.string())
  .nullish()
  .transform((found) => found ?? {});

/** `interrupted` are the ids of containers that have ended with their host. */
export function containerFact(container: ListedContainer, interrupted: ReadonlySet<string> = new Set()): ContainerFact {
  const { id, name, image, imageId, state, exitCode, labels, networks, mounts } = container;
  return {
    id,
    name,
    image,
    imageId,
    sameImages: [],
    state,
    exitCode,
    ports: onePortEach(
      container.ports.flatMap((port) => (port.host === null ? [] : [{ ...port, address: addressOf(port.address) }])),
    ),
    labels,
    networks: networks.map((network) => network.name),
    mounts,
    started: null,
    interrupted: interrupted.has(id) && state === 'exited',
    details: null,
    origins: new Map(),
  };
}

/** A port that is published for IPv4 and for IPv6 is one port. */
function onePortEach(ports: readonly PublishedPort[]): readonly PublishedPort[] {
  return [...new Map(ports.map((port) => [JSON.stringify(Object.entries(port).sort()), port])).values()];
}

const bindings = z.array(z.object({ HostIp: z.string().nullish(), HostPort: z.string().nullish() })).nullish();
const names = z.array(z.string()).nullish();

const inspected = z.object({
  Config: z.object({
    Cmd: orEmpty(z.array(z.string())),
    Env: orEmpty(z.array(z.string())),
    User: z.string().nullish(),
  }),
  HostConfig: z.object({
    Memory: z.number(),
    MemoryReservation: z.number().nullish(),
    NanoCpus: z.number(),
    CpuQuota: z.number(),
    CpuPeriod: z.number(),
    CpuShares: z.number().nullish(),
    PidsLimit: z.number().nullish(),
    PortBindings: z.record(z.string(), bindings).nullish(),
    RestartPolicy: z.object({ Name: z.string(), MaximumRetryCount: z.number().nullish() }).nullish(),
    ReadonlyRootfs: z.boolean().nullish(),
    AutoRemove: z.boolean().nullish(),
  }),
  State: z.object({
    OOMKilled: z.boolean(),
    Error: z.string().nullish(),
    Health: z.object({ Status: z.enum(['starting', 'healthy', 'unhealthy', 'none']) }).nullish(),
  }),
  RestartCount: z.number().nullish(),
  NetworkSettings: z
    .object({ Networks: z.record(z.string(), z.object({ Aliases: names, DNSNames: names })).nullish() })
    .nullish(),
});

/** From the answer to `GET /containers/X/json`. Throws ZodError. */
export function detailsFrom(answer: unknown): ContainerDetails {
  const { Config, HostConfig, State, RestartCount, NetworkSettings } = inspected.parse(answer);
  const { Memory, NanoCpus, CpuQuota, CpuPeriod, RestartPolicy } = HostConfig;
  // `--cpu-quota` is the older way to say `--cpus`; a period that is not said is 100 ms.
  const byQuota = CpuQuota > 0 ? CpuQuota / (CpuPeriod > 0 ? CpuPeriod : 100_000) : 0;
  const tries = RestartPolicy?.MaximumRetryCount ?? 0;
  return {
    command: Config.Cmd.join(' '),
    env: Config.Env,
    publishes: publishedBy(HostConfig.PortBindings ?? {}),
    memoryBytes: Math.max(0, Memory),
    memoryReservationBytes: Math.max(0, HostConfig.MemoryReservation ?? 0),
    cpus: NanoCpus > 0 ? NanoCpus / 1e9 : byQuota,
    cpuShares: Math.max(0, HostConfig.CpuShares ?? 0),
    pids: Math.max(0, HostConfig.PidsLimit ?? 0),
    oomKilled: State.OOMKilled,
    health: State.Health?.Status ?? 'none',
    restart: `${RestartPolicy?.Name || 'no'}${tries > 0 ? `:${tries}` : ''}`,
    restarts: RestartCount ?? 0,
    readOnly: HostConfig.ReadonlyRootfs ?? false,
    autoRemove: HostConfig.AutoRemove ?? false,
    user: Config.User ?? '',
    error: State.Error ?? '',
    aliases: Object.fromEntries(
      Object.entries(NetworkSettings?.Networks ?? {}).map(([network, { Aliases, DNSNames }]) => [
        network,
        [...new Set([...(DNSNames ?? []), ...(Aliases ?? [])])],
      ]),
    ),
  };
}

/** `80/tcp` -> where it is bound. The host's port is null if Docker chooses it at each start. */
function publishedBy(
  bound: NonNullable<z.infer<typeof inspected>['HostConfig']['PortBindings']>,
): readonly PublishedPort[] {
  return onePortEach(
    Object.entries(bound).flatMap(([port, places]) => {
      const [container, protocol = 'tcp'] = port.split('/');
      return (places ?? []).map(({ HostIp, HostPort }) => ({
        address: addressOf(HostIp ?? ''),
        host: Number(HostPort) || null,
        container: Number(container),
        protocol,
      }));
    }),
  );
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
    Entrypoint: orEmpty(z.array(z.string())),
    User: z.string().nullish(),
    WorkingDir: z.string().nullish(),
    ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
    Volumes: z.record(z.string(), z.unknown()).nullish(),
    Healthcheck: z.object({ Test: orEmpty(z.array(z.string())) }).nullish(),
    StopSignal: z.string().nullish(),
  }),
});

/** From the answer to `GET /images/X/json`. Throws ZodError. */
export function imageFrom(answer: unknown): ImageFact {
  const { Id, RepoDigests, Size, RootFS, Config } = image.parse(answer);
  return {
    id: Id,
    digests: RepoDigests.map((digest) => digest.slice(digest.indexOf('@') + 1)),
    repoDigests: RepoDigests,
    layers: RootFS.Layers,
    sizeBytes: Size,
    command: Config.Cmd.join(' '),
    entrypoint: Config.Entrypoint.join(' '),
    env: Config.Env,
    labels: Config.Labels,
    user: Config.User ?? '',
    workdir: Config.WorkingDir ?? '',
    exposes: Object.keys(Config.ExposedPorts ?? {}),
    volumes: Object.keys(Config.Volumes ?? {}),
    hasHealthcheck: ![undefined, 'NONE'].includes(Config.Healthcheck?.Test[0]),
    stopSignal: Config.StopSignal ?? '',
    history: null,
    origins: new Map(),
  };
}

const history = z.array(z.object({ CreatedBy: z.string() }));

/** From the answer to `GET /images/X/history`: the oldest first. Throws ZodError. */
export function historyFrom(answer: unknown): readonly SaidInstruction[] {
  return history
    .parse(answer)
    .reverse()
    .flatMap(({ CreatedBy }) => saidInHistory(CreatedBy) ?? []);
}

const network = z.object({
  Driver: z.string(),
  Internal: z.boolean().nullish(),
  Labels: words,
  IPAM: z
    .object({ Config: orEmpty(z.array(z.object({ Subnet: z.string().nullish(), Gateway: z.string().nullish() }))) })
    .nullish(),
  Containers: z.record(z.string(), z.object({ Name: z.string(), IPv4Address: z.string().nullish() })).nullish(),
});

/** From the answer to `GET /networks/X`. Throws ZodError. */
export function networkFrom(answer: unknown): NetworkFact {
  const { Driver, Internal, Labels, IPAM, Containers } = network.parse(answer);
  const ranges = IPAM?.Config ?? [];
  const there = (all: readonly (string | null | undefined)[]) => all.filter((one) => typeof one === 'string');
  return {
    driver: Driver,
    internal: Internal ?? false,
    subnets: there(ranges.map(({ Subnet }) => Subnet)),
    gateways: there(ranges.map(({ Gateway }) => Gateway)),
    labels: Labels,
    members: Object.values(Containers ?? {}).map(({ Name, IPv4Address }) => ({
      name: Name,
      address: (IPv4Address ?? '').replace(/\/.*$/, ''),
    })),
  };
}

const volume = z.object({ Driver: z.string(), Labels: words, Options: words });

/** From the answer to `GET /volumes/X`. Throws ZodError. */
export function volumeFrom(answer: unknown): VolumeFact {
  const { Driver, Labels, Options } = volume.parse(answer);
  return { driver: Driver, labels: Labels, options: Options };
}

/** Signals that end a program which does not handle them: INT, QUIT, KILL, TERM. */
const endingSignals = [2, 3, 9, 15];

/**
 * From the attributes of a `die` event, the signals that Docker sent the container since its start, and the tasks that are done;
 * null where the attributes are not what Docker sends.
 */
export function endedFrom(
  attributes: Readonly<Record<string, string>>,
  signals: readonly number[],
  oomKilled: boolean,
  doneTasks: ReadonlySet<string>,
): EndedContainer | null {
  const { name = '', image: from, exitCode } = attributes;
  if (from === undefined || exitCode === undefined || !/^\d{1,3}$/.test(exitCode)) return null;
  const code = Number(exitCode);
  const byDocker = signals.some((signal) => endingSignals.includes(signal) || signal === code - 128);
  return { name, image: from, sameImages: [], exitCode: code, byDocker, oomKilled, doneTasks };
}
