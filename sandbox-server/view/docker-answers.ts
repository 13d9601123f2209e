// What a host's Docker API answers, parsed for the engine view: plain data. Every string in it is the student's to choose.

import { z } from 'zod';
import type { ListedContainer, ListedMount } from '../hosts/listed-container.ts';
import type { ViewContainer } from '../protocol.ts';
import { plainText } from './plain-text.ts';

const orEmpty = <T>(schema: z.ZodType<T[]>) => schema.nullish().transform((list) => list ?? []);
const never = '0001-01-01T00:00:00Z';
/** A container that is started this long after it was made was started by another command than `docker run`. */
const maxReadyMs = 60_000;
/** Of a path as it is shown. */
const maxPathLength = 80;

export interface ShownContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly state: ViewContainer['state'];
  readonly command: string;
  readonly ports: ViewContainer['ports'];
  readonly networks: readonly { readonly name: string; readonly address: string }[];
  /** Of volumes and of the host's own files. */
  readonly mounts: readonly ListedMount[];
}

/** The parts of a container that are shown. Each string is one short line of plain text. */
export function shownContainer({ ports, networks, mounts, ...one }: ListedContainer): ShownContainer {
  return {
    id: one.id,
    name: plainText(one.name, 64),
    image: plainText(one.image.replace(/^sha256:([0-9a-f]{12})[0-9a-f]{52}$/, '$1'), 100),
    imageId: one.imageId.slice(0, 71),
    state: one.state,
    command: plainText(one.command, 120),
    ports: portsOf(ports),
    networks: networks.map(({ name, address }) => ({ name, address: plainText(address, 45) })),
    mounts: mounts
      .filter(({ type }) => type === 'volume' || type === 'bind')
      .map((mount) => ({
        ...mount,
        source: mount.type === 'bind' ? plainText(mount.source, maxPathLength) : '',
        destination: plainText(mount.destination, maxPathLength),
      })),
  };
}

function portsOf(ports: ListedContainer['ports']): ViewContainer['ports'] {
  const published = new Map<string, ViewContainer['ports'][number]>();
  // One line for IPv4 and one for IPv6 are one port.
  for (const { host, container, protocol } of ports)
    if (host !== null && (protocol === 'tcp' || protocol === 'udp'))
      published.set(`${host}/${protocol}`, { host, container, protocol });
  return [...published.values()].slice(0, 20);
}

export interface ContainerTimes {
  readonly exitCode: number;
  readonly since: string;
  readonly readyMs: number | null;
}

const inspected = z.object({
  Created: z.iso.datetime(),
  RestartCount: z.number(),
  State: z.object({ ExitCode: z.number(), StartedAt: z.iso.datetime(), FinishedAt: z.iso.datetime() }),
});

/** From `GET /containers/X/json`. Throws ZodError if the answer is not of that form, as each parsing function here does. */
export function timesFrom(answer: unknown): ContainerTimes {
  const { Created, RestartCount, State } = inspected.parse(answer);
  const { ExitCode, StartedAt, FinishedAt } = State;
  const tookMs = Date.parse(StartedAt) - Date.parse(Created);
  const isFirstRun = RestartCount === 0 && (FinishedAt === never || FinishedAt > StartedAt);
  const wasStarted = StartedAt !== never;
  const since = wasStarted ? StartedAt : Created;
  return {
    exitCode: ExitCode,
    since: FinishedAt > StartedAt ? FinishedAt : since,
    readyMs: wasStarted && isFirstRun && tookMs >= 0 && tookMs < maxReadyMs ? tookMs : null,
  };
}

export interface ListedImage {
  readonly id: string;
  readonly tags: readonly string[];
  readonly size: number;
}

const image = z.object({ Id: z.string(), RepoTags: orEmpty(z.array(z.string())), Size: z.number() });

/** From `GET /images/json`, newest first. */
export function imagesFrom(answer: unknown): readonly ListedImage[] {
  return z
    .array(image)
    .parse(answer)
    .map(({ Id, RepoTags, Size }) => ({
      id: Id.slice(0, 71),
      tags: RepoTags.filter((tag) => tag !== '<none>:<none>').map((tag) => plainText(tag, 100)),
      size: Size,
    }));
}

export interface ListedNetwork {
  readonly name: string;
  readonly driver: string;
  readonly subnet: string;
  readonly internal: boolean;
}

const network = z.object({
  Name: z.string(),
  Driver: z.string(),
  Internal: z.boolean().nullish(),
  IPAM: z.object({ Config: orEmpty(z.array(z.object({ Subnet: z.string().nullish() }))) }).nullish(),
});

/** From `GET /networks`. */
export function networksFrom(answer: unknown): readonly ListedNetwork[] {
  return z
    .array(network)
    .parse(answer)
    .map(({ Name, Driver, IPAM, Internal }) => ({
      name: Name,
      internal: Internal === true,
      driver: plainText(Driver, 32),
      subnet: plainText(IPAM?.Config[0]?.Subnet ?? '', 45),
    }));
}

const volumes = z.object({
  Volumes: orEmpty(z.array(z.object({ Name: z.string(), CreatedAt: z.string().nullish() }))),
});

/** The names of all volumes, the oldest first, from `GET /volumes`. */
export function volumesFrom(answer: unknown): readonly string[] {
  return volumes
    .parse(answer)
    .Volumes.map(({ Name, CreatedAt }) => ({ name: Name, at: Date.parse(CreatedAt ?? '') || 0 }))
    .sort((a, b) => a.at - b.at)
    .map(({ name }) => name);
}

/** From `GET /version`. */
export function kernelFrom(answer: unknown): string {
  return plainText(z.object({ KernelVersion: z.string() }).parse(answer).KernelVersion, 64);
}
