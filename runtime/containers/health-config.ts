// How a container's health is checked, as clients and images say it: HEALTHCHECK and the `--health` options.

import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { maxCommandCharacters, maxCommandWords } from '../limits.ts';
import type { Shape } from '../store/record-kind.ts';
import { listOf } from './bounded.ts';
import { goObject } from './go-object.ts';
import { whole } from './host-config/row.ts';

/** Docker's own. What is not there is at its default, or as the image has it. */
export interface HealthConfig {
  /** `CMD` and its words, `CMD-SHELL` and a line for the shell, or `NONE`. */
  readonly Test?: readonly string[];
  /** Times are in nanoseconds. */
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export const storedHealthConfig = z.object({
  Test: z.array(z.string()).exactOptional(),
  Interval: z.number().exactOptional(),
  Timeout: z.number().exactOptional(),
  StartPeriod: z.number().exactOptional(),
  StartInterval: z.number().exactOptional(),
  Retries: z.number().exactOptional(),
} satisfies Shape<HealthConfig>);

/** What a client or an image may say. */
export const healthConfigSchema = goObject({
  Test: listOf(maxCommandWords, maxCommandCharacters).nullish(),
  Interval: whole,
  Timeout: whole,
  StartPeriod: whole,
  StartInterval: whole,
  Retries: whole,
});

const times = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const;
const leastTimeNs = 1e6;

/** Without what stands at its default. Throws invalid in moby's words. */
export function checkedHealthConfig(given: z.infer<typeof healthConfigSchema>): HealthConfig {
  for (const name of times) {
    const time = given[name] ?? 0;
    if (time !== 0 && time < leastTimeNs)
      throw new EngineError('invalid', `${name} in Healthcheck cannot be less than 1ms`);
  }
  if ((given.Retries ?? 0) < 0) throw new EngineError('invalid', 'Retries in Healthcheck cannot be negative');
  return said(given);
}

/** What is said of it, and not at its default. */
export function said(given: z.infer<typeof healthConfigSchema>): HealthConfig {
  const isSaid = ([, value]: [string, unknown]): boolean =>
    Array.isArray(value) ? value.length > 0 : typeof value === 'number' && value !== 0;
  return Object.fromEntries(Object.entries(given).filter(isSaid));
}

/** What the client says, and where it says nothing what the image does. */
export function mergedHealthConfig(own?: HealthConfig, images?: HealthConfig): { readonly Healthcheck?: HealthConfig } {
  const merged = own || images ? { ...images, ...own } : null;
  return merged ? { Healthcheck: merged } : {};
}

/** The command of its check; null where it has none. */
export function checkCommandOf(config: HealthConfig | undefined): readonly string[] | null {
  const [kind, ...words] = config?.Test ?? [];
  if (kind === 'CMD') return words;
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : null;
}
