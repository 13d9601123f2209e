// Asks the engine for the facts that open tasks hang on.

import type { DockerClient } from '@drydock/runtime';
import type { Task } from '../../lessons/schema.ts';
import type { EngineLink } from '../engine-link.ts';
import { kindOf } from '../errors.ts';
import type { WatchedHost } from '../hosts/watched-host.ts';
import { checkWaitMs, commandCheckMs, maxCheckedFileBytes, maxInspected } from '../limits.ts';
import { readLog } from './container-log.ts';
import { containerFact, detailsFrom, imageFrom, networkFrom } from './docker-facts.ts';
import type { FileFact, HostFacts, ProcessFact } from './facts.ts';
import { type AnswerFact, type CommandFact, type ContainerFact, emptyHost, type Facts } from './facts.ts';
import { askPort, checkMark } from './http-answer.ts';
import { isSameName, namedImage } from './image-name.ts';
import { answerKey, commandKey } from './judge.ts';
import { type DearCheck, type DockerNeeds, dearNeeds, dockerNeeds } from './needs.ts';
import type { Seen } from './seen.ts';

export interface LookParts {
  readonly hosts: readonly WatchedHost[];
  readonly link: EngineLink;
  readonly signal: AbortSignal;
  readonly seen: (host: WatchedHost) => Seen;
}

/** What is asked for may go meanwhile: that is a fact, too. */
async function orNull<T>(ask: Promise<T>): Promise<T | null> {
  try {
    return await ask;
  } catch (error) {
    if (kindOf(error) === 'notFound') return null;
    throw error;
  }
}

async function mapOf<T>(names: Iterable<string>, ask: (name: string) => Promise<T>): Promise<ReadonlyMap<string, T>> {
  return new Map(await Promise.all([...names].map(async (name) => [name, await ask(name)] as const)));
}

const asPath = (name: string) => name.split('/').map(encodeURIComponent).join('/');

async function withDetails(docker: DockerClient, container: ContainerFact): Promise<ContainerFact> {
  const answer = await orNull(docker.request('GET', `/containers/${container.id}/json`));
  return answer === null ? container : { ...container, details: detailsFrom(answer) };
}

