/** The published schema of compose files, and how to find one's way in it. Data from a package; nothing is fetched. */
import type { Schema as ValidatorSchema } from '@cfworker/json-schema';
// The package ships the file but names no address for it.
import published from '../../../../node_modules/dclint/schemas/compose.schema.json' with { type: 'json' };

/** What of JSON Schema stands in it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

// The file's own types are those of each of its thousand values; this is the shape that they share.
export const composeSchema = published as unknown as Schema & {
  readonly definitions: Readonly<Record<string, Schema>>;
};

/** The same for the validator, which has a type of its own for it. */
export const schemaToValidate = published as unknown as ValidatorSchema;

/** The forms that a value may have here: references followed, choices taken apart. */
export function formsOf(schema: Schema): readonly Schema[] {
  if (schema.$ref) {
    const named = composeSchema.definitions[schema.$ref.replace('#/definitions/', '')];
    return named ? formsOf(named) : [];
  }
  const choices = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  return choices.length > 0 ? choices.flatMap(formsOf) : [schema];
}

/** The forms of the value at a path of keys; an item of a list is `-`. Empty where the schema says nothing of it. */
export function formsAt(path: readonly string[]): readonly Schema[] {
  let forms = formsOf(composeSchema);
  for (const key of path) forms = forms.flatMap((form) => within(form, key)).flatMap(formsOf);
  return forms;
}

/** What a key of these forms means: its own description, or that of what it refers to. */
export function descriptionOf(schema: Schema): string {
  return schema.description ?? formsOf(schema).find(({ description }) => description)?.description ?? '';
}

function within(form: Schema, key: string): readonly Schema[] {
  if (key === '-') return form.items ? [form.items] : [];
  const named = form.properties?.[key];
  if (named) return [named];
  const patterns = Object.entries(form.patternProperties ?? {}).filter(([pattern]) => new RegExp(pattern).test(key));
  if (patterns.length > 0) return patterns.map(([, schema]) => schema);
  return typeof form.additionalProperties === 'object' ? [form.additionalProperties] : [];
}
