// Whether a host has pushed or pulled what a check asks for. What is found instead is whole sentences here.

import type { PulledCheck, PushedCheck } from '../../../lessons/schema.ts';
import { allHold, type Compared, compareOne } from '../compared.ts';
import { shown } from '../shown.ts';
import type { MoveFact } from './facts.ts';
import { isSameRepository, mayBeSame, parseRepository } from './names.ts';
import { shortDigest } from './repository-check.ts';

export type MoveCheck = ({ readonly direction: 'push' } & PushedCheck) | ({ readonly direction: 'pull' } & PulledCheck);

/** Pushes or pulls of a host that have come to their end. Undefined where nobody asked. */
type MovesOf = (host: string | undefined) => readonly MoveFact[] | undefined;

/** What a host has pushed last to a repository: null where it has pushed nothing, undefined where nobody asked. */
export function lastPush(moves: readonly MoveFact[] | undefined, name: string): MoveFact | null | undefined {
  const wanted = parseRepository(name);
  return moves === undefined
    ? undefined
    : (moves.findLast((move) => move.direction === 'push' && move.state === 'done' && mayBeSame(move, wanted)) ?? null);
}

export const isDigest = (reference: string): boolean => reference.includes(':');

function layerCounts({ layers }: MoveFact): { readonly moved: number; readonly there: number } {
  const moved = layers.filter(({ state }) => state === 'moved').length;
  return { moved, there: layers.filter(({ state }) => state === 'there' || state === 'elsewhere').length };
}

const layersInWords = (count: number): string => `${count} layer${count === 1 ? '' : 's'}`;

/** Each wanted property of one move, with a sentence of what is there instead. */
function compareMove(
  check: MoveCheck,
  has: MoveFact,
  doneTasks: ReadonlySet<string>,
  movesOf: MovesOf,
): readonly Compared[] {
  const { direction, name, tag, since, layersThereAtLeast } = check;
  const isPush = check.direction === 'push';
  const { moved, there } = layerCounts(has);
  const [exactly, most, least] = isPush
    ? [check.layersSent, check.layersSentAtMost, check.layersSentAtLeast]
    : [check.layersBrought, check.layersBroughtAtMost, check.layersBroughtAtLeast];
  const verb = isPush ? 'sent' : 'brought';
  const subject = `The ${direction} of ${name}`;
  const told = `${subject} ${verb} ${layersInWords(moved)}`;
  return [
    ...compareOne(tag, (wanted) => ({
      holds: wanted === has.reference,
      instead: isPush
        ? `${shown(has.reference)} was pushed to ${name}, and not ${wanted}.`
        : `${shown(has.reference)} of ${name} was pulled, and not ${wanted}.`,
    })),
    ...compareOne(isPush ? undefined : check.byDigest, (byDigest) => ({
      holds: byDigest === isDigest(has.reference),
      instead: byDigest
        ? `${name} was pulled by the tag ${shown(has.reference)}, and not by a digest.`
        : `${name} was pulled by a digest, and not by a tag.`,
    })),
    ...compareOne(isPush ? undefined : check.pushedBy, (host) => {
      const push = lastPush(movesOf(host), name);
      if (push === undefined) return { holds: null, instead: '' };
      if (push === null) return { holds: false, instead: `The host ${host} has pushed nothing to ${name} yet.` };
      return {
        holds: push.digest === has.digest,
        instead: `${shortDigest(has.digest ?? '')} was pulled, and ${host} has pushed ${shortDigest(push.digest ?? '')} to ${name} last.`,
      };
    }),
    ...compareOne(exactly, (count) => ({ holds: count === moved, instead: `${told}, and ${count} was wanted.` })),
    ...compareOne(most, (count) => ({ holds: moved <= count, instead: `${told}; ${count} at most was wanted.` })),
    ...compareOne(least, (count) => ({ holds: moved >= count, instead: `${told}; ${count} at least was wanted.` })),
    ...compareOne(layersThereAtLeast, (count) => ({
      holds: there >= count,
      instead: `At the ${direction} of ${name}, ${isPush ? 'the registry' : 'the host'} had ${layersInWords(there)} already; ${count} at least was wanted.`,
    })),
    ...compareOne(since, (task) => ({
      holds: doneTasks.has(task) && has.doneTasks.has(task),
      instead: `The last ${direction} of ${name} came too early: ${direction} it once more.`,
    })),
  ];
}

function ofRepository(check: MoveCheck, moves: readonly MoveFact[]): readonly MoveFact[] {
  const wanted = parseRepository(check.name);
  return moves.filter((move) => move.direction === check.direction && isSameRepository(move, wanted));
}

/** Null where nobody asked. */
export function judgeMoves(check: MoveCheck, doneTasks: ReadonlySet<string>, movesOf: MovesOf): boolean | null {
  const moves = movesOf(check.host);
  if (moves === undefined) return null;
  const each = ofRepository(check, moves)
    .filter(({ state }) => state === 'done')
    .map((move) => allHold(compareMove(check, move, doneTasks, movesOf)));
  if (each.includes(true)) return true;
  return each.includes(null) ? null : false;
}

/** Of a check that does not hold; empty where nobody asked, or its turn has not come. */
export function movesFound(check: MoveCheck, doneTasks: ReadonlySet<string>, movesOf: MovesOf): string {
  const moves = movesOf(check.host);
  const { direction, name, since } = check;
  if (moves === undefined || (since !== undefined && !doneTasks.has(since))) return '';
  const its = ofRepository(check, moves);
  const ended = its.filter(({ state }) => state === 'done');
  const last = ended.findLast(({ reference }) => reference === check.tag) ?? ended.at(-1);
  const verb = direction === 'push' ? `pushed to ${name}` : `pulled from ${name}`;
  if (last === undefined)
    return its.some(({ state }) => state === 'failed')
      ? `The ${direction} of ${name} has failed: the terminal says why.`
      : `Nothing was ${verb} yet.`;
  return compareMove(check, last, doneTasks, movesOf).find(({ holds }) => holds === false)?.instead ?? '';
}

export function moveInWords(check: MoveCheck): string {
  const { direction, name, tag, layersThereAtLeast } = check;
  const isPush = check.direction === 'push';
  const [exactly, most, least] = isPush
    ? [check.layersSent, check.layersSentAtMost, check.layersSentAtLeast]
    : [check.layersBrought, check.layersBroughtAtMost, check.layersBroughtAtLeast];
  const verb = isPush ? 'sends' : 'brings';
  const said = [
    ...(tag === undefined ? [] : [`with the tag ${tag}`]),
    ...(!isPush && check.byDigest === true ? ['by its digest'] : []),
    ...(!isPush && check.pushedBy !== undefined ? [`of what ${check.pushedBy} has pushed last`] : []),
    ...(exactly === undefined ? [] : [`that ${verb} ${layersInWords(exactly)}`]),
    ...(most === undefined ? [] : [`that ${verb} ${layersInWords(most)} at most`]),
    ...(least === undefined ? [] : [`that ${verb} ${layersInWords(least)} at least`]),
    ...(layersThereAtLeast === undefined ? [] : [`that finds ${layersInWords(layersThereAtLeast)} there already`]),
  ];
  return `a ${direction} of ${name}${said.length === 0 ? '' : ` ${said.join(', ')}`}`;
}
