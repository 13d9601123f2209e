// Whether a check holds: true, false, or null where a fact that it hangs on was not asked for. Pure.

import type { AbsentCheck, Check, NamedThing, ProcessCheck, RepositoryCheck } from '../../lessons/schema.ts';
import { judgeBuilds } from './builds/kinds.ts';
import { allHold, type Compared } from './compared.ts';
import { connectionKey, judgeConnection } from './connection-check.ts';
import { compareContainer } from './container-filter.ts';
import { type EndedContainer, type Facts, factsOf, type HostFacts, type ProcessFact, type Removed } from './facts.ts';
import { fileKey, noPlace } from './file-place.ts';
import { isImage } from './image-name.ts';
import { someLineMatches } from './match-lines.ts';
import { compareNetwork } from './network-check.ts';
import { judgeMoves, type MoveCheck } from './registries/moves-check.ts';
import { repositoryKey } from './registries/names.ts';
import { compareRepository } from './registries/repository-check.ts';
import { withoutInvisible } from './same-text.ts';
import { compareVolume } from './volume-check.ts';
import { judgeYaml } from './yaml/check.ts';

/** Containers that ran to their end: by events, or in the list now. Not those that ended with their host. */
export function endedOf({ ended, containers }: HostFacts): readonly EndedContainer[] {
  const there = containers.flatMap(({ name, image, sameImages, exitCode, interrupted, details }) =>
    exitCode === null || interrupted
      ? []
      : [{ name, image, sameImages, exitCode, byDocker: null, oomKilled: details?.oomKilled ?? null, doneTasks: null }],
  );
  return [...ended, ...there];
}

/** A check of pushes or of pulls; null for all others. */
export function moveCheckOf(check: Check): MoveCheck | null {
  if ('pushed' in check) return { direction: 'push', ...check.pushed };
  return 'pulled' in check ? { direction: 'pull', ...check.pulled } : null;
}

export function repositoryCompared(wanted: RepositoryCheck, facts: Facts): readonly Compared[] {
  const { repositories, images } = factsOf(facts, wanted.host);
  return compareRepository(wanted, repositories.get(repositoryKey(wanted)), (name) => images.get(name));
}

/** The key of an answer in `HostFacts.answers`. */
export const answerKey = (port: string, path: string): string => `${port}${path}`;
export const commandKey = (run: readonly string[]): string => JSON.stringify(run);

const all = (values: readonly (boolean | null)[]): boolean | null =>
  values.includes(false) ? false : values.includes(null) ? null : true;
const any = (values: readonly (boolean | null)[]): boolean | null =>
  values.includes(true) ? true : values.includes(null) ? null : false;
const opposite = (value: boolean | null): boolean | null => (value === null ? null : !value);

/** Whether something that was removed is what a check names. */
function isNamed({ name, volume, network }: NamedThing, has: Removed): boolean {
  if (has.kind === 'container') return has.name === name;
  return has.name === (has.kind === 'volume' ? volume : network);
}

/** Null where nobody asked. */
function isAbsent({ name, volume, network, image }: AbsentCheck, facts: HostFacts): boolean | null {
  if (name !== undefined) return facts.containers.every((has) => has.name !== name);
  const found =
    volume !== undefined
      ? facts.volumes.get(volume)
      : network !== undefined
        ? facts.networks.get(network)
        : facts.images.get(image ?? '');
  return found === undefined ? null : found === null;
}

/** Those that are what a check wants. */
export function processesOf(
  { executable, matches, container }: ProcessCheck,
  processes: readonly ProcessFact[],
): readonly ProcessFact[] {
  return processes.filter(
    (has) =>
      (executable === undefined || executable === has.executable) &&
      (container === undefined || (container === 'none' ? has.container === null : has.container === container)) &&
      (matches === undefined || someLineMatches(matches, has.command)),
  );
}

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
  if ('absent' in check) return isAbsent(check.absent, factsOf(facts, check.absent.host));
  if ('removed' in check) {
    const { host, since, ...thing } = check.removed;
    if (since !== undefined && !facts.doneTasks.has(since)) return false;
    const { removed } = factsOf(facts, host);
    const was = removed.some((has) => isNamed(thing, has) && (since === undefined || has.doneTasks.has(since)));
    return was || isAbsent(thing, factsOf(facts, host));
  }
  if ('ran' in check) {
    const { host, image, sameImage, name, exitCode, byDocker, oomKilled, since } = check.ran;
    if (since !== undefined && !facts.doneTasks.has(since)) return false;
    return endedOf(factsOf(facts, host)).some(
      (has) =>
        (image === undefined || isImage(image, has.image)) &&
        (sameImage === undefined || has.sameImages.includes(sameImage)) &&
        (name === undefined || name === has.name) &&
        (exitCode === undefined || exitCode === has.exitCode) &&
        (byDocker === undefined || byDocker === has.byDocker) &&
        (oomKilled === undefined || oomKilled === has.oomKilled) &&
        (since === undefined || has.doneTasks?.has(since) === true),
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
  if ('network' in check) {
    const { networks, containers } = factsOf(facts, check.network.host);
    const has = networks.get(check.network.name);
    if (has === undefined || has === null) return has === null ? false : null;
    return allHold(compareNetwork(check.network, has, containers));
  }
  if ('volume' in check) {
    const { volumes, containers, emptyVolumes } = factsOf(facts, check.volume.host);
    const { name } = check.volume;
    const has = volumes.get(name);
    if (has === undefined || has === null) return has === null ? false : null;
    return allHold(compareVolume(check.volume, has, containers, emptyVolumes.get(name)));
  }
  if ('repository' in check) return allHold(repositoryCompared(check.repository, facts));
  const move = moveCheckOf(check);
  if (move !== null) return judgeMoves(move, facts.doneTasks, (host) => factsOf(facts, host).moves ?? undefined);
  if ('connection' in check) {
    const { connections } = factsOf(facts, check.connection.host);
    return judgeConnection(check.connection, connections.get(connectionKey(check.connection)));
  }
  if ('yaml' in check || 'compose' in check) {
    const said = 'yaml' in check ? check.yaml : check.compose;
    const host = factsOf(facts, said.host);
    const { files, yaml } = host;
    if (noPlace(said, host) !== '') return false;
    return judgeYaml(said, 'compose' in check, yaml.get(fileKey(said)), files.get(fileKey(said))?.exists);
  }
  if ('file' in check) {
    const { exists = true, contains, matches, equals } = check.file;
    const host = factsOf(facts, check.file.host);
    const has = host.files.get(fileKey(check.file));
    // A container that is not there says nothing of its files.
    if (noPlace(check.file, host) !== '') return false;
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
    const { processes } = factsOf(facts, check.process.host);
    return processes === null ? null : processesOf(check.process, processes).length >= (check.process.atLeast ?? 1);
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
  return judgeHost(check, facts) ?? judgeBuilds(check, facts) ?? judgeAsked(check, facts) ?? null;
}
