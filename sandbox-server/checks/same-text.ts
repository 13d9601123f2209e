// Whether two texts are the same to a reader and, if not, what differs, invisible characters included.

import { shown } from './shown.ts';

/** Removes differences that do not matter: CRLF, blanks at a line's end, empty lines at the text's end, a byte order mark. */
export function withoutInvisible(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n+$/, '');
}

const names: Readonly<Record<string, string>> = {
  '\t': 'a tab',
  '\u00a0': 'a no-break space (U+00A0)',
  '\u200b': 'a zero-width space (U+200B)',
  '\u2028': 'a line separator (U+2028)',
  '\u00ad': 'a soft hyphen (U+00AD)',
  '\ufeff': 'a byte order mark (U+FEFF)',
  '“': 'a curly quote “',
  '”': 'a curly quote ”',
  '‘': 'a curly quote ‘',
  '’': 'a curly quote ’',
  '–': 'a long dash –',
  '—': 'a long dash —',
};

function named(sign: string | undefined): string {
  if (sign === undefined) return 'the end of the line';
  if (sign === ' ') return 'a space';
  const code = sign.codePointAt(0) ?? 0;
  if (Object.hasOwn(names, sign)) return names[sign] ?? '';
  if (code < 0x20 || code > 0x7e) return `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return `“${sign}”`;
}

/** Where a file first differs from what it should be, as `line 2 has “a” where “b” is wanted`; empty where it does not. */
export function firstDifference(has: string, wanted: string): string {
  const [is, should] = [has, wanted].map((text) => withoutInvisible(text).split('\n'));
  if (is === undefined || should === undefined) return '';
  const line = should.findIndex((text, place) => text !== is[place]);
  if (line < 0) {
    const more = is[should.length];
    return more === undefined ? '' : `line ${should.length + 1} is too much: ${shown(more) || 'an empty one'}`;
  }
  const [a, b] = [is[line], should[line] ?? ''];
  if (a === undefined) return `line ${line + 1} is missing: ${shown(b) || 'an empty one'}`;
  const [signs, wantedSigns] = [[...a], [...b]];
  const place = wantedSigns.findIndex((sign, at) => sign !== signs[at]);
  const at = place < 0 ? wantedSigns.length : place;
  const column = at === 0 ? '' : `, after ${shown(wantedSigns.slice(Math.max(0, at - 20), at).join('')) || 'blanks'},`;
  return `line ${line + 1}${column} has ${named(signs[at])} where ${named(wantedSigns[at])} is wanted`;
}
