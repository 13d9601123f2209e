// Builds the catalogue's Dockerfiles: in a host of its own, that no student has, with the builder that students have.

import { availableParallelism, totalmem } from 'node:os';
import { loginFor, type Registries, withLogin } from '../catalogue/fetch-image.ts';
import type { CatalogueEntry } from '../catalogue/layout.ts';
import type { Order, Workshop } from '../catalogue/workshop.ts';
import type { Engine } from '../engine.ts';
import { createWorkshopHost } from '../hosts/create.ts';
import type { Host } from '../hosts/host.ts';
import { removeHost } from '../hosts/remove.ts';
import { startHost } from '../hosts/start.ts';
import { workshopName } from '../hosts/workshop-name.ts';
import { familiarName, parseReference } from '../images/reference.ts';
import { maxWorkshopMemoryBytes, workshopDiskBytes, workshopPids } from '../limits.ts';
import { contextOf } from './context.ts';
import { finishImage } from './finish-image.ts';
import { Telling } from './telling.ts';
import { openWayOut, type WayOut } from './way-out.ts';

/** The image that its host stands on: a shell is all that it needs of it. */
const workspace = 'base-busybox';

interface Opened {
  readonly host: Host;
  readonly wayOut: WayOut;
}

export class HostWorkshop implements Workshop {
  readonly #engine: Engine;
  readonly #registries: Registries;
  #opened: Opened | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #building = 0;

  constructor(engine: Engine, registries: Registries) {
    this.#engine = engine;
    this.#registries = registries;
  }

  async build(order: Order): Promise<void> {
    this.#building += 1;
    try {
      await this.#build(order);
    } finally {
      this.#building -= 1;
    }
  }

  async #build({ recipe, bases, layout, signal, onStep }: Order): Promise<void> {
    const { source, directory } = recipe;
    if (source.kind !== 'dockerfile') return;
    const { host, wayOut } = await this.#open();
    const { builds } = host.images;
    for (const [reference, entry] of bases) await builds.take(entry, parseReference(reference), signal);
    for (const reference of recipe.foreign) await this.#fetch(host, reference, signal);
    const builder = await host.builder();
    const values = { ...wayOut.environment, ...source.args };
    const args = Object.entries(values).map(([name, value]) => [`build-arg:${name}`, value] as const);
    const telling = new Telling(onStep);
    try {
      await using built = await builder.buildHere(await contextOf(directory), Object.fromEntries(args), {
        tell: (event) => telling.tell(event),
        signal,
      });
      await finishImage({ recipe, bases, host, built, layout, signal, onStep });
    } catch (error) {
      throw telling.failure(error);
    }
  }

  /** An image of a registry, once: by who the machine is there. */
  async #fetch(host: Host, reference: string, signal: AbortSignal): Promise<void> {
    const { domain, path, tag, digest } = parseReference(reference);
    const credentials = loginFor(domain, this.#registries);
    const name = familiarName({ domain, path });
    try {
      for await (const _ of await host.images.pull(name, digest ?? tag ?? 'latest', { signal, credentials }));
    } catch (error) {
      throw withLogin(error, domain, this.#registries);
    }
  }

  async keep(entry: CatalogueEntry): Promise<void> {
    this.#opened?.host.images.builds.giveToCatalogue(entry.layers.map(({ diffId }) => diffId));
  }

  rest(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#building > 0) return;
      this.#opened?.wayOut.close();
      this.#opened = null;
      const host = this.#engine.hosts.get(workshopName);
      if (host) await removeHost(host);
    });
  }

  /** Where its host has ended meanwhile, by whatever, it is started again. */
  #open(): Promise<Opened> {
    return this.#inTurn(async () => {
      if (this.#opened?.host.running) return this.#opened;
      this.#opened?.wayOut.close();
      this.#opened = null;
      this.#opened = await this.#start();
      return this.#opened;
    });
  }

  /** The host is not removed while it is made, nor the other way round. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** An engine that was killed has left its host, and what was built in it. */
  async #start(): Promise<Opened> {
    const engine = this.#engine;
    const there = engine.hosts.get(workshopName);
    if (there) await startHost(there);
    const host =
      there ??
      (await createWorkshopHost(
        engine,
        {
          cpus: availableParallelism(),
          memoryBytes: Math.min(maxWorkshopMemoryBytes, Math.floor(totalmem() / 2)),
          pids: workshopPids,
          diskBytes: workshopDiskBytes,
        },
        workspace,
      ));
    return { host, wayOut: openWayOut(host.record.pid, engine.log) };
  }
}
