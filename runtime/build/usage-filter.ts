// `--filter` of `docker builder prune` and `docker buildx du`, as BuildKit reads it: `type==regular,id!=x`, all of which must hold.

import { maxPatternLength, maxUsageConditions } from '../limits.ts';
import type { CacheRecord } from './cache-record.ts';
import { codes, GrpcError } from './grpc/status.ts';

type Condition = (record: CacheRecord) => boolean;

/** What a field of a step holds; null where it has none. Fields that say only yes are empty. Throws invalidArgument for no field. */
function fieldOf(record: CacheRecord, field: string): string | null {
  const { id, description, type, isMutable, inUse, isShared } = record;
  const yes = (holds: boolean): string | null => (holds ? '' : null);
  switch (field) {
    case 'id':
      return id;
    case 'description':
      return description;
    case 'type':
      return type;
    case 'immutable':
      return yes(!isMutable);
    case 'private':
      return yes(!isShared);
    case 'inuse':
      return yes(inUse);
    case 'mutable':
      return yes(isMutable);
    case 'shared':
      return yes(isShared);
    case 'parents':
      return null;
  }
  throw new GrpcError(codes.invalidArgument, `failed to parse prune filters: no field ${field.slice(0, 40)} is known`);
}

/** Patterns of plain characters and dots alone: others may take for ever. Throws invalidArgument. */
function matching(field: string, pattern: string): Condition {
  if (!/^[\w:./ =@-]*$/.test(pattern) || pattern.length > maxPatternLength)
    throw new GrpcError(
      codes.invalidArgument,
      `failed to parse prune filters: the pattern ${JSON.stringify(pattern.slice(0, 100))} is not supported`,
    );
  const wanted = new RegExp(pattern);
  return (record) => {
    const value = fieldOf(record, field);
    return value !== null && wanted.test(value);
  };
}

function condition(text: string): Condition {
  const [, field = '', operator = '', quoted, plain = ''] =
    /^([a-z]+)(?:(==|!=|~=)(?:"([^"\\]*)"|([^"]*)))?$/.exec(text) ?? [];
  if (field === '')
    throw new GrpcError(codes.invalidArgument, `failed to parse prune filters: ${JSON.stringify(text.slice(0, 100))}`);
  const wanted = quoted ?? plain;
  if (operator === '~=') return matching(field, wanted);
  return (record) => {
    const value = fieldOf(record, field);
    if (operator === '') return value !== null;
    return (value === wanted) === (operator === '==');
  };
}

/** Holds for what any of the filters holds for, and for all where there is none. Throws invalidArgument. */
export function usageFilter(filters: readonly string[]): Condition {
  // Clients send an empty one where there is none.
  const given = filters.filter(Boolean).map((filter) => filter.split(','));
  if (given.flat().length > maxUsageConditions)
    throw new GrpcError(
      codes.invalidArgument,
      `failed to parse prune filters: there are more than ${maxUsageConditions} conditions`,
    );
  const all = given.map((conditions) => conditions.map(condition));
  return (record) => all.length === 0 || all.some((conditions) => conditions.every((holds) => holds(record)));
}
