// A statement becomes an instruction: its flags and arguments are checked, with BuildKit's words for what is wrong.

import { keywords } from './arguments.ts';
import { Flags } from './flags.ts';
import { cut, quote, trim } from './go-text.ts';
import type { ArgInstruction, Argument, FromInstruction, Instruction, Network, Pair } from './instructions.ts';
import type { Linter } from './lint.ts';
import { says } from './lint-rules.ts';
import { checkMount } from './mounts.ts';
import { parseAdd, parseCopy } from './parse-files.ts';
import { parseHealthcheck } from './parse-healthcheck.ts';
import { LanguageError } from './source.ts';
import type { Statement } from './statements.ts';
import { withSuggestion } from './suggest.ts';

const noFlags = ({ flags }: Statement): void => void new Flags(flags, {});

function atLeastOne({ words }: Statement, keyword: string): readonly string[] {
  if (words.length === 0) throw new LanguageError(`${keyword} requires at least one argument`);
  return words;
}

function exactlyOne({ words }: Statement, keyword: string): string {
  const [word] = words;
  if (word === undefined || words.length > 1) throw new LanguageError(`${keyword} requires exactly one argument`);
  return word;
}

/** What the comments above say of a name: `# NAME what it is`. */
function descriptionOf(comments: readonly string[], name: string): string {
  if (name === '') return '';
  const found = comments.find((comment) => comment.startsWith(`${name} `));
  return found === undefined ? '' : found.slice(name.length + 1);
}

function pairsOf(statement: Statement, keyword: 'ENV' | 'LABEL'): Pair[] {
  noFlags(statement);
  const words = atLeastOne(statement, keyword);
  return Array.from({ length: words.length / 3 }, (_, index) => {
    const [name = '', value = '', separator = ''] = words.slice(3 * index, 3 * index + 3);
    if (name === '') throw new LanguageError(`${keyword} names can not be blank`);
    return { name, value, isLegacy: separator === '' };
  });
}

function argumentOf(word: string, comments: readonly string[]): Argument {
  const [name, value] = cut(word, '=');
  if (name === '' && value !== null) throw new LanguageError('ARG names can not be blank');
  return { name, value, description: descriptionOf(comments, name) };
}

const isNetwork = (text: string): text is Network => ['default', 'none', 'host'].includes(text);

function parseRun(statement: Statement): Pick<Instruction & { kind: 'run' }, 'mounts' | 'network' | 'devices'> {
  const flags = new Flags(statement.flags, { mount: 'list', network: 'text', device: 'list' });
  const mounts = flags.list('mount');
  for (const mount of mounts) checkMount(mount);
  const network = flags.text('network') ?? 'default';
  if (!isNetwork(network)) throw new LanguageError(`invalid network mode ${quote(network)}`);
  return { mounts, network, devices: flags.list('device') };
}

/** For the shell, all words are one line. */
const commandLine = ({ words, isJson }: Statement) => ({
  words: isJson || words.length === 0 ? words : [words.join(' ')],
  isJson,
});

function parseOnbuild(statement: Statement): string {
  const [trigger = ''] = atLeastOne(statement, 'ONBUILD');
  noFlags(statement);
  const keyword = trim(trigger).toUpperCase();
  if (keyword === 'ONBUILD') throw new LanguageError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (keyword === 'MAINTAINER' || keyword === 'FROM')
    throw new LanguageError(`${keyword} isn't allowed as an ONBUILD trigger`);
  const original = statement.original.replace(/^\s*ONBUILD\s*/i, '');
  return [original, ...statement.heredocs.map(({ content, name }) => `${content}${name}`)].join('\n');
}

function parseShell(statement: Statement): readonly string[] {
  noFlags(statement);
  const words = atLeastOne(statement, 'SHELL');
  if (!statement.isJson) throw new LanguageError('SHELL requires the arguments to be in JSON form');
  return words;
}

function parseVolumes(statement: Statement): string[] {
  const words = atLeastOne(statement, 'VOLUME');
  noFlags(statement);
  const volumes = words.map(trim);
  if (volumes.includes('')) throw new LanguageError('VOLUME specified can not be an empty string');
  return volumes;
}

type Read = Instruction extends infer One
  ? One extends unknown
    ? Omit<One, 'keyword' | 'code' | 'location'>
    : never
  : never;

