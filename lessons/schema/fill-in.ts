// `{{name}}` in the texts of a lab: what mentions a parameter, and the text with the values in it. Small and without imports,
// so that pages can take it along.

/** By the parameter's name. */
export type ParameterValues = Readonly<Record<string, string>>;

/** `{{end}}` and `{{else}}` belong to Go's templates, as in `docker ps --format`; so does whatever is no bare word. */
export const reservedNames: readonly string[] = ['end', 'else', 'break', 'continue'];
const mention = /(\\?)\{\{([a-z][a-zA-Z0-9]{0,31})\}\}/g;

/** The names of the parameters that a text mentions. */
export function namesIn(text: string): readonly string[] {
  return [...text.matchAll(mention)].flatMap(([, backslash, name = '']) =>
    backslash === '\\' || reservedNames.includes(name) ? [] : [name],
  );
}

/** Whether a text has `{{name}}` in it. */
export function holdsParameter(text: string): boolean {
  return namesIn(text).length > 0;
}

/** With values for `{{name}}`; `\{{name}}` becomes `{{name}}`, and what names no value stays. */
export function fillIn(text: string, values: ParameterValues): string {
  return text.replace(mention, (whole, backslash: string, name: string) =>
    backslash === '\\' ? whole.slice(1) : ((Object.hasOwn(values, name) ? values[name] : undefined) ?? whole),
  );
}

/** Every text in plain data filled in, at any depth; keys too. */
export function fillInAll<T>(data: T, values: ParameterValues): T;
export function fillInAll(data: unknown, values: ParameterValues): unknown {
  if (typeof data === 'string') return fillIn(data, values);
  if (Array.isArray(data)) return data.map((each: unknown) => fillInAll(each, values));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [fillIn(key, values), fillInAll(value as unknown, values)]),
  );
}
