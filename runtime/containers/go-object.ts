// Objects of a JSON body, read as Docker reads them, which is as Go's encoding/json does: a key names its field in any case,
// of two keys for one field the last wins, and a key that names no field is ignored.

import { z } from 'zod';

/** A schema for an object with these fields, wherever in a body it stands. The fields' names are the API's own. */
export function goObject<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const fields = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
  return z.preprocess((given) => withFieldNames(given, fields), z.object(shape));
}

function withFieldNames(given: unknown, fields: ReadonlyMap<string, string>): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const named: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const field = fields.get(key.toLowerCase());
    if (field !== undefined) named[field] = value;
  }
  return named;
}
