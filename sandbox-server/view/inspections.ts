// What only inspecting tells of containers and images: when a container started and ended, and an image's layers. Each is
// inspected once, and a container again when something has happened to it.

import type { DockerClient } from '@drydock/runtime';
import { kindOf } from '../errors.ts';
import type { ViewLayer } from '../protocol.ts';
import { type ContainerTimes, type ListedImage, type ShownContainer, timesFrom } from './docker-answers.ts';
import { layersFrom } from './layers.ts';

/** With the state that the container was listed in when it was inspected. */
interface KnownTimes extends ContainerTimes {
  readonly listedAs: string;
}

export class Inspections {
  readonly #docker: DockerClient;
  /** Containers that something happened to since they were inspected. */
  readonly #touched = new Set<string>();
  #times: ReadonlyMap<string, KnownTimes> = new Map();
  #layers: ReadonlyMap<string, readonly ViewLayer[]> = new Map();

  constructor(docker: DockerClient) {
    this.#docker = docker;
  }

  /** By the container's id, of those that were last given to `look`. */
  get times(): ReadonlyMap<string, ContainerTimes> {
    return this.#times;
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
    this.#times = new Map();
  }

  /** Inspects what is not known yet; what is in neither list is forgotten. Throws what the engine throws, and ZodError. */
  async look(containers: readonly ShownContainer[], images: readonly ListedImage[]): Promise<void> {
    const touched = new Set(this.#touched);
    this.#touched.clear();
    try {
      [this.#times, this.#layers] = await Promise.all([
        mapOf(containers, (one) => this.#timesOf(one, touched.has(one.id))),
        mapOf(images, async ({ id }) => this.#layers.get(id) ?? this.#layersOf(id)),
      ]);
    } catch (error) {
      for (const id of touched) this.#touched.add(id);
      throw error;
    }
  }

  async #timesOf({ id, state }: ShownContainer, isTouched: boolean): Promise<KnownTimes> {
    const known = this.#times.get(id);
    // It may be in another state already, and the event of that be still to come.
    if (known && known.listedAs === state && !isTouched) return known;
    const now = timesFrom(await this.#docker.request('GET', `/containers/${id}/json`));
    return { ...now, readyMs: now.readyMs ?? known?.readyMs ?? null, listedAs: state };
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

/** By id; what went away while it was asked for is missing, and its own event makes us look again. */
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