async function logsOf(
  host: WatchedHost,
  names: ReadonlySet<string>,
  containers: readonly ContainerFact[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const logs = new Map<string, string>();
  for (const { id, name, state } of containers) {
    if (!names.has(name) || state === 'created') continue;
    try {
      const log = await readLog(host.info.dockerSocket, id, signal);
      // Our own visits are none of the student's.
      logs.set(
        name,
        log
          .split('\n')
          .filter((line) => !line.includes(checkMark))
          .join('\n'),
      );
    } catch {
      // The container went while it was asked: its own event makes us look again.
    }
  }
  return logs;
}

/** The ids of images by their names: the host's own, and of what it does not have those that it would pull. */
async function imageIds(
  { docker }: WatchedHost,
  names: ReadonlySet<string>,
  link: EngineLink,
): Promise<ReadonlyMap<string, string>> {
  if (names.size === 0) return new Map();
  const ids = new Map<string, string>();
  for (const [name, answer] of await mapOf(names, (one) =>
    orNull(docker.request('GET', `/images/${asPath(one)}/json`)),
  ))
    if (answer !== null) ids.set(name, imageFrom(answer).id);
  if (ids.size === names.size) return ids;
  const { catalogue } = await link.call((engine) => engine.status(), checkWaitMs);
  for (const name of names) {
    const offered = catalogue.find(({ names: its }) => its.some((one) => isSameName(one, name)));
    if (!ids.has(name) && typeof offered?.imageId === 'string') ids.set(name, offered.imageId);
  }
  return ids;
}

/** How containers were started, by their ids; of one that started meanwhile it is not known. */
async function startsOf(
  link: EngineLink,
  host: WatchedHost,
): Promise<(container: ContainerFact) => ContainerFact['started']> {
  const runs = await link.call((engine) => engine.runs(host.info.name), checkWaitMs);
  const foreground = new Map(runs.map((run) => [run.id, run.foreground]));
  return ({ id, state }) => {
    const isForeground = foreground.get(id);
    if (isForeground === undefined) return state === 'created' ? 'never' : null;
    return isForeground ? 'in the foreground' : 'in the background';
  };
}

async function dockerFacts(
  host: WatchedHost,
  needs: DockerNeeds,
  seen: Seen,
  { link, signal }: LookParts,
): Promise<HostFacts> {
  const { docker } = host;
  const startedOf = needs.runs ? await startsOf(link, host) : () => null;
  // Read before the list: a container that starts meanwhile must not look as if its student had ended it.
  const { interrupted } = host;
  const listed = (await host.containers()).map((container) => containerFact(container, interrupted));
  // Of what has ended and is gone the image's name is known, and no id.
  const gone = needs.sameImages.size === 0 ? [] : seen.ended.map(({ image }) => image);
  const wantedIds = await imageIds(host, needs.sameImages, link);
  const goneIds = await imageIds(host, new Set(gone), link);
  const namesOf = (id: string | undefined) => [...wantedIds].flatMap(([name, its]) => (its === id ? [name] : []));
  const [containers, logs, images, networks] = await Promise.all([
    needs.details
      ? Promise.all(listed.map((each, place) => (place < maxInspected ? withDetails(docker, each) : each)))
      : listed,
    logsOf(host, needs.logs, listed, signal),
    mapOf(needs.images, async (name) => {
      const answer = await orNull(docker.request('GET', `/images/${asPath(name)}/json`));
      return answer === null ? null : imageFrom(answer);
    }),
    mapOf(needs.networks, async (name) => {
      const answer = await orNull(docker.request('GET', `/networks/${asPath(name)}`));
      return answer === null ? null : networkFrom(answer);
    }),
  ]);
  const ids = [...images].flatMap(([name, image]) => (image === null ? [] : [[name, image.id] as const]));
  const named = <T extends { readonly image: string }>(all: readonly T[]): readonly T[] =>
    all.map((one) => ({ ...one, image: namedImage(one.image, ids) }));
  return {
    ...emptyHost,
    containers: named(containers).map((one) => ({
      ...one,
      sameImages: namesOf(one.imageId),
      started: startedOf(one),
    })),
    ended: named(seen.ended).map((one, place) => ({
      ...one,
      sameImages: namesOf(goneIds.get(seen.ended[place]?.image ?? '')),
    })),
    execs: seen.execs,
    removed: seen.removed,
    logs,
    images,
    networks,
  };
}

async function fileFact(link: EngineLink, host: string, path: string): Promise<FileFact> {
  try {
    const { bytes } = await link.call((engine) => engine.readFile(host, path), checkWaitMs);
    return { exists: true, text: bytes.length > maxCheckedFileBytes ? null : Buffer.from(bytes).toString('utf8') };
  } catch (error) {
    const kind = kindOf(error);
    if (kind === 'notFound') return { exists: false, text: null };
    // A folder, or a file that is not for reading; what lies behind a link does not count.
    if (kind === 'invalid' || kind === 'tooLarge' || kind === 'forbidden') {
      const slash = path.lastIndexOf('/');
      const folder = await orNull(link.call((engine) => engine.listFiles(host, path.slice(0, Math.max(0, slash)))));
      const entry = folder?.files.find(({ name }) => name === path.slice(slash + 1));
      return { exists: entry?.type === 'folder' || entry?.type === 'file', text: null };
    }
    throw error;
  }
}

/** Programs are found where the workspace's image has them; nothing of the student's shell is read. */
const commandEnvironment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/', 'LANG=C.UTF-8'];

/** What a shell says of a program that is not there. */
const notThere: CommandFact = { exitCode: 127, output: '' };

async function commandFact(link: EngineLink, host: string, argv: readonly string[]): Promise<CommandFact> {
  const options = { argv, user: 'student', cwd: '/', env: commandEnvironment, timeoutMs: commandCheckMs };
  try {
    const { exitCode, stdout, stderr, timedOut } = await link.call((engine) => engine.run(host, options), checkWaitMs);
    return { exitCode: timedOut ? -1 : exitCode, output: stdout + stderr };
  } catch (error) {
    // The student may have removed it.
    if (kindOf(error) === 'invalid') return notThere;
    throw error;
  }
}

async function processFacts(
  link: EngineLink,
  host: string,
  containers: readonly ContainerFact[],
): Promise<ProcessFact[]> {
  const { processes } = await link.call((engine) => engine.usage(host), checkWaitMs);
  const names = new Map(containers.map(({ id, name }) => [id, name]));
  return processes.map(({ executable, command, container }) => ({
    executable,
    command,
    container: container === null ? null : (names.get(container) ?? container),
  }));
}

async function withDearFacts(
  host: WatchedHost,
  facts: HostFacts,
  dear: readonly DearCheck[],
  { link, signal }: LookParts,
): Promise<HostFacts> {
  const { name } = host.info;
  const files = new Set(dear.flatMap((check) => ('file' in check ? [check.file.path] : [])));
  const ports = dear.flatMap((check) => ('http' in check ? [check.http] : []));
  const commands = dear.flatMap((check) => ('command' in check ? [check.command.run] : []));
  const asked = new Map(ports.map(({ port, path }) => [answerKey(port, path), { port: Number(port), path }]));
  const run = new Map(commands.map((argv) => [commandKey(argv), argv]));
  const answer = async (key: string): Promise<AnswerFact> => {
    const { port, path } = asked.get(key) ?? { port: 0, path: '/' };
    return askPort((ending) => link.call((engine) => engine.dial(name, port, ending), checkWaitMs), path, signal);
  };
  return {
    ...facts,
    files: await mapOf(files, (path) => fileFact(link, name, path)),
    answers: await mapOf(asked.keys(), answer),
    commands: await mapOf(run.keys(), (key) => commandFact(link, name, run.get(key) ?? [])),
    processes: dear.some((check) => 'process' in check) ? await processFacts(link, name, facts.containers) : null,
  };
}

/** Everything that the tasks `open` hang on now. Throws what the engine throws. */
export async function look(
  open: readonly Task[],
  doneTasks: ReadonlySet<string>,
  parts: LookParts,
): Promise<{ readonly facts: Facts; readonly dear: readonly DearCheck[] }> {
  const known = await Promise.all(
    parts.hosts.map(async (host, place) => {
      const needs = dockerNeeds(open, host.name, place === 0);
      return [host.name, await dockerFacts(host, needs, parts.seen(host), parts)] as const;
    }),
  );
  const facts: Facts = { hosts: new Map(known), doneTasks };
  const dear = dearNeeds(open, facts);
  if (dear.length === 0) return { facts, dear };
  const all = await Promise.all(
    parts.hosts.map(async (host, place) => {
      const those = dear.filter((check) => {
        const [said] = Object.values(check);
        return said?.host === undefined ? place === 0 : said.host === host.name;
      });
      const found = facts.hosts.get(host.name);
      if (found === undefined) throw new Error(`look: no facts of the host ${host.name}`);
      return [host.name, those.length === 0 ? found : await withDearFacts(host, found, those, parts)] as const;
    }),
  );
  return { facts: { hosts: new Map(all), doneTasks }, dear };
}
