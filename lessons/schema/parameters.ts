// Values that differ from student to student, so that copying a neighbour's answer does not help: a port, a name, a password.
// Chosen from a seed, so that a session has the same ones always. `{{name}}` in a lab's texts stands for the value.

import { z } from 'zod';
import { type ParameterValues, reservedNames } from './fill-in.ts';

export type Parameter =
  /** A port from `from` to `to`. */
  | { readonly kind: 'port'; readonly from: number; readonly to: number }
  /** Two short words: `calm-otter`. */
  | { readonly kind: 'name' }
  /** 12 letters and digits that are not easily mistaken. */
  | { readonly kind: 'password' };

/** By the parameter's name. */
export type Parameters = Readonly<Record<string, Parameter>>;

const portRange = z.int().min(1024, 'must be 1024 or more: those below are the system’s').max(65_535);
export const parameter = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('port'), from: portRange, to: portRange }),
    z.strictObject({ kind: z.literal('name') }),
    z.strictObject({ kind: z.literal('password') }),
  ])
  .refine((value) => value.kind !== 'port' || value.from < value.to, '`from` must be less than `to`');
export const parameterName = z
  .string()
  .regex(/^[a-z][a-zA-Z0-9]{0,31}$/, 'is no name of a parameter: a letter, then letters and digits')
  .refine((name) => !reservedNames.includes(name), 'belongs to the templates of docker --format; take another name');

const adjectives = [
  ...['amber', 'bold', 'brave', 'brisk', 'calm', 'clear', 'clever', 'cosy', 'dapper', 'eager', 'early', 'fair'],
  ...['fond', 'gentle', 'glad', 'grand', 'happy', 'jolly', 'keen', 'kind', 'light', 'lively', 'lucky', 'mellow'],
  ...['merry', 'mild', 'neat', 'noble', 'proud', 'quick', 'quiet', 'ready', 'round', 'sharp', 'shiny', 'silent'],
  ...['smart', 'snug', 'steady', 'sunny', 'swift', 'tidy', 'vivid', 'warm', 'wise', 'witty', 'young', 'zesty'],
];
const animals = [
  ...['badger', 'beaver', 'bison', 'crane', 'dolphin', 'eagle', 'falcon', 'ferret', 'finch', 'gecko', 'gull', 'hare'],
  ...['hawk', 'heron', 'ibis', 'jackdaw', 'kestrel', 'lark', 'lemur', 'lynx', 'marten', 'mole', 'moose', 'newt'],
  ...['octopus', 'orca', 'otter', 'owl', 'panda', 'pelican', 'penguin', 'puffin', 'quail', 'raven', 'robin', 'salmon'],
  ...['seal', 'sparrow', 'squid', 'stork', 'swan', 'tern', 'trout', 'turtle', 'walrus', 'weasel', 'whale', 'wren'],
];
/** Without those that look like another: 0 O, 1 l I. */
const passwordSigns = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const passwordLength = 12;

/** Even numbers from a text (FNV-1a, then mulberry32). Nothing secret hangs on them. */
function numbersFrom(seed: string): (below: number) => number {
  let state = 0x811c9dc5;
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function chosen(of: Parameter, number: (below: number) => number): string {
  const one = (from: readonly string[] | string): string => from[number(from.length)] ?? '';
  if (of.kind === 'port') return String(of.from + number(of.to - of.from + 1));
  if (of.kind === 'name') return `${one(adjectives)}-${one(animals)}`;
  return Array.from({ length: passwordLength }, () => one(passwordSigns)).join('');
}

/** The same seed, the same values; two ports of one lab are never the same. */
export function chooseParameters(parameters: Parameters, seed: string): ParameterValues {
  const taken = new Set<string>();
  const values: Record<string, string> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const number = numbersFrom(`${seed}/${name}`);
    let value = chosen(parameter, number);
    // Ranges may overlap. A range has two numbers at least, and it is no harm where it is used up.
    for (let tries = 0; taken.has(value) && tries < 1000; tries++) value = chosen(parameter, number);
    taken.add(value);
    values[name] = value;
  }
  return values;
}
