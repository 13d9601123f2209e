// Which keys a schema lets stand at a place, for whoever has written another one.

import { z } from 'zod';

type Json = z.core.JSONSchema.BaseSchema;

/** The parts of a schema that a value may be told by: itself, what it refers to, each of its alternatives. */
function forms(schema: Json | boolean | undefined, root: Json, depth = 0): readonly Json[] {
  if (schema === undefined || typeof schema === 'boolean' || depth > 8) return [];
  const target = schema.$ref === '#' ? root : schema.$defs?.[''];
  const named = /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  const referred = named === undefined ? target : root.$defs?.[named];
  const others = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [schema, ...[referred, ...others].flatMap((one) => forms(one, root, depth + 1))];
}

/** The keys of the map that a path leads to; none where it leads nowhere. */
export function keysAt(of: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const root = z.toJSONSchema(of, { io: 'input', unrepresentable: 'any' });
  let here = forms(root, root);
  for (const part of path) {
    const next = here.flatMap(({ properties, items, additionalProperties }) => [
      ...(typeof part === 'number' ? [items].flat() : [properties?.[String(part)]]),
      ...(typeof part !== 'number' && typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ]);
    const found = next.flatMap((one) => forms(one, root));
    // What may be one thing or a list of them is a list to the schema, and may be one to the author.
    if (found.length > 0 || part !== 0) here = found;
  }
  return [...new Set(here.flatMap(({ properties }) => Object.keys(properties ?? {})))];
}
