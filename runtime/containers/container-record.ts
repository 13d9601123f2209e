// A container as it is stored.

import { z } from 'zod';
import { type Endpoints, endpointsSchema, storedEndpoints } from '../networks/endpoint.ts';
import { type PublishedPort, publishedPortSchema } from '../networks/ports.ts';
import type { RecordKind, Shape } from '../store/record-kind.ts';
import { type Attachments, attachmentsSchema } from './attachment.ts';
import { type Health, healthSchema } from './health.ts';
import { type HealthConfig, storedHealthConfig } from './health-config.ts';
import { type HostConfig, storedHostConfig } from './host-config/table.ts';
import { type MountPoint, mountPointSchema } from './mounts/mount-point.ts';

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
  readonly Healthcheck?: HealthConfig;
  readonly Image: string;
  readonly Volumes: Readonly<Record<string, Record<string, never>>> | null;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[] | null;
  readonly OnBuild: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
}

export type Status = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'removing' | 'dead';

export interface ContainerState {
  readonly status: Status;
  /** Its number in the workspace's PID namespace; 0 when not running. */
  readonly pid: number;
  /** Its number on the machine; 0 when not running. Never shown to a student. */
  readonly machinePid: number;
  /** Field 22 of `/proc/PID/stat` of machinePid: with it a reused PID is told from ours. */
  readonly startTicks: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /**
   * The container ended because its host ended (stored, shut down, reset, rebooted), and was to run again with it. False from
   * its next start on. Null in records of engines that did not know this.
   */
  readonly interrupted: boolean | null;
  /**
   * What its student did to this run. `signalled`: sent it a signal; `unless-stopped` does not start it again. `stopped`: asked it to
   * end; no restart policy starts it again.
   */
  readonly manualEnd: 'none' | 'signalled' | 'stopped';
  /** Null where it is not checked, and before the first start. */
  readonly health: Health | null;
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
  /** What was asked for on each of its networks; null where the network of its mode is its only one, with nothing else asked for. */
  readonly networks: Attachments | null;
  readonly endpoints: Endpoints;
  readonly ports: readonly PublishedPort[];
  /** All but those of `hostConfig.Tmpfs`. */
  readonly mounts: readonly MountPoint[];
  readonly restartCount: number;
  /** A client was attached when its last run was started, as by `docker run` without -d. False if it has never run. */
  readonly foreground: boolean;
  /** A step of a build: the engine's own, which nobody is told of, and gone with its build. */
  readonly isStep: boolean;
}

const strings = z.array(z.string());
const number = z.int();
/** A set, as Docker writes it: the keys count. */
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
  Healthcheck: storedHealthConfig.exactOptional(),
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
  status: z.enum(['created', 'running', 'paused', 'restarting', 'exited', 'removing', 'dead']),
  pid: number,
  machinePid: number,
  startTicks: number,
  exitCode: number,
  oomKilled: z.boolean(),
  interrupted: z.boolean().nullable(),
  manualEnd: z.enum(['none', 'signalled', 'stopped']),
  health: healthSchema.nullable(),
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
  networks: attachmentsSchema,
  endpoints: endpointsSchema,
  ports: z.array(publishedPortSchema),
  mounts: z.array(mountPointSchema),
  restartCount: number,
  foreground: z.boolean(),
  isStep: z.boolean(),
} satisfies Shape<ContainerRecord>);

/** Earlier engines did not store these. The request tells whether the container ran in the foreground. */
const version0 = z
  .looseObject({
    config: z.looseObject({ AttachStdout: z.boolean() }),
    state: z.looseObject({ interrupted: z.boolean().nullable().default(null) }),
  })
  .transform((old) => ({ foreground: old.config.AttachStdout, ...old, endpoints: storedEndpoints(old) }));

/** No container of theirs had a mount. */
const version1 = z.looseObject({}).transform((old) => ({ mounts: [], ...old }));

/** Before there were restart policies and health checks. */
const version2 = z
  .looseObject({ state: z.looseObject({}) })
  .transform((old) => ({ ...old, state: { manualEnd: 'none', health: null, ...old.state } }));

/** Before there were builds. */
const version3 = z.looseObject({}).transform((old) => ({ ...old, isStep: false }));

export const containerKind: RecordKind<ContainerRecord> = {
  name: 'container',
  schema: recordSchema,
  upgrades: [
    (body) => version0.parse(body),
    (body) => version1.parse(body),
    (body) => version2.parse(body),
    (body) => version3.parse(body),
  ],
};
