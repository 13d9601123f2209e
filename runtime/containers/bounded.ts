// Schemas of lists and maps that clients send, each with the most that it may hold.

import { z } from 'zod';

/** A map of at most `most` entries, whose names have at most 4 KiB. The entries are counted before any of them is parsed. */
export function mapOf<Value extends z.ZodType>(value: Value, most: number) {
  const isSmall = (map: unknown) => typeof map !== 'object' || map === null || Object.keys(map).length <= most;
  return z
    .unknown()
    .refine(isSmall, `Too big: expected map to have <=${most} entries`)
    .pipe(z.record(z.string().max(4096), value));
}

/** A list of at most `most` texts of at most `maxLength` characters. */
export function listOf(most: number, maxLength = 4096) {
  return z.array(z.string().max(maxLength)).max(most);
}
