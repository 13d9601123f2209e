// Which facts the open tasks need, so that nothing else is asked for. The Docker API is cheap and is asked on every look. Files,
// ports, processes and programs are costly, and are asked only if the rest of their check holds already.

import { type Check, everyCheck, type FilePlace, hostOf, isOnHub, type Task } from '../../lessons/schema.ts';
import { asksForDetails } from './container-details.ts';
import type { Facts } from './facts.ts';
import { judge } from './judge.ts';

type Of<Kind extends string> = Extract<Check, { readonly [kind in Kind]: unknown }>;
/** Costly checks: they ask the host itself, not its Docker API. */
export type DearCheck =
  | Of<'file'>
  | Of<'yaml'>
  | Of<'compose'>
  | Of<'http'>
  | Of<'process'>
  | Of<'command'>
  | Of<'connection'>
  | Of<'dockerfile'>
  | Of<'dockerignore'>
  /** One that a text is looked for in. */
  | Of<'image'>
  /** Of a registry of the student's own. */
  | Of<'repository'>
  | Of<'volume'>;

const dearKinds = [
  'file',
  'yaml',
  'compose',
  'dockerfile',
  'dockerignore',
  'http',
  'process',
  'command',
  'connection',
] as const;

export function isDear(check: Check): check is DearCheck {
  if ('volume' in check) return check.volume.empty !== undefined;
  if ('repository' in check) return !isOnHub(check.repository.name);
  if ('image' in check) return check.image.without !== undefined;
  return dearKinds.some((kind) => kind in check);
}

/** The files that a check looks at. */
export function fileOf(check: Check): FilePlace | null {
  if ('file' in check) return check.file;
  if ('yaml' in check) return check.yaml;
  if ('dockerfile' in check) return check.dockerfile;
  if ('dockerignore' in check) return check.dockerignore;
  return 'compose' in check ? check.compose : null;
}

const checksOf = ({ check, slips }: Task): readonly Check[] =>
  [check, ...slips.map(({ when }) => when)].flatMap(everyCheck);

/** What the Docker API of one host is asked for. */
export interface DockerNeeds {
  /** Names of containers whose logs are read. */
  readonly logs: ReadonlySet<string>;
  /** Names of images; those that containers are made from come first. */
  readonly images: ReadonlySet<string>;
  /** Those of them whose history is asked for. */
  readonly histories: ReadonlySet<string>;
  /** Those of them that others are to be made on. */
  readonly bases: ReadonlySet<string>;
  readonly networks: ReadonlySet<string>;
  readonly volumes: ReadonlySet<string>;
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
  const gone = checks.flatMap((check) => {
    if ('absent' in check) return [check.absent];
    return 'removed' in check ? [{ ...check.removed, image: undefined }] : [];
  });
  const ofNetworks = checks.flatMap((check) => ('network' in check ? [check.network] : []));
  const ofVolumes = checks.map((check) => ('volume' in check ? check.volume.name : fileOf(check)?.volume));
  const ofContainers = [...filters, ...ran].map(({ image }) => image);
  return {
    logs: names(checks.map((check) => ('log' in check ? check.log.container : undefined))),
    images: names([
      ...ofContainers,
      ...images.flatMap(({ name, from, sameAs, smallerThanImage }) => [name, from, sameAs, smallerThanImage]),
      ...checks.map((check) => fileOf(check)?.image),
      ...checks.map((check) => ('built' in check && check.built.now !== undefined ? check.built.image : undefined)),
      ...gone.map(({ image }) => image),
      ...checks.map((check) => ('repository' in check ? check.repository.sameImage : undefined)),
    ]),
    histories: names(
      images.map(({ name, history, historyNot }) => ((history ?? historyNot) === undefined ? undefined : name)),
    ),
    bases: names(images.map(({ from }) => from)),
    networks: names([...ofNetworks.map(({ name }) => name), ...gone.map(({ network }) => network)]),
    volumes: names([...ofVolumes, ...gone.map(({ volume }) => volume)]),
    sameImages: names([...filters, ...ran].map(({ sameImage }) => sameImage)),
    runs: filters.some(({ detached }) => detached !== undefined),
    details:
      filters.some(asksForDetails) ||
      ran.some(({ oomKilled }) => oomKilled !== undefined) ||
      ofNetworks.some(({ containers }) => containers?.some(({ alias }) => alias !== undefined)),
  };
}

/** The costly checks within `check` that can still decide it, given the other facts. */
function deciding(check: Check, facts: Facts): readonly DearCheck[] {
  // What is false without being asked, as of a volume that is not there, is not asked for.
  if (isDear(check)) return judge(check, facts) === false ? [] : [check];
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

/** The costly checks that count now: those of every open task, and of the slips of the first open task. */
export function dearNeeds(open: readonly Task[], facts: Facts): readonly DearCheck[] {
  return open.flatMap(({ check, slips }, place) => [
    ...deciding(check, facts),
    ...(place === 0 ? slips.flatMap(({ when }) => deciding(when, facts)) : []),
  ]);
}
