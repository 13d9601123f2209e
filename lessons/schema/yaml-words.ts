// What a file of YAML must say: plain data, as it stands in the lab file itself.

import { z } from 'zod';
import type { YamlData } from './check-kinds.ts';

/** More than any compose file of a lesson has; every look compares all of it. */
const maxValues = 300;
const maxDepth = 12;

/** How many values there are; more than `maxValues` where one is none that a file may hold, or is too deep. */
function count(data: unknown, depth = 0): number {
  if (depth > maxDepth) return maxValues + 1;
  if (data === null || ['string', 'number', 'boolean'].includes(typeof data)) return 1;
  if (typeof data !== 'object') return maxValues + 1;
  return Object.values(data).reduce<number>((sum, value) => sum + count(value, depth + 1), 1);
}

/** A map or a list, with values below it. */
export const yamlData = z.custom<YamlData>(
  (data) => typeof data === 'object' && data !== null && count(data) <= maxValues,
  `must be a map or a list of what is wanted, with ${maxValues} values and ${maxDepth} levels at most`,
);
