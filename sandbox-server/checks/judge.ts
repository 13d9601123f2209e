// Whether a check holds: true, false, or null where a fact that it hangs on was not asked for. Pure.

import type { Check, ImageCheck } from '../../lessons/schema.ts';
import { allHold, type Compared, compareContainer, compareEnv, compareWords } from './container-filter.ts';
import { type EndedContainer, type Facts, factsOf, type HostFacts, type ImageFact } from './facts.ts';
import { isImage } from './image-name.ts';
import { someLineMatches } from './match-lines.ts';
import { withoutInvisible } from './same-text.ts';
import { shown } from './shown.ts';
import { bytesOf, sizeInWords } from './sizes.ts';

/** Containers that have run to their end: those that were seen to, and those that are there; not those that ended with their host. */
export function endedOf({ ended, containers }: HostFacts): readonly EndedContainer[] {
  const there = containers.flatMap(({ name, image, sameImages, exitCode, interrupted }) =>
    exitCode === null || interrupted ? [] : [{ name, image, sameImages, exitCode, byDocker: null }],
  );
  return [...ended, ...there];
}

/** What an image must be, and what it is instead. `undefined` for an image that was not asked for, null for none. */
export function compareImage(
  wanted: ImageCheck,
  has: ImageFact,
  other: (name: string) => ImageFact | null | undefined,
): readonly Compared[] {
  const { from, sameAs, layers, digest, command, env, labels, user, workdir, exposes, smallerThan } = wanted;
  const one = (holds: boolean, instead: string): Compared[] => [{ holds, instead }];
  const told = (text: string) => shown(text) || 'empty';
  const onTopOf = (name: string): Compared[] => {
    const base = other(name);
    if (base === undefined) return [{ holds: null, instead: '' }];
    if (base === null) return one(false, `there is no image ${name} to compare it with`);
    const isBase = base.layers.every((layer, place) => has.layers[place] === layer);
    return one(isBase && base.layers.length > 0 && has.id !== base.id, `it was not made from ${name}`);
  };
  const isOther = (name: string): Compared[] => {
    const twin = other(name);
    if (twin === undefined) return [{ holds: null, instead: '' }];
    return one(twin?.id === has.id, twin === null ? `there is no image ${name}` : `it is another image than ${name}`);
  };
  return [
    ...(from === undefined ? [] : onTopOf(from)),
    ...(sameAs === undefined ? [] : isOther(sameAs)),
    ...(layers === undefined ? [] : one(layers === has.layers.length, `it has ${has.layers.length} layers`)),
    ...(digest === undefined ? [] : one([has.id, ...has.digests].includes(digest), `its id is ${has.id.slice(0, 19)}`)),
    ...(command === undefined ? [] : one(command === has.command, `its command is ${told(has.command)}`)),
    ...compareEnv(env ?? {}, has.env),
    ...compareWords('its label', labels ?? {}, (key) => (Object.hasOwn(has.labels, key) ? has.labels[key] : undefined)),
    ...(user === undefined ? [] : one(user === has.user, `its user is ${has.user === '' ? 'root' : told(has.user)}`)),
    ...(workdir === undefined ? [] : one(workdir === has.workdir, `its working directory is ${told(has.workdir)}`)),
    ...(exposes === undefined
      ? []
      : one(
          has.exposes.includes(`${exposes}/tcp`),
          `it exposes ${told(has.exposes.slice(0, 3).join(', ')) || 'nothing'}`,
        )),
    ...(smallerThan === undefined
      ? []
      : one(has.sizeBytes < bytesOf(smallerThan), `its size is ${sizeInWords(has.sizeBytes)}`)),
  ];
}

/** By which an answer is known among `HostFacts.answers`. */
export const answerKey = (port: string, path: string): string => `${port}${path}`;
export const commandKey = (run: readonly string[]): string => JSON.stringify(run);

const all = (values: readonly (boolean | null)[]): boolean | null =>
  values.includes(false) ? false : values.includes(null) ? null : true;
const any = (values: readonly (boolean | null)[]): boolean | null =>
  values.includes(true) ? true : values.includes(null) ? null : false;
const opposite = (value: boolean | null): boolean | null => (value === null ? null : !value);

