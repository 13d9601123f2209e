// Asks the engine for what checks want to know of registries: the hub's repositories, what hosts have pushed and pulled, and where
// images came from.

import type { DockerClient } from '@drydock/runtime';
import {
  anonymous,
  type Check,
  everyCheck,
  type FromRepository,
  fromOf,
  hostOf,
  hubName,
  type Task,
} from '../../../lessons/schema.ts';
import type { EngineLink } from '../../engine-link.ts';
import type { WatchedHost } from '../../hosts/watched-host.ts';
import { checkWaitMs, maxInspected } from '../../limits.ts';
import { mapOf, orNull } from '../ask.ts';
import type { Compared } from '../compared.ts';
import { imageFrom } from '../docker-facts.ts';
import type { HostFacts } from '../facts.ts';
import type { MoveFact, RepositoryFact } from './facts.ts';
import { isDigest } from './moves-check.ts';
import { parseRepository } from './names.ts';
import { compareOrigin, type Origin, originKey } from './origin.ts';

export interface RegistryNeeds {
  /** By the host's name, the repositories of the hub that are asked for there. */
  readonly repositories: ReadonlyMap<string, ReadonlySet<string>>;
  /** Hosts, or `anonymous`, by the repository that they may pull or may not. */
  readonly pullers: ReadonlyMap<string, ReadonlySet<string>>;
  /** Hosts whose pushes and pulls are asked for. */
  readonly moves: ReadonlySet<string>;
  /** By the host's name, where containers and images of it should have come from. */
  readonly origins: ReadonlyMap<string, readonly FromRepository[]>;
}

const checksOf = (tasks: readonly Task[]): readonly Check[] =>
  tasks.flatMap(({ check, slips }) => [check, ...slips.map(({ when }) => when)]).flatMap(everyCheck);

/** Whether a check asks for what the hub holds. */
export function asksForHub(tasks: readonly Task[]): boolean {
  return registryNeeds(checksOf(tasks), '').repositories.size > 0;
}

/** Of the open tasks of a lab; `first` is the host that is meant where a check names none. */
export function registryNeeds(checks: readonly Check[], first: string): RegistryNeeds {
  const repositories = new Map<string, Set<string>>();
  const pullers = new Map<string, Set<string>>();
  const moves = new Set<string>();
  const origins = new Map<string, FromRepository[]>();
  const add = (to: Map<string, Set<string>>, key: string, ...values: readonly string[]): void => {
    to.set(key, new Set([...(to.get(key) ?? []), ...values]));
  };
  for (const check of checks) {
    const host = hostOf(check) ?? first;
    if ('repository' in check) {
      const { name, mayPull = [], mayNotPull = [] } = check.repository;
      const { registry, repository } = parseRepository(name);
      if (registry !== hubName) continue;
      add(repositories, host, repository);
      add(pullers, repository, ...mayPull, ...mayNotPull);
    }
    if ('pushed' in check) moves.add(host);
    if ('pulled' in check) {
      moves.add(host);
      if (check.pulled.pushedBy !== undefined) moves.add(check.pulled.pushedBy);
    }
    const from = fromOf(check);
    if (from === undefined) continue;
    origins.set(host, [...(origins.get(host) ?? []), from]);
    if (from.tag !== undefined) add(repositories, host, parseRepository(from.name).repository);
    if (from.pushedBy !== undefined) moves.add(from.pushedBy);
  }
  return { repositories, pullers, moves, origins };
}

export interface RegistryParts {
  readonly hosts: readonly WatchedHost[];
  readonly link: EngineLink;
  /** The tasks that were done at a moment, in milliseconds since 1970. */
  readonly doneBy: (atMs: number) => ReadonlySet<string>;
}

