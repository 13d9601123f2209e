// Puts the view of a lab's registries together from facts, bounded. Pure: the same facts, the same view. Names in the facts are a
// student's.

import type { HubRepositoryNow, ImageMove } from '@drydock/runtime';
import { hubName } from '../../lessons/schema.ts';
import type { RegistriesView, ViewMove, ViewRegistry, ViewRepository, ViewTag } from '../protocol.ts';
import { plainText } from './plain-text.ts';

export interface RegistryFacts {
  /** Of the lab's namespaces on the hub. */
  readonly repositories: readonly HubRepositoryNow[];
  /** By the lab's name of the host, the oldest first. */
  readonly moves: ReadonlyMap<string, readonly ImageMove[]>;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

const most = { registries: 4, repositories: 12, tags: 8, layers: 40 };
/** Its images have names without a registry's, and every lab pulls some. */
const dockerHub = 'docker.io';

/** A push by reference is over before anybody could see it: what ended so long ago at most is shown once more. */
const freshMs = 10_000;

function short(digest: string): string {
  const start = digest.indexOf(':') + 1;
  return plainText(digest.slice(start, start + 12), 12);
}

export function registriesView({ repositories, moves, nowMs }: RegistryFacts): RegistriesView {
  const all = [...moves].flatMap(([host, its]) =>
    its.filter(({ registry }) => registry !== dockerHub).map((move) => ({ host, move })),
  );
  const last = [...moves.keys()].flatMap((host) => all.findLast((one) => one.host === host) ?? []);
  const hub = repositories.map(hubRepository);
  const isHubUsed = hub.length > 0 || all.some(({ move }) => move.registry === hubName);
  const reached = all.filter(({ move }) => move.state === 'done');
  const others = [...new Set(reached.map(({ move }) => move.registry))].filter((name) => name !== hubName);
  const registries: ViewRegistry[] = [
    ...(isHubUsed ? [{ name: hubName, hub: true, repositories: hub }] : []),
    ...others.map((name) => ({ name: plainText(name, 64), hub: false, repositories: sentTo(name, all) })),
  ];
  const isMore =
    registries.length > most.registries ||
    registries.some(
      (registry) =>
        registry.repositories.length > most.repositories ||
        registry.repositories.some(({ tags }) => tags.length > most.tags),
    ) ||
    last.some(({ move }) => move.layers.length > most.layers);
  return {
    type: 'registries',
    registries: registries.slice(0, most.registries).map((registry) => ({
      ...registry,
      repositories: registry.repositories
        .slice(0, most.repositories)
        .map((repository) => ({ ...repository, tags: repository.tags.slice(0, most.tags) })),
    })),
    moves: last.sort((a, b) => a.move.beganAt - b.move.beganAt).map(({ host, move }) => viewMove(host, move, nowMs)),
    more: isMore,
  };
}

function hubRepository({ name, visibility, tags }: HubRepositoryNow): ViewRepository {
  return {
    name: plainText(name, 100),
    visibility,
    tags: tags.map((tag) => ({ name: plainText(tag.name, 64), digest: short(tag.digest) })),
  };
}

/** What the lab's hosts have sent to a registry, and fetched from it: the tags as they were then. */
function sentTo(registry: string, all: readonly { readonly move: ImageMove }[]): readonly ViewRepository[] {
  const found = new Map<string, Map<string, ViewTag>>();
  const done = all.map(({ move }) => move).filter((move) => move.registry === registry && move.state === 'done');
  for (const { repository, reference, digest } of done.sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))) {
    const tags = found.get(repository) ?? new Map<string, ViewTag>();
    found.set(repository, tags);
    if (reference.includes(':')) continue;
    tags.delete(reference);
    tags.set(reference, { name: plainText(reference, 64), digest: short(digest ?? '') });
  }
  return [...found].map(([name, tags]) => ({
    name: plainText(name, 100),
    visibility: null,
    tags: [...tags.values()].reverse(),
  }));
}

function viewMove(host: string, move: ImageMove, nowMs: number): ViewMove {
  const { id, direction, registry, repository, reference, state, layers, endedAt } = move;
  // Where there are too many, the base and those on top say most.
  const left = layers.length - most.layers;
  const told = left > 0 ? [...layers.slice(0, 1), ...layers.slice(left + 1)] : layers;
  return {
    id,
    host,
    direction,
    registry: plainText(registry, 64),
    repository: plainText(repository, 100),
    reference: reference.includes(':') ? `@${short(reference)}` : plainText(reference, 64),
    state,
    fresh: endedAt === null || Math.abs(nowMs - endedAt) < freshMs,
    layers: told.map((layer) => ({
      id: plainText(layer.id, 12),
      bytes: layer.bytes,
      movedBytes: layer.movedBytes,
      state: layer.state,
    })),
  };
}
