// Dockerfile instructions that change an image's configuration, for `docker import --change` (and `commit`, which shares them).

import { parseHealthcheck } from '../containers/health-instruction.ts';
import { signalNumber } from '../containers/signals.ts';
import { EngineError } from '../errors.ts';
import { maxPortsPerContainer } from '../limits.ts';
import type { ImageConfig } from './image.ts';

/** Instructions of one import. */
const maxChanges = 256;

/** What an instruction changes in the configuration so far. */
type Instruction = (config: ImageConfig, rest: string, line: string) => ImageConfig;

/** The configuration that the instructions make of `base`. Throws invalid with the instruction that is wrong. */
export function applyChanges(changes: readonly string[], base: ImageConfig = {}): ImageConfig {
  const lines = linesOf(changes);
  if (lines.length > maxChanges)
    throw new EngineError('invalid', `${lines.length} changes are asked for, the most is ${maxChanges}`);
  if (changes.length > 0 && lines.length === 0) throw new EngineError('invalid', 'file with no instructions');
  let config = base;
  for (const line of lines) {
    const [, name = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
    const instruction = instructions.get(name.toUpperCase());
    if (!instruction) throw new EngineError('invalid', `${name.toUpperCase()} is not a valid change command`);
    if (rest === '') throw new EngineError('invalid', `${name.toUpperCase()} requires at least one argument`);
    config = { ...config, ...instruction(config, rest, line) };
    if (Object.keys(config.ExposedPorts ?? {}).length > maxPortsPerContainer)
      throw new EngineError(
        'invalid',
        `${line}: the image would expose over ${maxPortsPerContainer} ports, the most that it may`,
      );
  }
  return config;
}

/** As a Dockerfile has them: one a line, but that a line which ends with a backslash goes on in the next. */
function linesOf(changes: readonly string[]): string[] {
  const written = changes.flatMap((change) => change.split('\n')).filter((line) => !/^\s*(#|$)/.test(line));
  const joined = written.join('\n').replace(/\\[ \t\r]*(\n|$)/g, '');
  return joined
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

const instructions = new Map<string, Instruction>([
  ['CMD', (_, rest) => ({ Cmd: command(rest) })],
  ['ENTRYPOINT', (_, rest) => ({ Entrypoint: command(rest) })],
  ['ENV', ({ Env = [] }, rest, line) => ({ Env: mergeEnv(Env, pairs(rest, line)) })],
  ['LABEL', ({ Labels }, rest, line) => ({ Labels: { ...Labels, ...Object.fromEntries(pairs(rest, line)) } })],
  ['EXPOSE', ({ ExposedPorts }, rest, line) => ({ ExposedPorts: { ...ExposedPorts, ...ports(rest, line) } })],
  ['WORKDIR', ({ WorkingDir }, rest) => ({ WorkingDir: workingDirectory(WorkingDir, rest) })],
  ['USER', (_, rest) => ({ User: rest })],
  ['STOPSIGNAL', (_, rest) => ({ StopSignal: stopSignal(rest) })],
  ['ONBUILD', ({ OnBuild }, rest) => ({ OnBuild: [...(OnBuild ?? []), rest] })],
  ['HEALTHCHECK', (_, rest, line) => ({ Healthcheck: parseHealthcheck(rest, line) })],
  ['VOLUME', ({ Volumes }, rest) => ({ Volumes: { ...Volumes, ...volumes(rest) } })],
]);

/** `["a","b"]`, or a line for the shell. */
function command(rest: string): string[] {
  return jsonList(rest) ?? ['/bin/sh', '-c', rest];
}

function jsonList(rest: string): string[] | null {
  if (!rest.startsWith('[')) return null;
  try {
    const list: unknown = JSON.parse(rest);
    return Array.isArray(list) && list.every((one) => typeof one === 'string') ? list : null;
  } catch {
    return null;
  }
}

/** `a=b c="d e"`, or the old form with one name and the rest of the line. */
function pairs(rest: string, line: string): [string, string][] {
  const words = splitWords(rest);
  if (!words[0]?.includes('=')) {
    const [, name, value] = /^(\S+)\s+([\s\S]+)$/.exec(rest) ?? [];
    if (name === undefined || value === undefined)
      throw new EngineError('invalid', `${line}: it needs a name and a value`);
    return [[name, value]];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals <= 0) throw new EngineError('invalid', `${line}: "${word}" must be of the form: name=value`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

/** Words as a Dockerfile has them: quotes hold spaces, a backslash takes the next character as it is. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === '\\' && quote !== "'" && i + 1 < text.length) word = (word ?? '') + (text[++i] ?? '');
    else if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + char;
  }
  if (word !== null) words.push(word);
  return words;
}

function mergeEnv(env: readonly string[], added: readonly [string, string][]): string[] {
  const byName = new Map(env.map((variable) => [variable.split('=', 1)[0] ?? '', variable]));
  for (const [name, value] of added) byName.set(name, `${name}=${value}`);
  return [...byName.values()];
}

/** `80`, `53/udp`, `8000-8003`. */
function ports(rest: string, line: string): Record<string, Record<string, never>> {
  const exposed: Record<string, Record<string, never>> = {};
  for (const word of splitWords(rest)) {
    const [, first, last, protocol = 'tcp'] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word) ?? [];
    const [from, to] = [Number(first), Number(last ?? first)];
    if (first === undefined || from < 1 || to > 65535 || to < from) {
      throw new EngineError('invalid', `${line}: "${word}" is no port`);
    }
    if (to - from >= maxPortsPerContainer)
      throw new EngineError(
        'invalid',
        `${line}: these are ${to - from + 1} ports, the most is ${maxPortsPerContainer}`,
      );
    for (let port = from; port <= to; port++) exposed[`${port}/${protocol.toLowerCase()}`] = {};
  }
  return exposed;
}

function volumes(rest: string): Record<string, Record<string, never>> {
  return Object.fromEntries((jsonList(rest) ?? splitWords(rest)).map((path) => [path, {}]));
}

/** As it was written. Throws invalid where there is no such signal. */
function stopSignal(name: string): string {
  signalNumber(name);
  return name;
}

function workingDirectory(before: string | undefined, path: string): string {
  const joined = path.startsWith('/') ? path : `${before ?? ''}/${path}`;
  const parts: string[] = [];
  for (const part of joined.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
