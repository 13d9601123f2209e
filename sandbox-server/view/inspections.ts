// Facts that only `inspect` has: when a container started and ended, its health and limits, and an image's layers. Each is inspected once, and a container
// again when something has happened to it.

import type { DockerClient } from '@drydock/runtime';
import { kindOf } from '../errors.ts';
import type { ViewLayer } from '../protocol.ts';
import { type ContainerTimes, type ListedImage, type ShownContainer, timesFrom } from './docker-answers.ts';
import { type Inspected, inspectedFrom } from './inspected.ts';
import { layersFrom } from './layers.ts';

/** With the state that the container was listed in when it was inspected. */
interface Known {
  readonly times: ContainerTimes;
  readonly inspected: Inspected;
  readonly listedAs: string;
}

export class Inspections {
  readonly #docker: DockerClient;
  /** Containers that something happened to since they were inspected. */
  readonly #touched = new Set<string>();
  #known: ReadonlyMap<string, Known> = new Map();
  #layers: ReadonlyMap<string, readonly ViewLayer[]> = new Map();

  constructor(docker: DockerClient) {
    this.#docker = docker;
  }

  /** By the container's id, of those that were last given to `look`. */
  get times(): ReadonlyMap<string, ContainerTimes> {
    return new Map([...this.#known].map(([id, { times }]) => [id, times]));
  }

  /** The same. */
  get inspected(): ReadonlyMap<string, Inspected> {
    return new Map([...this.#known].map(([id, { inspected }]) => [id, inspected]));
  }

  /** By the image's id, of those that were last given to `look`. */
  get layers(): ReadonlyMap<string, readonly ViewLayer[]> {
    return this.#layers;
  }

  /** Something has happened to a container. */
  touch(container: string): void {
    this.#touched.add(container);
  }

  /** Anything may have happened to any container. Images never change. */
  forgetContainers(): void {
    this.#known = new Map();
  }

  /** Inspects those that are not known yet, and forgets those in neither list. Throws what the engine throws, and ZodError. */
  async look(containers: readonly ShownContainer[], images: readonly ListedImage[]): Promise<void> {
    const touched = new Set(this.#touched);
    this.#touched.clear();
    try {
      [this.#known, this.#layers] = await Promise.all([
        mapOf(containers, (one) => this.#inspect(one, touched.has(one.id))),
        mapOf(images, async ({ id }) => this.#layers.get(id) ?? this.#layersOf(id)),
      ]);
    } catch (error) {
      for (const id of touched) this.#touched.add(id);
      throw error;
    }
  }

  async #inspect({ id, state }: ShownContainer, isTouched: boolean): Promise<Known> {
    const known = this.#known.get(id);
    // The container may be in another state already. The event of that is still to come.
    if (known && known.listedAs === state && !isTouched) return known;
    const answer = await this.#docker.request('GET', `/containers/${id}/json`);
    const now = timesFrom(answer);
    const times = { ...now, readyMs: now.readyMs ?? known?.times.readyMs ?? null };
    return { times, inspected: inspectedFrom(answer), listedAs: state };
  }

  async #layersOf(image: string): Promise<readonly ViewLayer[]> {
    const place = `/images/${encodeURIComponent(image)}`;
    const [history, inspected] = await Promise.all([
      this.#docker.request('GET', `${place}/history`),
      this.#docker.request('GET', `${place}/json`),
    ]);
    return layersFrom(history, inspected);
  }
}

/** By id. One that was removed meanwhile is missing; the event of that makes us look again. */
async function mapOf<T extends { readonly id: string }, V>(
  things: readonly T[],
  ask: (thing: T) => Promise<V>,
): Promise<ReadonlyMap<string, V>> {
  const found = new Map<string, V>();
  await Promise.all(
    things.map(async (thing) => {
      try {
        found.set(thing.id, await ask(thing));
      } catch (error) {
        if (kindOf(error) !== 'notFound') throw error;
      }
    }),
  );
  return found;
}