function judgeHost(check: Check, facts: Facts): boolean | null | undefined {
  if ('container' in check) {
    const { host, ...wanted } = check.container;
    const each = factsOf(facts, host).containers.map((has) => allHold(compareContainer(wanted, has)));
    return any(each);
  }
  if ('containers' in check) {
    const { host, count, atLeast, ...wanted } = check.containers;
    const each = factsOf(facts, host).containers.map((has) => allHold(compareContainer(wanted, has)));
    if (each.includes(null)) return null;
    const there = each.filter((holds) => holds === true).length;
    return count === undefined ? there >= (atLeast ?? 1) : there === count;
  }
  if ('absent' in check) {
    const { host, name } = check.absent;
    return factsOf(facts, host).containers.every((has) => has.name !== name);
  }
  if ('removed' in check) {
    const { host, name, since } = check.removed;
    if (since !== undefined && !facts.doneTasks.has(since)) return false;
    const { containers, removed } = factsOf(facts, host);
    const isGone = containers.every((has) => has.name !== name);
    return isGone || removed.some((has) => has.name === name && (since === undefined || has.doneTasks.has(since)));
  }
  if ('ran' in check) {
    const { host, image, sameImage, name, exitCode, byDocker } = check.ran;
    return endedOf(factsOf(facts, host)).some(
      (has) =>
        (image === undefined || isImage(image, has.image)) &&
        (sameImage === undefined || has.sameImages.includes(sameImage)) &&
        (name === undefined || name === has.name) &&
        (exitCode === undefined || exitCode === has.exitCode) &&
        (byDocker === undefined || byDocker === has.byDocker),
    );
  }
  if ('exec' in check) {
    const { host, container, matches, exitCode } = check.exec;
    return factsOf(facts, host).execs.some(
      (has) =>
        has.container === container &&
        (exitCode === undefined || exitCode === has.exitCode) &&
        someLineMatches(matches, has.command),
    );
  }
  return undefined;
}

function judgeAsked(check: Check, facts: Facts): boolean | null | undefined {
  if ('log' in check) {
    const { host, container, matches } = check.log;
    const log = factsOf(facts, host).logs.get(container);
    return log !== undefined && someLineMatches(matches, log);
  }
  if ('image' in check) {
    const { images } = factsOf(facts, check.image.host);
    const has = images.get(check.image.name);
    if (has === undefined || has === null) return has === null ? false : null;
    return allHold(compareImage(check.image, has, (name) => images.get(name)));
  }
  if ('network' in check) {
    const { host, name, driver, containers = [] } = check.network;
    const has = factsOf(facts, host).networks.get(name);
    if (has === undefined || has === null) return has === null ? false : null;
    return (
      (driver === undefined || driver === has.driver) && containers.every((wanted) => has.containers.includes(wanted))
    );
  }
  if ('file' in check) {
    const { host, path, exists = true, contains, matches, equals } = check.file;
    const has = factsOf(facts, host).files.get(path);
    if (has === undefined) return null;
    if (contains !== undefined)
      return has.text !== null && withoutInvisible(has.text).includes(withoutInvisible(contains));
    if (matches !== undefined) return has.text !== null && someLineMatches(matches, has.text);
    if (equals !== undefined) return has.text !== null && withoutInvisible(has.text) === withoutInvisible(equals);
    return has.exists === exists;
  }
  if ('http' in check) {
    const { host, port, path, status, contains } = check.http;
    const has = factsOf(facts, host).answers.get(answerKey(port, path));
    if (has === undefined) return null;
    return has.status === status && (contains === undefined || has.text.includes(contains));
  }
  if ('process' in check) {
    const { host, executable, matches, container } = check.process;
    const { processes } = factsOf(facts, host);
    if (processes === null) return null;
    return processes.some(
      (has) =>
        (executable === undefined || executable === has.executable) &&
        (container === undefined || (container === 'none' ? has.container === null : has.container === container)) &&
        (matches === undefined || someLineMatches(matches, has.command)),
    );
  }
  if ('command' in check) {
    const { host, run, exitCode, matches } = check.command;
    const has = factsOf(facts, host).commands.get(commandKey(run));
    if (has === undefined) return null;
    return has.exitCode === exitCode && (matches === undefined || someLineMatches(matches, has.output));
  }
  return undefined;
}

/** Does the check hold? */
export function judge(check: Check, facts: Facts): boolean | null {
  if ('all' in check) return all(check.all.map((each) => judge(each, facts)));
  if ('any' in check) return any(check.any.map((each) => judge(each, facts)));
  if ('not' in check) return opposite(judge(check.not, facts));
  if ('after' in check) {
    return check.after.tasks.every((task) => facts.doneTasks.has(task)) && judge(check.after.check, facts);
  }
  return judgeHost(check, facts) ?? judgeAsked(check, facts) ?? null;
}
