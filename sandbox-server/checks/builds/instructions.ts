// Whether instructions are what a check asks for, and how they are called in a sentence. Pure.

import { pathPattern } from '@drydock/runtime/dockerfile';
import type { WantedInstruction } from '../../../lessons/schema.ts';
import { isImage } from '../image-name.ts';
import { collapsed, type SaidInstruction, type SaidMount, type SaidStage } from './said.ts';

/** A path of COPY, however it is written: `./a/` is `a`, and the whole context is `.`. */
function plainPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.join('/') || '.';
}

function takes(source: string, wanted: string): boolean {
  const [has, want] = [plainPath(source), plainPath(wanted)];
  if (has === want) return true;
  if (!/[*?[]/.test(has)) return false;
  try {
    return pathPattern(has)(want);
  } catch {
    return false;
  }
}

const withoutQuotes = (text: string): string => text.replace(/["']/g, '');

function isSaid({ instruction, says }: WantedInstruction, has: SaidInstruction): boolean {
  if (says === null) return true;
  const wanted = collapsed(says);
  switch (instruction) {
    case 'copy':
    case 'add':
      return has.values.some((source) => takes(source, wanted));
    case 'from':
      return has.text === wanted || isImage(wanted, has.text);
    case 'env':
    case 'label':
    case 'arg':
      return has.values.some((value) => value === wanted || value.split('=', 1)[0] === wanted);
    case 'expose':
      return has.values.some((port) => withProtocol(port) === withProtocol(wanted));
    case 'volume':
      return has.values.some((path) => plainPath(path) === plainPath(wanted));
    case 'user':
      return has.text === wanted || has.text.split(':', 1)[0] === wanted;
    case 'workdir':
      return has.text === wanted || has.text.replace(/\/+$/, '') === wanted.replace(/\/+$/, '');
    case 'cmd':
    case 'entrypoint':
      // A line for the shell has it before: `/bin/sh -c node server.js`.
      return [has.text, has.text.replace(/^\S+ -c /, '')].some((text) => withoutQuotes(text) === withoutQuotes(wanted));
    case 'stopsignal':
      return withoutSig(has.text) === withoutSig(wanted);
    default:
      return has.text.includes(wanted);
  }
}

const withProtocol = (port: string): string => (port.includes('/') ? port : `${port}/tcp`);
const withoutSig = (signal: string): string => signal.toUpperCase().replace(/^SIG/, '');

function isInStage(wanted: string, stage: SaidStage | null): boolean {
  if (stage === null) return false;
  if (wanted === 'last') return stage.isLast;
  return stage.name === wanted.toLowerCase() || String(stage.number) === wanted;
}

function hasMount(wanted: NonNullable<WantedInstruction['mount']>, mounts: readonly SaidMount[]): boolean {
  const { type, target, source, id } = wanted;
  return mounts.some(
    (has) =>
      (type === undefined || type === has.type) &&
      (target === undefined || plainPath(target) === plainPath(has.target)) &&
      (source === undefined || plainPath(source) === plainPath(has.source)) &&
      (id === undefined || id === has.id || (has.id === '' && id === has.source)),
  );
}

function isFrom(wanted: string, from: string): boolean {
  if (wanted === 'none') return from === '';
  return from !== '' && (from.toLowerCase() === wanted.toLowerCase() || isImage(wanted, from));
}

/** Whether it is this instruction. */
export function isWanted(wanted: WantedInstruction, has: SaidInstruction): boolean {
  const { instruction, stage, as, to, fromStage, chown, chmod, mount, form } = wanted;
  return (
    instruction === has.name &&
    isSaid(wanted, has) &&
    (stage === undefined || isInStage(stage, has.stage)) &&
    (as === undefined || has.stage?.name === as.toLowerCase()) &&
    (to === undefined || plainPath(to) === plainPath(has.to)) &&
    (fromStage === undefined || isFrom(fromStage, has.from)) &&
    (chown === undefined || chown === has.chown) &&
    (chmod === undefined || chmod.replace(/^0+/, '') === has.chmod.replace(/^0+/, '')) &&
    (mount === undefined || hasMount(mount, has.mounts)) &&
    (form === undefined || has.isExec === (form === 'exec'))
  );
}

/** How far one gets through what is wanted: how many are there in this order, and the first that is not. */
export interface Reached<Wanted> {
  /** Null where all are there. */
  readonly missing: Wanted | null;
  /** The one before it in what is wanted; null where there is none. */
  readonly after: Wanted | null;
  /** It is there, but before that. */
  readonly isEarlier: boolean;
}

/** All of `wanted` in this order, perhaps with others between. What follows a wanted FROM, and names no stage, is in the one that it begins. */
export function inOrder<Wanted extends WantedInstruction, Has extends SaidInstruction>(
  wanted: readonly Wanted[],
  all: readonly Has[],
  isIt: (wanted: Wanted, has: Has) => boolean = isWanted,
): Reached<Wanted> {
  const done = { missing: null, after: null, isEarlier: false };
  let best: { readonly at: number; readonly from: number } = { at: 0, from: 0 };
  // `stage`: that in which the next must stand, or any.
  const search = (at: number, from: number, stage: SaidStage | null): boolean => {
    const next = wanted[at];
    if (at > best.at) best = { at, from };
    if (next === undefined) return true;
    const bound = next.stage === undefined ? stage : null;
    for (let place = from; place < all.length; place++) {
      const has = all[place];
      if (has === undefined) continue;
      if (next.instruction === 'from') {
        // Which of several FROM is meant shows in what follows.
        if (isIt(next, has) && search(at + 1, place + 1, has.stage)) return true;
      } else if (bound !== null && has.stage !== null && has.stage.number !== bound.number) return false;
      else if (isIt(next, has)) return search(at + 1, place + 1, next.stage === undefined ? stage : has.stage);
    }
    return false;
  };
  if (search(0, 0, null)) return done;
  const missing = wanted[best.at] ?? null;
  return {
    missing,
    after: wanted[best.at - 1] ?? null,
    isEarlier: missing !== null && all.slice(0, best.from).some((has) => isIt(missing, has)),
  };
}

/** `COPY package.json`, `RUN with “npm ci” in it`, `FROM node as build`. */
export function instructionInWords(wanted: WantedInstruction): string {
  const { instruction, says, stage, as, to, fromStage, chown, chmod, mount, form } = wanted;
  const name = instruction.toUpperCase();
  const isPart = ['run', 'healthcheck', 'onbuild'].includes(instruction);
  const whole = says === '.' && fromStage === undefined ? ' (the whole context)' : '';
  const what = says === null ? name : isPart ? `${name} with “${says}” in it` : `${name} ${says}${whole}`;
  const said = [
    ...(as === undefined ? [] : [`as ${as}`]),
    ...(to === undefined ? [] : [`to ${to}`]),
    ...(fromStage === undefined ? [] : [fromStage === 'none' ? 'from the build context' : `from ${fromStage}`]),
    ...(chown === undefined ? [] : [`with --chown=${chown}`]),
    ...(chmod === undefined ? [] : [`with --chmod=${chmod}`]),
    ...(mount === undefined ? [] : [`with ${mountInWords(mount)}`]),
    ...(form === undefined ? [] : [form === 'exec' ? 'as a list of words' : 'as a line for the shell']),
    ...(stage === undefined ? [] : [stage === 'last' ? 'in the last stage' : `in the stage ${stage}`]),
  ];
  return [what, ...said].join(' ');
}

function mountInWords({ type, target, source, id }: NonNullable<WantedInstruction['mount']>): string {
  const said = [
    ...(id === undefined ? [] : [`id ${id}`]),
    ...(source === undefined ? [] : [`source ${source}`]),
    ...(target === undefined ? [] : [`target ${target}`]),
  ];
  return `--mount${type === undefined ? '' : `=type=${type}`}${said.length === 0 ? '' : ` (${said.join(', ')})`}`;
}

/** A part of a sentence: `there is no RUN … after COPY …`. */
export function missingInWords(
  { missing, after, isEarlier }: Reached<WantedInstruction>,
  what: (wanted: WantedInstruction) => string = instructionInWords,
): string {
  if (missing === null) return '';
  if (after === null) return `there is no ${what(missing)}`;
  if (isEarlier) return `${what(missing)} stands before ${what(after)}, not after it`;
  return after.instruction === 'from'
    ? `there is no ${what(missing)} in the stage of ${what(after)}`
    : `there is no ${what(missing)} after ${what(after)}`;
}
