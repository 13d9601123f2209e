// What `docker inspect` tells of a container beside its times: its health, its limits, what others call it. Parsed for the engine
// view: plain data, and every string in it is the student's to choose.

import { z } from 'zod';
import { maxViewNames } from '../limits.ts';
import type { ViewContainer } from '../protocol.ts';
import { plainText } from './plain-text.ts';

export interface Inspected extends Pick<ViewContainer, 'health' | 'restarts' | 'oomKilled' | 'limits'> {
  /** What others call it beside its own name, by the name of the network. */
  readonly names: ReadonlyMap<string, readonly string[]>;
}

const count = z
  .number()
  .nullish()
  .transform((told) => Math.max(0, told ?? 0));
const names = z.array(z.string()).nullish();

const schema = z.object({
  Name: z.string(),
  RestartCount: z.number(),
  State: z.object({
    OOMKilled: z.boolean(),
    Health: z.object({ Status: z.enum(['starting', 'healthy', 'unhealthy', 'none']) }).nullish(),
  }),
  HostConfig: z.object({ Memory: count, NanoCpus: count, CpuQuota: count, CpuPeriod: count, PidsLimit: count }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ Aliases: names })).nullish() }).nullish(),
});

/** From `GET /containers/X/json`. Throws ZodError if the answer is not of that form. */
export function inspectedFrom(answer: unknown): Inspected {
  const { Name, RestartCount, State, HostConfig, NetworkSettings } = schema.parse(answer);
  const { Memory, NanoCpus, CpuQuota, CpuPeriod, PidsLimit } = HostConfig;
  const health = State.Health?.Status ?? 'none';
  const own = Name.replace(/^\//, '');
  const called = (aliases: readonly string[]) =>
    aliases.filter((alias) => alias !== own).map((alias) => plainText(alias, 64));
  return {
    health: health === 'none' ? null : health,
    restarts: RestartCount,
    oomKilled: State.OOMKilled,
    limits: {
      memoryBytes: Memory,
      // `--cpu-quota` is the older way to say `--cpus`; a period that is not said is 100 ms.
      cpus: NanoCpus > 0 ? NanoCpus / 1e9 : CpuQuota / (CpuPeriod || 100_000),
      pids: PidsLimit,
    },
    names: new Map(
      Object.entries(NetworkSettings?.Networks ?? {}).flatMap(([network, { Aliases }]) => {
        const found = called(Aliases ?? []).slice(0, maxViewNames);
        return found.length === 0 ? [] : [[network, found] as const];
      }),
    ),
  };
}
