// What stands behind an instruction's name: its flags, and the forms that its arguments have. Variables stay as they are.

import { cut, isSpace, quote, trim, trimStart } from './go-text.ts';
import { LanguageError } from './source.ts';

/** What BuildKit splits lines at; a line end is none. */
const blanks = /[\t\v\f\r ]+/;

export interface Arguments {
  readonly words: readonly string[];
  /** Written as a JSON array. */
  readonly isJson: boolean;
}

const none: Arguments = { words: [], isJson: false };

/** Splits once at blanks; behind is null where there are none. */
function splitOnce(text: string): readonly [string, string | null] {
  const match = blanks.exec(text);
  return match ? [text.slice(0, match.index), text.slice(match.index + match[0].length)] : [text, null];
}

export interface Command {
  readonly keyword: string;
  /** `--name` or `--name=value`, without quotes and escapes. */
  readonly flags: readonly string[];
  readonly rest: string;
}

export function splitCommand(line: string, escapeWith: string): Command {
  const [keyword, behind] = splitOnce(trim(line));
  const { flags, rest } = behind === null ? { flags: [], rest: '' } : splitFlags(behind, escapeWith);
  return { keyword, flags, rest: trim(rest) };
}

/** The words at the beginning that start with `--`; a `--` alone ends them. */
function splitFlags(line: string, escapeWith: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  for (let at = 0; ; ) {
    while (at < line.length && isSpace(line.charAt(at))) at++;
    if (!line.startsWith('--', at)) return { flags, rest: line.slice(at) };
    let word = '';
    let quoted = '';
    let hadQuotes = false;
    for (; at < line.length; at++) {
      const character = line.charAt(at);
      if (quoted === '' && isSpace(character)) break;
      if (quoted === '' && (character === "'" || character === '"')) {
        quoted = character;
        hadQuotes = true;
      } else if (character === quoted) quoted = '';
      // An escape character at the end of the line is dropped.
      else if (character === escapeWith) word += line.charAt(++at);
      else word += character;
    }
    if (word === '--') return { flags, rest: line.slice(at) };
    if (word !== '' || hadQuotes) flags.push(word);
  }
}

/** Words as a shell would split them, with their quotes and escapes. */
export function quotedWords(text: string, escapeWith: string): string[] {
  const words: string[] = [];
  let word = '';
  let quoted = '';
  let inWord = false;
  const characters = Array.from(text);
  for (let at = 0; at < characters.length; at++) {
    let character = characters[at] ?? '';
    if (quoted === '' && isSpace(character)) {
      if (inWord && word !== '') words.push(word);
      [word, inWord] = ['', false];
      continue;
    }
    inWord = true;
    if (quoted === '' && (character === "'" || character === '"')) quoted = character;
    else if (character === quoted) quoted = '';
    if (character === escapeWith && quoted !== "'") {
      // An escape character at the end is dropped.
      if (at + 1 === characters.length) break;
      word += character;
      at++;
      character = characters[at] ?? '';
    }
    word += character;
  }
  if (word !== '') words.push(word);
  return words;
}

/** `ENV a=b c=d` and `ENV a b`: three words for each pair, the third `=`, or empty for the old form. Throws LanguageError. */
function pairs(rest: string, escapeWith: string, keyword: string): Arguments {
  const words = quotedWords(rest, escapeWith);
  const [first] = words;
  if (first === undefined) return none;
  if (!first.includes('=')) {
    const [name, value] = splitOnce(rest);
    if (value === null) throw new LanguageError(`${keyword} must have two arguments`);
    return { words: [name, value, ''], isJson: false };
  }
  const parts = words.flatMap((word) => {
    const [name, value] = cut(word, '=');
    if (value === null)
      throw new LanguageError(`Syntax error - can't find = in ${quote(word)}. Must be of the form: name=value`);
    return [name, value, '='];
  });
  return { words: parts, isJson: false };
}

/** Null where it is no JSON array. Throws LanguageError where it is one of other things than strings. */
function jsonArray(rest: string): Arguments | null {
  const text = trimStart(rest);
  if (!text.startsWith('[')) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(parsed)) return null;
  const words = parsed.filter((word) => typeof word === 'string').map((word) => word.toWellFormed());
  if (words.length !== parsed.length)
    throw new LanguageError('when using JSON array syntax, arrays must be comprised of strings only');
  return { words, isJson: true };
}

const whole = (rest: string): Arguments => (rest === '' ? none : { words: [rest], isJson: false });
const listed = (rest: string): Arguments => (rest === '' ? none : { words: rest.split(blanks), isJson: false });

/** `HEALTHCHECK CMD …`: the kind, and a command as that of RUN. */
function healthcheck(rest: string): Arguments {
  const kind = /^\S*/.exec(rest)?.[0] ?? '';
  if (kind === '') return none;
  const command = commandLine(trimStart(rest.slice(kind.length)));
  return { words: [kind, ...command.words], isJson: command.isJson };
}

function commandLine(rest: string): Arguments {
  return rest === '' ? none : (jsonArray(rest) ?? whole(rest));
}

type Form = (rest: string, escapeWith: string) => Arguments;

const paths: Form = (rest) => jsonArray(rest) ?? listed(rest);

const forms: Readonly<Record<string, Form>> = {
  add: paths,
  arg: (rest, escapeWith) => ({ words: quotedWords(rest, escapeWith), isJson: false }),
  cmd: commandLine,
  copy: paths,
  entrypoint: commandLine,
  env: (rest, escapeWith) => pairs(rest, escapeWith, 'ENV'),
  expose: listed,
  from: listed,
  healthcheck,
  label: (rest, escapeWith) => pairs(rest, escapeWith, 'LABEL'),
  maintainer: whole,
  run: commandLine,
  shell: commandLine,
  stopsignal: whole,
  user: whole,
  volume: paths,
  workdir: whole,
};

/** All instructions, in lower case. */
export const keywords: readonly string[] = [...Object.keys(forms), 'onbuild'].sort();

/** The arguments of an instruction but ONBUILD, whose argument is another instruction. Those of one that is not known are left out. */
export function parseArguments(keyword: string, rest: string, escapeWith: string): Arguments {
  const form = Object.hasOwn(forms, keyword) ? forms[keyword] : undefined;
  return form ? form(rest, escapeWith) : { words: [''], isJson: false };
}