/** `facts` with all that is needed of registries, but of those of the student's own. Throws what the engine throws. */
export async function withRegistryFacts(
  facts: ReadonlyMap<string, HostFacts>,
  tasks: readonly Task[],
  parts: RegistryParts,
): Promise<ReadonlyMap<string, HostFacts>> {
  const { hosts } = parts;
  const needs = registryNeeds(checksOf(tasks), hosts[0]?.name ?? '');
  if (needs.repositories.size + needs.moves.size + needs.origins.size === 0) return facts;
  const moves = await mapOf(needs.moves, (name) => movesOf(name, parts));
  const names = new Set([...needs.repositories.values()].flatMap((each) => [...each]));
  const repositories = await mapOf(names, (name) => repositoryFact(name, needs.pullers.get(name) ?? new Set(), parts));
  const looked = hosts.map(async (host) => {
    const known = facts.get(host.name);
    if (known === undefined) throw new Error(`look: no facts of the host ${host.name}`);
    const own = needs.repositories.get(host.name) ?? new Set();
    const now: HostFacts = {
      ...known,
      moves: moves.get(host.name) ?? null,
      repositories: new Map([...repositories].filter(([name]) => own.has(name))),
    };
    const wanted = needs.origins.get(host.name) ?? [];
    const movesOn = (name: string) => moves.get(name);
    return [host.name, wanted.length === 0 ? now : await withOrigins(now, wanted, host.docker, movesOn)] as const;
  });
  return new Map(await Promise.all(looked));
}

async function movesOf(name: string, { hosts, link, doneBy }: RegistryParts): Promise<readonly MoveFact[]> {
  const host = hosts.find((each) => each.name === name);
  if (host === undefined) return [];
  const moves = await link.call((engine) => engine.moves(host.info.name), checkWaitMs);
  return moves.map((move) => ({ ...move, doneTasks: doneBy(move.endedAt ?? Number.POSITIVE_INFINITY) }));
}

async function repositoryFact(
  name: string,
  pullers: ReadonlySet<string>,
  { hosts, link }: RegistryParts,
): Promise<RepositoryFact> {
  const has = await link.call((engine) => engine.hub.repository(name), checkWaitMs);
  const mayPull = await mapOf(pullers, async (puller) => {
    const host = hosts.find((each) => each.name === puller);
    const account = puller === anonymous ? null : (host?.info.hubAccount ?? null);
    return (await link.call((engine) => engine.hub.rights(account, name), checkWaitMs)).pull;
  });
  if (has === null) {
    const [namespace = ''] = name.split('/');
    const others = await link.call((engine) => engine.hub.repositories(namespace), checkWaitMs);
    return {
      silence: null,
      exists: false,
      visibility: null,
      tags: new Map(),
      mayPull,
      others: others.map((one) => one.name),
    };
  }
  const tags = new Map(has.tags.map((tag) => [tag.name, { digest: tag.digest, imageId: tag.imageId }] as const));
  return { silence: null, exists: true, visibility: has.visibility, tags, mayPull, others: [] };
}

/** With `origins` of each container and image. */
async function withOrigins(
  facts: HostFacts,
  wanted: readonly FromRepository[],
  docker: DockerClient,
  movesOn: (host: string) => readonly MoveFact[] | undefined,
): Promise<HostFacts> {
  const { repositories } = facts;
  const origins = (origin: Origin): ReadonlyMap<string, Compared> =>
    new Map(wanted.map((each) => [originKey(each), compareOrigin(each, origin, { repositories, movesOf: movesOn })]));
  const ids = new Set(facts.containers.slice(0, maxInspected).map(({ imageId }) => imageId));
  const images = await mapOf(ids, async (id) => {
    const answer = await orNull(docker.request('GET', `/images/${encodeURIComponent(id)}/json`));
    return answer === null ? [] : imageFrom(answer).repoDigests;
  });
  return {
    ...facts,
    containers: facts.containers.map((one) => {
      const repoDigests = images.get(one.imageId);
      const byDigest = isDigest(one.image.slice(one.image.indexOf('@') + 1)) && one.image.includes('@');
      return repoDigests === undefined ? one : { ...one, origins: origins({ repoDigests, byDigest }) };
    }),
    images: new Map(
      [...facts.images].map(([name, image]) => [
        name,
        image === null
          ? null
          : { ...image, origins: origins({ repoDigests: image.repoDigests, byDigest: name.includes('@') }) },
      ]),
    ),
  };
}