/** By the name in lower case; without ARG and FROM. */
const parsers: Readonly<Record<string, (statement: Statement) => Read>> = {
  add: parseAdd,
  copy: parseCopy,
  cmd: (statement) => {
    noFlags(statement);
    return { kind: 'cmd', ...commandLine(statement) };
  },
  entrypoint: (statement) => {
    noFlags(statement);
    return { kind: 'entrypoint', ...commandLine(statement) };
  },
  env: (statement) => ({ kind: 'env', pairs: pairsOf(statement, 'ENV') }),
  expose: (statement) => {
    const words = atLeastOne(statement, 'EXPOSE');
    noFlags(statement);
    return { kind: 'expose', ports: words.toSorted() };
  },
  healthcheck: (statement) => ({ kind: 'healthcheck', healthcheck: parseHealthcheck(statement) }),
  label: (statement) => ({ kind: 'label', pairs: pairsOf(statement, 'LABEL') }),
  maintainer: (statement) => {
    const maintainer = exactlyOne(statement, 'MAINTAINER');
    noFlags(statement);
    return { kind: 'maintainer', maintainer };
  },
  onbuild: (statement) => ({ kind: 'onbuild', expression: parseOnbuild(statement) }),
  run: (statement) => ({
    kind: 'run',
    ...parseRun(statement),
    ...commandLine(statement),
    heredocs: statement.heredocs,
  }),
  shell: (statement) => ({ kind: 'shell', shell: parseShell(statement) }),
  stopsignal: (statement) => ({ kind: 'stopsignal', signal: exactlyOne(statement, 'STOPSIGNAL') }),
  user: (statement) => {
    const user = exactlyOne(statement, 'USER');
    noFlags(statement);
    return { kind: 'user', user };
  },
  volume: (statement) => ({ kind: 'volume', volumes: parseVolumes(statement) }),
  workdir: (statement) => {
    const path = exactlyOne(statement, 'WORKDIR');
    noFlags(statement);
    return { kind: 'workdir', path };
  },
};

const written = ({ keyword, original, location }: Statement) => ({ keyword, code: trim(original), location });

/** Whether the comment right above is a description of one of these names; a warning where it is of something else. */
function checkDescription(
  { comments, location }: Statement,
  keyword: 'FROM' | 'ARG',
  names: readonly string[],
  lint: Linter,
): void {
  const described = cut(comments.at(-1) ?? '', ' ')[0];
  if (comments.length === 0 || names.length === 0 || names.includes(described)) return;
  const example = names.length > 1 ? '<arg_key>' : (names[0] ?? '');
  lint.warn('InvalidDefinitionDescription', location, says.invalidDefinitionDescription(keyword, example));
}

const isLower = (text: string): boolean => text === text.toLowerCase();
const isUpper = (text: string): boolean => text === text.toUpperCase();

/** FROM: a base, and perhaps a name. Throws LanguageError. */
function parseFrom(statement: Statement, lint: Linter): FromInstruction {
  const { keyword, words, location, comments } = statement;
  const [base = '', as = '', given = ''] = words;
  if (words.length === 3 && !isLower(given)) lint.warn('StageNameCasing', location, says.stageNameCasing(given));
  const matches = isLower(keyword) ? isLower(as) : !isUpper(keyword) || isUpper(as);
  if (words.length >= 3 && !matches) lint.warn('FromAsCasing', location, says.fromAsCasing(keyword, as));
  const name = stageNameOf(words);
  const flags = new Flags(statement.flags, { platform: 'text' });
  if (name !== '') checkDescription(statement, 'FROM', [name], lint);
  return {
    ...written(statement),
    kind: 'from',
    base,
    name,
    platform: flags.text('platform') ?? '',
    description: descriptionOf(comments, name),
  };
}

function stageNameOf(words: readonly string[]): string {
  const [, as = '', given = ''] = words;
  if (words.length === 3 && as.toLowerCase() === 'as') {
    const name = given.toLowerCase();
    if (!/^[a-z][a-z0-9-_.]*$/.test(name))
      throw new LanguageError(
        `invalid name for build stage: ${quote(given)}, name can't start with a number or contain symbols`,
      );
    return name;
  }
  if (words.length !== 1) throw new LanguageError('FROM requires either one or three arguments');
  return '';
}

function parseArg(statement: Statement, lint: Linter): ArgInstruction {
  const parsed = atLeastOne(statement, 'ARG').map((word) => argumentOf(word, statement.comments));
  checkDescription(
    statement,
    'ARG',
    parsed.map(({ name }) => name),
    lint,
  );
  return { ...written(statement), kind: 'arg', arguments: parsed };
}

/** Throws LanguageError, without a place. */
export function parseInstruction(statement: Statement, lint: Linter): Instruction | FromInstruction {
  const keyword = statement.keyword.toLowerCase();
  if (keyword === 'from') return parseFrom(statement, lint);
  if (keyword === 'arg') return parseArg(statement, lint);
  if (keyword === 'maintainer') lint.warn('MaintainerDeprecated', statement.location, says.maintainerDeprecated());
  const parser = Object.hasOwn(parsers, keyword) ? parsers[keyword] : undefined;
  if (parser) return { ...parser(statement), ...written(statement) };
  const names = keywords.map((name) => name.toUpperCase());
  throw new LanguageError(withSuggestion(`unknown instruction: ${statement.keyword}`, statement.keyword, names, true));
}
