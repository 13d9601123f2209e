// A host as it is stored: everything of the host itself that outlives the engine.

import { z } from 'zod';
import type { EgressKind, HostLimits } from '../client.ts';
import { type Endpoints, endpointsSchema, storedEndpoints } from '../networks/endpoint.ts';
import { type PublishedPort, publishedPortSchema } from '../networks/ports.ts';
import type { RecordKind, Shape } from '../store/record-kind.ts';

/** A host's place on a link (`link.ts`). */
export interface LinkPlace {
  /** Of the link. */
  readonly name: string;
  readonly address: string;
}

/** The account on the hub by whose rights those in the host ask who show no credentials. */
export interface HubAccountOf {
  readonly name: string;
  /** It was made for the host, and those on its link, and goes with the last of them. */
  readonly goesWithHosts: boolean;
  /** It is for this host alone, and not for the others on its link. */
  readonly own: boolean;
}

/** A container that runs again when its host starts, with the endpoints and the ports that it had. */
export interface RunningAgain {
  readonly id: string;
  readonly endpoints: Endpoints;
  readonly ports: readonly PublishedPort[];
  readonly paused: boolean;
}

/** Everything of a host itself that outlives the engine. */
export interface HostRecord {
  /** 12 hex digits; names its directory, cgroup and records. */
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  /**
   * What the next engine does where this one is killed. `creating`, `removing`: it removes the host. `storing`: it finishes storing
   * the host. `replacing` (restored, reset): it starts the host, from the old or the new subvolume, whichever the record names.
   */
  readonly phase: 'creating' | 'whole' | 'removing' | 'storing' | 'replacing';
  /** First of the 65,536 UIDs and GIDs that are this host's alone. */
  readonly uidBase: number;
  readonly limits: HostLimits;
  /** The host's subvolume in the store's `hosts`. Each restore makes another one; this record says which of them is the host. */
  readonly subvolume: string;
  /** The catalogue image of the workspace. */
  readonly workspace: string;
  readonly hostname: string;
  /** The host's place on the link between the hosts of its lab; null where it has none. */
  readonly link: LinkPlace | null;
  /** What the host reaches of the internet, where the operator allows it: nothing, names by a proxy, or all. */
  readonly egress: EgressKind;
  /** Null where it has none. */
  readonly hubAccount: HubAccountOf | null;
  /** The containers that the host's next start starts too: those that ran when the host ended. */
  readonly startAgain: readonly RunningAgain[];
  /** The host ran when the engine was shut down or the machine went down: the next engine starts it. */
  readonly returns: boolean;
  /**
   * The layers under the workspace's own one, since its first start. A newer image must not come under files that were written
   * over an older one.
   */
  readonly workspaceLayers: readonly string[] | null;
  /** The workspace's init as the machine numbers it, and its start time (field 22 of /proc/PID/stat); 0 when stopped. */
  readonly pid: number;
  readonly startTicks: number;
}

export const runningAgainSchema = z.object({
  id: z.string(),
  endpoints: endpointsSchema,
  ports: z.array(publishedPortSchema),
  paused: z.boolean(),
} satisfies Shape<RunningAgain>);

const recordSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  phase: z.enum(['creating', 'whole', 'removing', 'storing', 'replacing']),
  uidBase: z.int(),
  limits: z.object({
    memoryBytes: z.number(),
    cpus: z.number(),
    pids: z.number(),
    diskBytes: z.number(),
  } satisfies Shape<HostLimits>),
  subvolume: z.string(),
  workspace: z.string(),
  hostname: z.string(),
  link: z.object({ name: z.string(), address: z.string() } satisfies Shape<LinkPlace>).nullable(),
  egress: z.enum(['none', 'proxy', 'open']),
  hubAccount: z
    .object({
      name: z.string(),
      goesWithHosts: z.boolean(),
      own: z.boolean().default(false),
    } satisfies Shape<HubAccountOf>)
    .nullable(),
  startAgain: z.array(runningAgainSchema),
  returns: z.boolean(),
  workspaceLayers: z.array(z.string()).nullable(),
  pid: z.int(),
  startTicks: z.int(),
} satisfies Shape<HostRecord>);

/** What stands in hosts and in snapshots of version 0. */
export const runningVersion0 = z.looseObject({}).transform((old) => ({ ...old, endpoints: storedEndpoints(old) }));

/** What was so of every host before its record said it: the first engine had no choice of these, and put nothing back. */
const version0 = z
  .looseObject({
    id: z.string(),
    workspace: z.unknown().default('workspace'),
    hostname: z.unknown().default('docker-host'),
    network: z.unknown().default(null),
    startAgain: z.array(runningVersion0).default([]),
    returns: z.unknown().default(false),
  })
  // The link between the hosts of a lab was called a network.
  .transform((old) => ({ subvolume: old.id, link: old.network, ...old }));

export const hostKind: RecordKind<HostRecord> = {
  name: 'host',
  schema: recordSchema,
  upgrades: [
    (body) => version0.parse(body),
    (body) => ({ egress: 'none', ...z.looseObject({}).parse(body) }),
    // No lab had an account.
    (body) => ({ ...z.looseObject({}).parse(body), hubAccount: null }),
  ],
};
