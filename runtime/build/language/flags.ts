// The flags of an instruction, `--name` and `--name=value`: which it knows, and what is said of others.

import { cut } from './go-text.ts';
import { LanguageError } from './source.ts';
import { withSuggestion } from './suggest.ts';

export type FlagKind = 'boolean' | 'text' | 'list';

export class Flags {
  readonly #values = new Map<string, string[]>();

  /** Throws LanguageError for a flag that is none of `known`, is there twice, or has no right value. */
  constructor(written: readonly string[], known: Readonly<Record<string, FlagKind>>) {
    for (const flag of written) {
      if (flag === '--') return;
      if (!flag.startsWith('--')) throw new LanguageError(`arg should start with -- : ${flag}`);
      const [dashed, value] = cut(flag, '=');
      const name = dashed.slice(2);
      const kind = Object.hasOwn(known, name) ? known[name] : undefined;
      if (!kind) throw new LanguageError(withSuggestion(`unknown flag: ${dashed}`, name, Object.keys(known)));
      const values = this.#values.get(name) ?? [];
      if (values.length > 0 && kind !== 'list') throw new LanguageError(`duplicate flag specified: ${dashed}`);
      values.push(checkedValue(kind, dashed, value));
      this.#values.set(name, values);
    }
  }

  /** Null where the flag is not there. */
  boolean(name: string): boolean | null {
    const [value] = this.#values.get(name) ?? [];
    return value === undefined ? null : value === 'true';
  }

  text(name: string): string | null {
    return this.#values.get(name)?.[0] ?? null;
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
}

function checkedValue(kind: FlagKind, dashed: string, value: string | null): string {
  const isMissing = kind === 'boolean' ? value === '' : value === null;
  if (isMissing) throw new LanguageError(`missing a value on flag: ${dashed}`);
  if (kind !== 'boolean') return value ?? '';
  const lower = (value ?? 'true').toLowerCase();
  if (lower !== 'true' && lower !== 'false')
    throw new LanguageError(`expecting boolean value for flag ${dashed}, not: ${value}`);
  return lower;
}
