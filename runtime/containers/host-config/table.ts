// All keys of Docker's HostConfig, a row each, and what is derived from the rows: the schema of the request, the values in the
// record, the limits of the container, and what inspect shows. To change a key, change its row, nothing here.

import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import type { Resources } from '../../oci/spec.ts';
import { goObject } from '../go-object.ts';
import { refuse } from '../refusal.ts';
import { files } from './files.ts';
import { checkIsolation, isolation } from './isolation.ts';
import { type HostConfigKey, hostConfigKeys } from './keys.ts';
import { checkLifetime, lifetime } from './lifetime.ts';
import { networking } from './networking.ts';
import { checkCpu, checkMemory, resources } from './resources.ts';
import type { KeptRow, Row } from './row.ts';

/** By theme; no key is in two. */
export const themes = { files, isolation, lifetime, networking, resources };

const table = { ...files, ...isolation, ...lifetime, ...networking, ...resources } satisfies Record<HostConfigKey, Row>;

type Table = typeof table;
type KeptKey = { [Key in HostConfigKey]: Table[Key] extends { kind: 'kept' } ? Key : never }[HostConfigKey];

/** The HostConfig in a container's record: the keys that the engine acts on, each with its effective value. */
export type HostConfig = {
  readonly [Key in KeptKey]: Table[Key] extends KeptRow<infer Value> ? Value : never;
};

const rows: readonly (readonly [HostConfigKey, Row])[] = hostConfigKeys.map((key) => [key, table[key]]);

/** Keys in any case; a key that Docker does not know is left out, as Docker does. */
export const hostConfigSchema = goObject(Object.fromEntries(rows.map(([key, { schema }]) => [key, schema])));

/**
 * The values to store, from the output of `hostConfigSchema`. `cpus`: the CPUs that the host may use. Throws invalid: first for
 * an option that is not supported, then for a wrong value, then for values that exclude each other.
 */
export function keepHostConfig(given: z.infer<typeof hostConfigSchema>, cpus: number): HostConfig {
  for (const [key, row] of rows) if (row.kind === 'refused') refuse(`HostConfig.${key}`, row, given[key]);
  const values: Record<string, unknown> = {};
  for (const [key, row] of rows) if (row.kind === 'kept') values[key] = row.keep(given[key]);
  const own = values as HostConfig;
  checkLifetime(own);
  checkIsolation(own);
  checkMemory(own);
  checkCpu(own, cpus);
  return own;
}

/**
 * What `docker update` makes of `own`. Throws invalid as `keepHostConfig` does, and what `failed` makes of a conflict with what is
 * there already.
 */
export function updatedHostConfig(
  own: HostConfig,
  given: z.infer<typeof hostConfigSchema>,
  cpus: number,
  failed: (error: EngineError) => EngineError,
): HostConfig {
  for (const [key, row] of rows) if (row.kind === 'refused') refuse(`HostConfig.${key}`, row, given[key]);
  const changes: Record<string, unknown> = {};
  for (const [key, row] of rows)
    if (row.kind === 'kept' && row.updates?.(given[key])) changes[key] = row.keep(given[key]);
  const change = changes as Partial<HostConfig>;
  const { Memory = 0, MemoryReservation = 0 } = change;
  checkMemory({ Memory, MemoryReservation });
  checkCpu(change, cpus);
  const conflict = conflictOfUpdate(own, change);
  if (conflict !== null) throw failed(new EngineError('conflict', conflict));
  const updated = { ...own, ...change };
  checkMemory(updated);
  return updated;
}

/** In moby's words (`UpdateContainer`); null where there is none. */
function conflictOfUpdate(own: HostConfig, change: Partial<HostConfig>): string | null {
  const { NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0, Memory = 0, MemorySwap = 0, RestartPolicy } = change;
  const cannot = (what: string, because: string) =>
    `Conflicting options: ${what} cannot be updated as ${because} has already been set`;
  if (NanoCpus > 0 && own.CpuPeriod > 0) return cannot('Nano CPUs', 'CPU Period');
  if (NanoCpus > 0 && own.CpuQuota > 0) return cannot('Nano CPUs', 'CPU Quota');
  if (CpuPeriod > 0 && own.NanoCpus > 0) return cannot('CPU Period', 'NanoCPUs');
  if (CpuQuota > 0 && own.NanoCpus > 0) return cannot('CPU Quota', 'NanoCPUs');
  // Docker has set this where nobody did.
  const swap = own.MemorySwap === 0 ? own.Memory * 2 : own.MemorySwap;
  if (Memory > 0 && swap >= 0 && Memory > swap && MemorySwap === 0)
    return 'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time';
  if (RestartPolicy && RestartPolicy.Name !== 'no' && own.AutoRemove)
    return 'Restart policy cannot be updated because AutoRemove is enabled for the container';
  return null;
}

const storedRows = rows.flatMap(([key, row]) =>
  row.kind === 'kept' ? [[key, row.stored.default(() => row.keep(undefined))] as const] : [],
);

/** The values in a record. A key that the engine which stored it did not know is at its default. */
export const storedHostConfig = z.object(Object.fromEntries(storedRows)) as unknown as z.ZodType<HostConfig>;

function valueIn(own: HostConfig, key: HostConfigKey): unknown {
  return own[key as KeptKey];
}

/** The limits of a container's cgroup, from all rows together. */
export function limitsOf(own: HostConfig): Resources {
  const limits: Record<string, object> = {};
  for (const [key, row] of rows) {
    if (row.kind !== 'kept' || !row.limits) continue;
    const parts = Object.entries(row.limits(valueIn(own, key)));
    for (const [controller, part] of parts) limits[controller] = { ...limits[controller], ...part };
  }
  return limits;
}

/** The `HostConfig` of `docker inspect`: the effective values, and for other keys the only value that they have here. */
export function shownHostConfig(own: HostConfig): object {
  const shown: Record<string, unknown> = {};
  for (const [key, row] of rows) {
    if (row.kind === 'ignored') shown[key] = row.shown;
    else if (row.kind === 'refused') shown[key] = row.shown(own);
    else shown[key] = row.shown ? row.shown(valueIn(own, key), own) : valueIn(own, key);
  }
  // JSON leaves out what is undefined.
  return shown;
}
