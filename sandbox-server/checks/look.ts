// Asks the engine for the facts that open tasks hang on.

import type { DockerClient } from '@drydock/runtime';
import type { Task } from '../../lessons/schema.ts';
import type { EngineLink } from '../engine-link.ts';
import type { WatchedHost } from '../hosts/watched-host.ts';
import { checkWaitMs, maxInspected } from '../limits.ts';
import { mapOf, orNull } from './ask.ts';
import { asksForBuilds, withBuildFacts } from './builds/look.ts';
import { readLog } from './container-log.ts';
import { containerFact, detailsFrom, historyFrom, imageFrom, networkFrom, volumeFrom } from './docker-facts.ts';
import { type ContainerFact, emptyHost, type Facts, type HostFacts } from './facts.ts';
import { checkMark } from './http-answer.ts';
import { isSameName, namedImage } from './image-name.ts';
import { type CloseLookParts, withDearFacts } from './look-closely.ts';
import { type DearCheck, type DockerNeeds, dearNeeds, dockerNeeds } from './needs.ts';
import { withRegistryFacts } from './registries/look.ts';
import type { Seen } from './seen.ts';

export interface LookParts extends CloseLookParts {
  readonly seen: (host: WatchedHost) => Seen;
  /** The tasks that were done at a moment, in milliseconds since 1970. */
  readonly doneBy: (atMs: number) => ReadonlySet<string>;
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
      // Our own visits are not the student's.
      logs.set(
        name,
        log
          .split('\n')
          .filter((line) => !line.includes(checkMark))
          .join('\n'),
      );
    } catch {
      // The container was removed meanwhile. The event of that makes us look again.
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
  // Of a container that has ended and was removed, the image's name is known but not its id.
  const gone = needs.sameImages.size === 0 ? [] : seen.ended.map(({ image }) => image);
  const wantedIds = await imageIds(host, needs.sameImages, link);
  const goneIds = await imageIds(host, new Set(gone), link);
  const namesOf = (id: string | undefined) => [...wantedIds].flatMap(([name, its]) => (its === id ? [name] : []));
  const [containers, logs, images, networks, volumes] = await Promise.all([
    needs.details
      ? Promise.all(listed.map((each, place) => (place < maxInspected ? withDetails(docker, each) : each)))
      : listed,
    logsOf(host, needs.logs, listed, signal),
    mapOf(needs.images, async (name) => {
      const answer = await orNull(docker.request('GET', `/images/${asPath(name)}/json`));
      if (answer === null || !needs.histories.has(name)) return answer === null ? null : imageFrom(answer);
      const history = await orNull(docker.request('GET', `/images/${asPath(name)}/history`));
      return { ...imageFrom(answer), history: history === null ? [] : historyFrom(history) };
    }),
    mapOf(needs.networks, async (name) => {
      const answer = await orNull(docker.request('GET', `/networks/${asPath(name)}`));
      return answer === null ? null : networkFrom(answer);
    }),
    mapOf(needs.volumes, async (name) => {
      const answer = await orNull(docker.request('GET', `/volumes/${asPath(name)}`));
      return answer === null ? null : volumeFrom(answer);
    }),
  ]);
  // What only a build needs is in no list, as at Docker.
  const unlisted = new Set([...needs.bases].filter((name) => images.get(name) === null));
  const bases = await mapOf(unlisted, (name) =>
    orNull(link.call((engine) => engine.baseImage(host.info.name, name), checkWaitMs)),
  );
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
    bases,
    networks,
    volumes,
  };
}

export interface Looked {
  readonly facts: Facts;
  readonly dear: readonly DearCheck[];
  /** For how long the whole server waited while this read what a student has written. */
  readonly blockedMs: number;
}

/** Everything that the tasks `open` hang on now. Throws what the engine throws. */
export async function look(open: readonly Task[], doneTasks: ReadonlySet<string>, parts: LookParts): Promise<Looked> {
  const known = await Promise.all(
    parts.hosts.map(async (host, place) => {
      const needs = dockerNeeds(open, host.name, place === 0);
      return [host.name, await dockerFacts(host, needs, parts.seen(host), parts)] as const;
    }),
  );
  const withBuilds = asksForBuilds(open) ? await withBuildFacts(new Map(known), open, parts) : new Map(known);
  const facts: Facts = { hosts: await withRegistryFacts(withBuilds, open, parts), doneTasks };
  const dear = dearNeeds(open, facts);
  if (dear.length === 0) return { facts, dear, blockedMs: 0 };
  const all = await Promise.all(
    parts.hosts.map(async (host, place) => {
      const those = dear.filter((check) => {
        const [said] = Object.values(check);
        return said?.host === undefined ? place === 0 : said.host === host.name;
      });
      const found = facts.hosts.get(host.name);
      if (found === undefined) throw new Error(`look: no facts of the host ${host.name}`);
      const looked =
        those.length === 0 ? { facts: found, blockedMs: 0 } : await withDearFacts(host, found, those, parts);
      return { name: host.name, ...looked };
    }),
  );
  return {
    facts: { hosts: new Map(all.map(({ name, facts: told }) => [name, told])), doneTasks },
    dear,
    blockedMs: all.reduce((sum, { blockedMs }) => sum + blockedMs, 0),
  };
}
