/** Finds words in the texts of the course. Pure: an index and a question in, places with their matched words out. */
import { near } from './near-word.ts';

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
  /** Whether every word of the question is there. */
  readonly isWhole: boolean;
}

/** More are not read by anybody. */
const mostFound = 20;
const mostWords = 8;
const excerptLength = 150;

/**
 * The places that have the most of the question's words, each at the beginning of a word, or one that is typed nearly the
 * same; of three words and more one may be missing. No place with less than half of the words is given. Those with more words
 * come first, then the best. A word that stands nearly everywhere, such as docker, counts little.
 */
export function find(entries: readonly SearchEntry[], question: string): readonly Found[] {
  const asked = wordsOf(question);
  if (asked.length === 0) return [];
  const known = wordsIn(entries);
  // Each word of the question with all that it may mean in these texts.
  const words = asked.map((word) => ({ word, forms: formsOf(word, known) }));
  const worths = entries.map((entry) => words.map(({ forms }) => worthOf(entry, forms)));
  const rarity = words.map((_, place) => {
    const having = worths.filter((worth) => (worth[place] ?? 0) > 0).length;
    return having === 0 ? 0 : Math.log(1 + entries.length / having);
  });
  const places = entries.map((entry, index) => {
    const worth = worths[index] ?? [];
    const count = worth.filter((one) => one > 0).length;
    // Who types the word itself wants to know what it is.
    const isIt = entry.heading.toLowerCase() === asked.join(' ') ? 40 : 0;
    return { entry, count, worth: isIt + worth.reduce((sum, one, place) => sum + one * (rarity[place] ?? 0), 0) };
  });
  const most = Math.max(...places.map(({ count }) => count));
  const least = Math.max(1, asked.length / 2, asked.length < 3 ? most : most - 1);
  return places
    .filter(({ count }) => count >= least)
    .sort((a, b) => b.count - a.count || b.worth - a.worth)
    .slice(0, mostFound)
    .map(({ entry, count }) => {
      const shown = words.flatMap(({ forms }) => forms);
      return {
        entry,
        heading: pieces(entry.heading || entry.page, shown),
        excerpt: pieces(excerptOf(entry.text, shown), shown),
        isWhole: count === asked.length,
      };
    });
}

/** Words that say how somebody asks, not what for. */
const emptyWords = new Set(
  'a an and are at be by can do does for from how i if in is it my of on or so that the this to was what when where which why with you'.split(
    ' ',
  ),
);

/** The words that count, in small letters; all of them where none does. */
export function wordsOf(question: string): readonly string[] {
  const all = [...new Set(question.toLowerCase().split(/[\s"'“”‘’,;()?]+/))].filter((word) => word !== '');
  const counting = all.filter((word) => !emptyWords.has(word));
  return (counting.length > 0 ? counting : all).slice(0, mostWords);
}

const wordsOfIndex = new WeakMap<readonly SearchEntry[], readonly string[]>();

/** Every word of the texts, once. Kept, since the same index is asked at every key. */
function wordsIn(entries: readonly SearchEntry[]): readonly string[] {
  const known = wordsOfIndex.get(entries);
  if (known) return known;
  const words = new Set<string>();
  for (const { heading, text } of entries) {
    for (const word of `${heading} ${text}`.toLowerCase().match(/[\p{L}\p{N}-]+/gu) ?? []) words.add(word);
  }
  const all = [...words];
  wordsOfIndex.set(entries, all);
  return all;
}

/** The word itself where a word of the texts begins with it, else those that are nearly the same. */
function formsOf(word: string, known: readonly string[]): readonly string[] {
  if (!/^[\p{L}]{4,}$/u.test(word) || known.some((one) => one.startsWith(word))) return [word];
  const nearly = known.filter((one) => near(word, one));
  return nearly.length > 0 ? nearly : [word];
}

/** 0 where none of the forms is there. A heading counts more than the text, a whole word more than a beginning. */
function worthOf(entry: SearchEntry, forms: readonly string[]): number {
  return Math.max(
    ...forms.map(
      (form) => worthIn(entry.heading, form) * 6 + worthIn(entry.page, form) * 3 + worthIn(entry.text, form),
    ),
  );
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
