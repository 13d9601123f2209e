// The filter `until`, of lists and prunes: made before a moment, or longer ago than a duration.

import type { Filters } from '../containers/filters.ts';
import { untilMs } from '../containers/timestamps.ts';
import { EngineError } from '../errors.ts';
import type { Image } from './image.ts';

/** A test for `until`; without that filter everything passes. Throws invalid for what is no time. */
export function createdBefore(filters: Filters): (image: Image) => boolean {
  const [value, another] = filters.get('until') ?? [];
  if (value === undefined) return () => true;
  if (another !== undefined) throw new EngineError('invalid', 'more than one until filter specified');
  const before = untilMs(value);
  return (image) => Date.parse(image.created) < before;
}
