/** Finds words in the texts of the course. Pure: an index and a question in, places with their matched words out. */

/** A part of a lesson, or a word of the glossary. */
export interface SearchEntry {
  /** `3 · Images and containers`, or `Glossary`. */
  readonly page: string;
  /** The part's heading, or the word; empty for a lesson's beginning. */
  readonly heading: string;
  readonly address: string;
  readonly text: string;
}

export interface Piece {
  readonly text: string;
  readonly isHit: boolean;
}

export interface Found {
  readonly entry: SearchEntry;
  readonly heading: readonly Piece[];
  /** The text around the first match. */
  readonly excerpt: readonly Piece[];
}

/** More are not read by anybody. */
const mostFound = 20;
const mostWords = 8;
const excerptLength = 150;

/** Every word of the question must stand in a place, at the beginning of a word. The best places come first. */
export function find(entries: readonly SearchEntry[], question: string): readonly Found[] {
  const words = wordsOf(question);
  if (words.length === 0) return [];
  return entries
    .map((entry) => ({ entry, worth: worthOf(entry, words) }))
    .filter(({ worth }) => worth > 0)
    .sort((a, b) => b.worth - a.worth)
    .slice(0, mostFound)
    .map(({ entry }) => ({
      entry,
      heading: pieces(entry.heading || entry.page, words),
      excerpt: pieces(excerptOf(entry.text, words), words),
    }));
}

export function wordsOf(question: string): readonly string[] {
  return [...new Set(question.toLowerCase().split(/[\s"'“”‘’,;()]+/))]
    .filter((word) => word !== '')
    .slice(0, mostWords);
}

/** 0 where a word is missing. A heading counts more than the text, a whole word more than a beginning. */
function worthOf(entry: SearchEntry, words: readonly string[]): number {
  // Whoever types the word itself wants to know what it is.
  let worth = entry.heading.toLowerCase() === words.join(' ') ? 40 : 0;
  for (const word of words) {
    const inHeading = worthIn(entry.heading, word) * 6 + worthIn(entry.page, word) * 3;
    const here = inHeading + worthIn(entry.text, word);
    if (here === 0) return 0;
    worth += here;
  }
  return worth;
}

function worthIn(text: string, word: string): number {
  let worth = 0;
  for (const at of matchesOf(text.toLowerCase(), word)) {
    const next = text[at + word.length] ?? ' ';
    worth += /[\p{L}\p{N}]/u.test(next) ? 1 : 2;
    // Many in one place say no more than some.
    if (worth >= 6) return 6;
  }
  return worth;
}

/** Where `word` begins in `text`, at the beginnings of words alone. Both in small letters. */
function* matchesOf(text: string, word: string): Generator<number> {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? '') || !/^[\p{L}\p{N}]/u.test(word)) yield at;
  }
}

function excerptOf(text: string, words: readonly string[]): string {
  const small = text.toLowerCase();
  const first = Math.min(...words.map((word) => matchesOf(small, word).next().value ?? Number.POSITIVE_INFINITY));
  if (!Number.isFinite(first)) return cut(text, 0);
  const from = Math.max(0, first - 50);
  return cut(text, from === 0 ? 0 : text.indexOf(' ', from) + 1);
}

function cut(text: string, from: number): string {
  const rest = text.slice(from, from + excerptLength);
  const isShort = from + excerptLength >= text.length;
  const end = isShort ? rest.length : Math.max(rest.lastIndexOf(' '), excerptLength / 2);
  return `${from > 0 ? '… ' : ''}${rest.slice(0, end)}${isShort ? '' : ' …'}`;
}

/** Cuts a text into what matches and what does not. */
export function pieces(text: string, words: readonly string[]): readonly Piece[] {
  const small = text.toLowerCase();
  const hits = words
    .flatMap((word) => [...matchesOf(small, word)].map((start) => ({ start, end: start + word.length })))
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const all: Piece[] = [];
  let from = 0;
  for (const { start, end } of hits) {
    if (start < from) continue;
    if (start > from) all.push({ text: text.slice(from, start), isHit: false });
    all.push({ text: text.slice(start, end), isHit: true });
    from = end;
  }
  if (from < text.length) all.push({ text: text.slice(from), isHit: false });
  return all;
}
