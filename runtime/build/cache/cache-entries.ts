// `--cache-from`: a client sends the caches to import with its request, or among the attributes of the frontend.

import { z } from 'zod';
import { maxCacheImports } from '../../limits.ts';
import { codes, GrpcError } from '../grpc/status.ts';

export interface CacheEntry {
  /** `registry`, `local`, `inline`. */
  readonly type: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** As Go writes it. */
const entriesSchema = z.array(z.object({ Type: z.string(), Attrs: z.record(z.string(), z.string()).nullish() }));

/** Each once. Throws for an attribute that is none, resourceExhausted. */
export function cacheImports(options: ReadonlyMap<string, string>, sent: readonly CacheEntry[]): CacheEntry[] {
  const found = new Map<string, CacheEntry>();
  for (const entry of [...sent, ...imports(options.get('cache-imports')), ...references(options.get('cache-from'))])
    found.set(JSON.stringify([entry.type, Object.entries(entry.attributes).sort()]), entry);
  if (found.size > maxCacheImports)
    throw new GrpcError(codes.resourceExhausted, `a build may import ${maxCacheImports} caches`);
  return [...found.values()];
}

function imports(text = ''): CacheEntry[] {
  if (text === '') return [];
  try {
    return entriesSchema.parse(JSON.parse(text)).map(({ Type, Attrs }) => ({ type: Type, attributes: Attrs ?? {} }));
  } catch {
    throw new GrpcError(codes.unknown, 'failed to unmarshal cache-imports');
  }
}

/** Of older clients. */
function references(text = ''): CacheEntry[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((ref) => ({ type: 'registry', attributes: { ref } }));
}
