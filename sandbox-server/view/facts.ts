// What a host's Docker API answers, parsed for the engine view: plain data. Every string in it is the student's to choose.

import { z } from 'zod';
import type { ViewContainer } from '../protocol.ts';
import { plainText } from './plain-text.ts';

const orEmpty = <T>(schema: z.ZodType<T[]>) => schema.nullish().transform((list) => list ?? []);
const never = '0001-01-01T00:00:00Z';
/** A container that is started this long after it was made was started by another command than `docker run`. */
const maxReadyMs = 60_000;

export interface ListedContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly state: ViewContainer['state'];
  readonly command: string;
  readonly ports: ViewContainer['ports'];
  readonly networks: readonly { readonly name: string; readonly address: string }[];
}

const listed = z.object({
  Id: z.string().regex(/^[0-9a-f]{64}$/),
  Names: z.array(z.string()),
  Image: z.string(),
  ImageID: z.string(),
  Command: z.string(),
  State: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
  Ports: orEmpty(z.array(z.object({ PrivatePort: z.number(), PublicPort: z.number().optional(), Type: z.string() }))),
  NetworkSettings: z
    .object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string().nullish() })).nullish() })
    .nullish(),
});

/** From `GET /containers/json?all=1`, newest first. Throws ZodError where it is none, as every function here. */
export function containersFrom(answer: unknown): readonly ListedContainer[] {
  return z
    .array(listed)
    .parse(answer)
    .map((one) => ({
      id: one.Id,
      name: plainText(one.Names[0]?.replace(/^\//, '') ?? '', 64),
      image: plainText(one.Image.replace(/^sha256:([0-9a-f]{12})[0-9a-f]{52}$/, '$1'), 100),
      imageId: one.ImageID.slice(0, 71),
      state: one.State,
      command: plainText(one.Command, 120),
      ports: portsOf(one.Ports),
      networks: Object.entries(one.NetworkSettings?.Networks ?? {}).map(([name, { IPAddress }]) => ({
        name,
        address: plainText(IPAddress ?? '', 45),
      })),
    }));
}

function portsOf(ports: z.infer<typeof listed>['Ports']): ViewContainer['ports'] {
  const published = new Map<string, ViewContainer['ports'][number]>();
  // One line for IPv4 and one for IPv6 are one port.
  for (const { PublicPort, PrivatePort, Type } of ports)
    if (PublicPort !== undefined && (Type === 'tcp' || Type === 'udp'))
      published.set(`${PublicPort}/${Type}`, { host: PublicPort, container: PrivatePort, protocol: Type });
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

/** From `GET /containers/X/json`. */
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
}

const network = z.object({
  Name: z.string(),
  Driver: z.string(),
  IPAM: z.object({ Config: orEmpty(z.array(z.object({ Subnet: z.string().nullish() }))) }).nullish(),
});

/** From `GET /networks`. */
export function networksFrom(answer: unknown): readonly ListedNetwork[] {
  return z
    .array(network)
    .parse(answer)
    .map(({ Name, Driver, IPAM }) => ({
      name: Name,
      driver: plainText(Driver, 32),
      subnet: plainText(IPAM?.Config[0]?.Subnet ?? '', 45),
    }));
}

/** From `GET /version`. */
export function kernelFrom(answer: unknown): string {
  return plainText(z.object({ KernelVersion: z.string() }).parse(answer).KernelVersion, 64);
}
