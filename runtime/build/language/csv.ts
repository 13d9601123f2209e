// One line of comma-separated values, as `--mount` has it, with Go's errors.

import { byteLength } from './go-text.ts';
import { LanguageError } from './source.ts';

const failed = (line: string, at: number, what: string): LanguageError =>
  new LanguageError(`parse error on line 1, column ${byteLength(line.slice(0, at)) + 1}: ${what}`);

/** Throws LanguageError. */
export function csvFields(text: string): string[] {
  const line = text.replace(/\r?\n$/, '');
  if (line === '') throw new LanguageError('EOF');
  const fields: string[] = [];
  for (let at = 0; ; ) {
    if (line.charAt(at) !== '"') {
      const comma = line.indexOf(',', at);
      const field = line.slice(at, comma < 0 ? undefined : comma);
      const bare = field.indexOf('"');
      if (bare >= 0) throw failed(line, at + bare, 'bare " in non-quoted-field');
      fields.push(field);
      if (comma < 0) return fields;
      at = comma + 1;
      continue;
    }
    let field = '';
    for (at++; ; ) {
      const end = line.indexOf('"', at);
      if (end < 0) throw failed(line, at, 'extraneous or missing " in quoted-field');
      field += line.slice(at, end);
      at = end + 1;
      if (line.charAt(at) !== '"') break;
      field += '"';
      at++;
    }
    fields.push(field);
    if (at === line.length) return fields;
    if (line.charAt(at) !== ',') throw failed(line, at - 1, 'extraneous or missing " in quoted-field');
    at++;
  }
}
