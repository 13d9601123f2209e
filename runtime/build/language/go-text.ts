// Go's ways with text, where they show in what Docker accepts and prints. Nothing here knows Dockerfiles.

/** What Go's `unicode.IsSpace` says is a space: unlike JavaScript's, with U+0085 and without U+FEFF. */
const spaces = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const spacePattern = new RegExp(`[${spaces}]`);
const leadingSpaces = new RegExp(`^[${spaces}]+`);
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Of a text in UTF-8. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length;

export const isSpace = (character: string): boolean => spacePattern.test(character);

/** `strings.TrimLeftFunc(text, unicode.IsSpace)` */
export const trimStart = (text: string): string => text.replace(leadingSpaces, '');

/** `strings.TrimSpace` */
export function trim(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end--;
  return trimStart(text.slice(0, end));
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

function quotedCharacter(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  if (printable.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** `%q` */
export const quote = (text: string): string => `"${Array.from(text.toWellFormed(), quotedCharacter).join('')}"`;

/** `%q` of a slice of strings. */
export const quoteAll = (texts: readonly string[]): string => `[${texts.map(quote).join(' ')}]`;

/** `strings.Cut`: what is before and behind the first `separator`; behind is null where there is none. */
export function cut(text: string, separator: string): readonly [string, string | null] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + separator.length)];
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
]);

/** `strconv.ParseBool`; null where it fails. */
export const parseBoolean = (text: string): boolean | null => booleans.get(text) ?? null;

/** `strconv.ParseUint(text, base, 32)`; null where it fails. */
export function parseUnsigned(text: string, base: 8 | 10): number | null {
  const digits = base === 8 ? /^[0-7]+$/ : /^[0-9]+$/;
  if (!digits.test(text)) return null;
  const value = Number.parseInt(text, base);
  return value <= 0xffffffff ? value : null;
}

/** `path.Clean` */
export function cleanPath(path: string): string {
  if (path === '') return '.';
  const rooted = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!rooted) parts.push('..');
  }
  if (rooted) return `/${parts.join('/')}`;
  return parts.join('/') || '.';
}

/** `path.Join`: empty parts are left out. */
export function joinPath(...parts: readonly string[]): string {
  const given = parts.filter((part) => part !== '');
  return given.length === 0 ? '' : cleanPath(given.join('/'));
}

/** `path.Base` */
export function baseName(path: string): string {
  if (path === '') return '.';
  let end = path.length;
  while (end > 0 && path.charAt(end - 1) === '/') end--;
  return end === 0 ? '/' : path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}
