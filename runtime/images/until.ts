// The filter `until`, of lists and prunes: made before a moment, or longer ago than a duration.

import type { Filters } from '../containers/filters.ts';
import { parseMoment } from '../containers/timestamps.ts';
import { EngineError } from '../errors.ts';
import type { Image } from './image.ts';

/** A Go duration in hours, minutes and seconds, as `docker image prune --filter until=24h` has it. */
const duration = /^(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/;

/** A test for `until`; without that filter everything passes. Throws invalid for what is no time. */
export function createdBefore(filters: Filters): (image: Image) => boolean {
  const [value, another] = filters.get('until') ?? [];
  if (value === undefined) return () => true;
  if (another !== undefined) throw new EngineError('invalid', 'more than one until filter specified');
  const before = momentMs(value);
  return (image) => Date.parse(image.created) < before;
}

function momentMs(value: string): number {
  const parts = duration.exec(value);
  if (!parts || value === '') return Number((parseMoment('until', value) ?? 0n) / 1_000_000n);
  const [hours, minutes, seconds] = [1, 2, 3].map((i) => Number(parts[i] ?? 0));
  return Date.now() - ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
}
