// Which facts the open tasks hang on, so that nothing else is asked for. What an answer costs decides when it is asked: the
// Docker API on every look; files, ports, processes and programs only where the rest of their check holds already.

import { type Check, everyCheck, hostOf, type Task } from '../../lessons/schema.ts';
import { asksForDetails } from './container-filter.ts';
import type { Facts } from './facts.ts';
import { judge } from './judge.ts';

type Of<Kind extends string> = Extract<Check, { readonly [kind in Kind]: unknown }>;
/** Checks that ask the host itself, not its Docker API. */
export type DearCheck = Of<'file'> | Of<'http'> | Of<'process'> | Of<'command'>;

export function isDear(check: Check): check is DearCheck {
  return 'file' in check || 'http' in check || 'process' in check || 'command' in check;
}

const checksOf = ({ check, slips }: Task): readonly Check[] =>
  [check, ...slips.map(({ when }) => when)].flatMap(everyCheck);

/** What the Docker API of one host is asked for. */
export interface DockerNeeds {
  /** Names of containers whose logs are read. */
  readonly logs: ReadonlySet<string>;
  /** Those that containers are made from stand first. */
  readonly images: ReadonlySet<string>;
  readonly networks: ReadonlySet<string>;
  /** Names of images; whatever containers were made from is compared with them by its id. */
  readonly sameImages: ReadonlySet<string>;
  /** How containers were started is asked for. */
  readonly runs: boolean;
  /** Containers are inspected. */
  readonly details: boolean;
}

/** Of the lab's host `host`, which is its first where `isFirst`. */
export function dockerNeeds(open: readonly Task[], host: string, isFirst: boolean): DockerNeeds {
  const checks = open.flatMap(checksOf).filter((check) => {
    const named = hostOf(check);
    return named === undefined ? isFirst : named === host;
  });
  const names = (all: readonly (string | undefined)[]) => new Set(all.filter((name) => name !== undefined));
  const images = checks.flatMap((check) => ('image' in check ? [check.image] : []));
  const filters = checks.flatMap((check) => {
    if ('container' in check) return [check.container];
    return 'containers' in check ? [check.containers] : [];
  });
  const ran = checks.flatMap((check) => ('ran' in check ? [check.ran] : []));
  const ofContainers = [...filters, ...ran].map(({ image }) => image);
  return {
    logs: names(checks.map((check) => ('log' in check ? check.log.container : undefined))),
    images: names([...ofContainers, ...images.flatMap(({ name, from, sameAs }) => [name, from, sameAs])]),
    networks: names(checks.map((check) => ('network' in check ? check.network.name : undefined))),
    sameImages: names([...filters, ...ran].map(({ sameImage }) => sameImage)),
    runs: filters.some(({ detached }) => detached !== undefined),
    details: filters.some(asksForDetails),
  };
}

/** The dear checks in a check that may still decide it, as the other facts are. */
function deciding(check: Check, facts: Facts): readonly DearCheck[] {
  if (isDear(check)) return [check];
  if ('all' in check) {
    const lost = check.all.some((each) => judge(each, facts) === false);
    return lost ? [] : check.all.flatMap((each) => deciding(each, facts));
  }
  if ('any' in check) {
    const won = check.any.some((each) => judge(each, facts) === true);
    return won ? [] : check.any.flatMap((each) => deciding(each, facts));
  }
  if ('not' in check) return deciding(check.not, facts);
  if ('after' in check) {
    return check.after.tasks.every((task) => facts.doneTasks.has(task)) ? deciding(check.after.check, facts) : [];
  }
  return [];
}

/** The dear checks that count now: of every open task, and of the slips of the first, which is the one in hand. */
export function dearNeeds(open: readonly Task[], facts: Facts): readonly DearCheck[] {
  return open.flatMap(({ check, slips }, place) => [
    ...deciding(check, facts),
    ...(place === 0 ? slips.flatMap(({ when }) => deciding(when, facts)) : []),
  ]);
}
