// A container as it is stored: everything of it that outlives the engine.

import { z } from 'zod';
import { type Endpoints, endpointsSchema, storedEndpoints } from '../networks/endpoint.ts';
import { type PublishedPort, publishedPortSchema } from '../networks/ports.ts';
import type { RecordKind, Shape } from '../store/record-kind.ts';
import { type HostConfig, storedHostConfig } from './host-config/table.ts';

/** The `Config` of the Docker Engine API, merged with the image's, every field present. */
export interface ContainerConfig {
  readonly Hostname: string;
  readonly Domainname: string;
  readonly User: string;
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  readonly StdinOnce: boolean;
  readonly Env: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly Image: string;
  readonly Volumes: Readonly<Record<string, Record<string, never>>> | null;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[] | null;
  readonly OnBuild: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
}

export type Status = 'created' | 'running' | 'paused' | 'exited' | 'removing' | 'dead';

export interface ContainerState {
  readonly status: Status;
  /** As the workspace's PID namespace numbers it; 0 when not running. */
  readonly pid: number;
  /** As the machine numbers it; 0 when not running. Never shown to a student. */
  readonly machinePid: number;
  /** Field 22 of `/proc/PID/stat` of machinePid: with it a reused PID is told from ours. */
  readonly startTicks: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /**
   * It did not end by itself, nor by its student: the host ended (stored, shut down, taken back, rebooted) and the container was to
   * run again with it. False from its next start on. Null in what an engine stored that did not know.
   */
  readonly interrupted: boolean | null;
  readonly error: string;
  /** RFC 3339 with nanoseconds, or '0001-01-01T00:00:00Z' for never. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** Everything of a container that outlives the engine; stored whole at each change. */
export interface ContainerRecord {
  /** 64 hex digits. */
  readonly id: string;
  /** Without the slash that the API shows. */
  readonly name: string;
  readonly created: string;
  /** The image's ID, `sha256:` and 64 hex digits. */
  readonly imageId: string;
  /** What runs: entrypoint and command joined. */
  readonly path: string;
  readonly args: readonly string[];
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly state: ContainerState;
  /** Asked for with --mac-address; null for one made of the address. */
  readonly macAddress: string | null;
  readonly endpoints: Endpoints;
  readonly ports: readonly PublishedPort[];
  readonly restartCount: number;
  /** A client was attached when its last run was started, as `docker run` without -d does it. False where it has never run. */
  readonly foreground: boolean;
}

const strings = z.array(z.string());
const number = z.int();
/** Docker's sets: the keys count. */
const set = z.record(z.string(), z.object({}));

const configSchema = z.object({
  Hostname: z.string(),
  Domainname: z.string(),
  User: z.string(),
  AttachStdin: z.boolean(),
  AttachStdout: z.boolean(),
  AttachStderr: z.boolean(),
  ExposedPorts: set.exactOptional(),
  Tty: z.boolean(),
  OpenStdin: z.boolean(),
  StdinOnce: z.boolean(),
  Env: strings,
  Cmd: strings.nullable(),
  Image: z.string(),
  Volumes: set.nullable(),
  WorkingDir: z.string(),
  Entrypoint: strings.nullable(),
  OnBuild: strings.nullable(),
  Labels: z.record(z.string(), z.string()),
  StopSignal: z.string().exactOptional(),
  StopTimeout: number.exactOptional(),
} satisfies Shape<ContainerConfig>);

const stateSchema = z.object({
  status: z.enum(['created', 'running', 'paused', 'exited', 'removing', 'dead']),
  pid: number,
  machinePid: number,
  startTicks: number,
  exitCode: number,
  oomKilled: z.boolean(),
  interrupted: z.boolean().nullable(),
  error: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
} satisfies Shape<ContainerState>);

const recordSchema = z.object({
  id: z.string(),
  name: z.string(),
  created: z.string(),
  imageId: z.string(),
  path: z.string(),
  args: strings,
  config: configSchema,
  hostConfig: storedHostConfig,
  state: stateSchema,
  macAddress: z.string().nullable(),
  endpoints: endpointsSchema,
  ports: z.array(publishedPortSchema),
  restartCount: number,
  foreground: z.boolean(),
} satisfies Shape<ContainerRecord>);

/** Not every engine stored these. What was asked for tells whether the container ran in the foreground. */
const version0 = z
  .looseObject({
    config: z.looseObject({ AttachStdout: z.boolean() }),
    state: z.looseObject({ interrupted: z.boolean().nullable().default(null) }),
  })
  .transform((old) => ({ foreground: old.config.AttachStdout, ...old, endpoints: storedEndpoints(old) }));

export const containerKind: RecordKind<ContainerRecord> = {
  name: 'container',
  schema: recordSchema,
  upgrades: [(body) => version0.parse(body)],
};
