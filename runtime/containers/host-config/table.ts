// All keys of Docker's HostConfig, a row each, and what comes of the rows: the schema of the request, the values that are kept
// in the record, the limits of the container, and what inspect says. A key is changed in its row, and nowhere here.

import { z } from 'zod';
import type { Resources } from '../../oci/spec.ts';
import { goObject } from '../go-object.ts';
import { refuse } from '../refusal.ts';
import { files } from './files.ts';
import { isolation } from './isolation.ts';
import { type HostConfigKey, hostConfigKeys } from './keys.ts';
import { lifetime } from './lifetime.ts';
import { networking } from './networking.ts';
import { checkResources, resources } from './resources.ts';
import type { KeptRow, Row } from './row.ts';

/** By theme; no key is in two. */
export const themes = { files, isolation, lifetime, networking, resources };

const table = { ...files, ...isolation, ...lifetime, ...networking, ...resources } satisfies Record<HostConfigKey, Row>;

type Table = typeof table;
type KeptKey = { [Key in HostConfigKey]: Table[Key] extends { kind: 'kept' } ? Key : never }[HostConfigKey];

/** What the record of a container has of its HostConfig: the keys that the engine acts on, each at a value in force. */
export type HostConfig = {
  readonly [Key in KeptKey]: Table[Key] extends KeptRow<infer Value> ? Value : never;
};

const rows: readonly (readonly [HostConfigKey, Row])[] = hostConfigKeys.map((key) => [key, table[key]]);

/** Keys in any case; a key that Docker does not know is left out, as Docker does. */
export const hostConfigSchema = goObject(Object.fromEntries(rows.map(([key, { schema }]) => [key, schema])));

/**
 * The values to keep of what `hostConfigSchema` gave. `cpus`: what the host may use. Throws invalid: for an option that is not
 * done before a value that is wrong, and for that before values that do not go together.
 */
export function keepHostConfig(given: z.infer<typeof hostConfigSchema>, cpus: number): HostConfig {
  for (const [key, row] of rows) if (row.kind === 'refused') refuse(`HostConfig.${key}`, row, given[key]);
  const values: Record<string, unknown> = {};
  for (const [key, row] of rows) if (row.kind === 'kept') values[key] = row.keep(given[key]);
  const own = values as HostConfig;
  checkResources(own, cpus);
  return own;
}

const storedRows = rows.flatMap(([key, row]) =>
  row.kind === 'kept' ? [[key, row.stored.default(() => row.keep(undefined))] as const] : [],
);

/** The values in a record. A key that the engine which stored it did not know is at its default. */
export const storedHostConfig = z.object(Object.fromEntries(storedRows)) as unknown as z.ZodType<HostConfig>;

function valueIn(own: HostConfig, key: HostConfigKey): unknown {
  return own[key as KeptKey];
}

/** The limits of a container's cgroup, which all rows together make. */
export function limitsOf(own: HostConfig): Resources {
  const limits: Record<string, object> = {};
  for (const [key, row] of rows) {
    if (row.kind !== 'kept' || !row.limits) continue;
    const parts = Object.entries(row.limits(valueIn(own, key)));
    for (const [controller, part] of parts) limits[controller] = { ...limits[controller], ...part };
  }
  return limits;
}

/** The `HostConfig` of `docker inspect`: what is in force, and the rest at the only value that it has here. */
export function shownHostConfig(own: HostConfig): object {
  const shown: Record<string, unknown> = {};
  for (const [key, row] of rows) {
    if (row.kind !== 'kept') shown[key] = row.shown;
    else shown[key] = row.shown ? row.shown(valueIn(own, key)) : valueIn(own, key);
  }
  // JSON leaves out what is undefined.
  return shown;
}
