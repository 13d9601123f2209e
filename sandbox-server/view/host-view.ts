// Keeps one host's view right while somebody looks: driven by Docker's events, and a slow poll for what only use tells.
// Independent of message transport.

import { setTimeout as delay } from 'node:timers/promises';
import type { DockerClient, HostInfo, HostUsage } from '@drydock/runtime';
import type { EngineLink } from '../engine-link.ts';
import { kindOf } from '../errors.ts';
import {
  calmUsePollMs,
  calmUsePolls,
  engineProbeMs,
  maxViewContainers,
  maxViewImages,
  usePollMs,
  viewDelayMs,
  viewIntervalMs,
  viewWaitMs,
} from '../limits.ts';
import type { View, ViewLayer, ViewMachine } from '../protocol.ts';
import { monotonicMs } from '../rate-limit.ts';
import { viewOf } from './build.ts';
import {
  type ContainerTimes,
  containersFrom,
  imagesFrom,
  kernelFrom,
  type ListedContainer,
  type ListedImage,
  type ListedNetwork,
  networksFrom,
  timesFrom,
} from './facts.ts';
import { layersFrom } from './layers.ts';
import { emulatorOf, type MachineState, machineFrom, machineStateFrom, machineStatePath } from './machine.ts';

export interface HostViewParts {
  /** The lab's name of it. */
  readonly name: string;
  readonly info: HostInfo;
  readonly docker: DockerClient;
  readonly link: EngineLink;
  /** As it was when somebody last looked. */
  readonly machine: ViewMachine | null;
  readonly told: (view: View) => void;
  readonly failed: (error: unknown) => void;
}

interface Listed {
  readonly containers: readonly ListedContainer[];
  readonly images: readonly ListedImage[];
  readonly networks: readonly ListedNetwork[];
}

/** With the state that the container was listed in when it was inspected. */
interface KnownTimes extends ContainerTimes {
  readonly listedAs: string;
}

export class HostView {
  readonly #parts: HostViewParts;
  readonly #abort = new AbortController();
  /** Containers that something happened to since they were inspected. */
  readonly #touched = new Set<string>();
  #times: ReadonlyMap<string, KnownTimes> = new Map();
  #layers: ReadonlyMap<string, readonly ViewLayer[]> = new Map();
  #listed: Listed | null = null;
  /** The last look at everything came to nothing. */
  #stale = true;
  #kernel = '';
  #machine: ViewMachine | null;
  #machineState: { readonly pid: number; readonly state: MachineState | null } | null = null;
  #view: View | null = null;
  #told = '';
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  /** What the next look is for: everything, or use alone; null while none is wanted. */
  #wanted: 'all' | 'use' | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #calmPolls = 0;

  /** Looks at once. */
  constructor(parts: HostViewParts) {
    this.#parts = parts;
    this.#machine = parts.machine;
    void this.#listen();
    void this.#poll();
  }

  /** What was told last; null before the first look. */
  get view(): View | null {
    return this.#view;
  }

  /** What is used may have changed: looks at that soon. */
  poke(): void {
    this.#calmPolls = 0;
    this.#want('use');
  }

  release(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  async #listen(): Promise<void> {
    const { signal } = this.#abort;
    let pauseMs = engineProbeMs / 4;
    while (!signal.aborted) {
      try {
        const events = await this.#parts.docker.events(signal);
        pauseMs = engineProbeMs / 4;
        // What happened before is in no event.
        this.#times = new Map();
        this.#want('all');
        for await (const { Type, Actor } of events) {
          if (Type === 'container') this.#touched.add(Actor.ID);
          this.#calmPolls = 0;
          this.#want('all');
        }
      } catch (error) {
        if (!signal.aborted && kindOf(error) !== 'unavailable') this.#parts.failed(error);
      }
      if (signal.aborted) return;
      this.#parts.link.suspect();
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, engineProbeMs * 10);
    }
  }

  async #poll(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const waitMs = this.#calmPolls < calmUsePolls ? usePollMs : calmUsePollMs;
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.#calmPolls += 1;
      this.#want('use');
    }
  }

  #want(what: 'all' | 'use'): void {
    if (this.#abort.signal.aborted) return;
    if (this.#wanted !== 'all') this.#wanted = what;
    if (this.#looking || this.#timer !== undefined) return;
    const waitMs = Math.max(viewDelayMs, this.#lookedMs + viewIntervalMs - monotonicMs());
    this.#timer = setTimeout(() => void this.#look(), waitMs);
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#looking = true;
    this.#lookedMs = monotonicMs();
    const everything = this.#wanted === 'all' || this.#stale;
    this.#wanted = null;
    this.#stale = everything;
    try {
      const { link, info } = this.#parts;
      const usage = link.call((engine) => engine.usage(info.name), viewWaitMs);
      // Whichever fails first is told; the other must not go unheard.
      const [listed, used] = await Promise.all([everything ? this.#list() : this.#listed, usage]);
      if (this.#abort.signal.aborted || listed === null) return;
      this.#listed = listed;
      this.#stale = false;
      await this.#measureMachine(used);
      this.#tell(listed, used);
    } catch (error) {
      // Away or stopped: `#listen` comes back and looks again.
      if (!this.#abort.signal.aborted && kindOf(error) !== 'unavailable') this.#parts.failed(error);
    } finally {
      this.#looking = false;
      if (this.#wanted !== null) this.#want(this.#wanted);
    }
  }

  async #list(): Promise<Listed> {
    const { docker } = this.#parts;
    const touched = new Set(this.#touched);
    this.#touched.clear();
    const [containers, images, networks] = await Promise.all([
      docker.request('GET', '/containers/json?all=1').then(containersFrom),
      docker.request('GET', '/images/json').then(imagesFrom),
      docker.request('GET', '/networks').then(networksFrom),
    ]);
    const [times, layers] = await Promise.all([
      mapOf(containers.slice(0, maxViewContainers), async ({ id, state }) => {
        const before = this.#times.get(id);
        // It may be in another state already, and the event of that be still to come.
        if (before && before.listedAs === state && !touched.has(id)) return before;
        const now = timesFrom(await docker.request('GET', `/containers/${id}/json`));
        return { ...now, readyMs: now.readyMs ?? before?.readyMs ?? null, listedAs: state };
      }),
      mapOf(images.slice(0, maxViewImages), async ({ id }) => {
        const known = this.#layers.get(id);
        if (known) return known;
        const place = `/images/${encodeURIComponent(id)}`;
        const answers = await Promise.all([
          docker.request('GET', `${place}/history`),
          docker.request('GET', `${place}/json`),
        ]);
        return layersFrom(...answers);
      }),
    ]);
    this.#times = times;
    this.#layers = layers;
    if (this.#kernel === '') this.#kernel = kernelFrom(await docker.request('GET', '/version'));
    return { containers, images, networks };
  }

  async #measureMachine(usage: HostUsage): Promise<void> {
    const emulator = emulatorOf(usage);
    if (emulator && (this.#machineState?.pid !== emulator.pid || this.#machineState.state === null)) {
      const { link, info } = this.#parts;
      const file = await link
        .call((engine) => engine.readFile(info.name, machineStatePath), viewWaitMs)
        .catch(() => null); // not written yet, or the student has put something else there
      this.#machineState = { pid: emulator.pid, state: file && machineStateFrom(file.bytes) };
    }
    this.#machine = machineFrom(emulator, this.#machineState?.state ?? null, this.#machine);
    // Its start and end make no event: look often while it boots.
    if (this.#machine?.state === 'booting') this.#calmPolls = 0;
  }

  #tell(listed: Listed, usage: HostUsage): void {
    const { name, told } = this.#parts;
    const facts = { ...listed, host: name, times: this.#times, layers: this.#layers, usage };
    const view = viewOf({ ...facts, machine: this.#machine, kernel: this.#kernel });
    const telling = JSON.stringify(view);
    if (telling === this.#told) return;
    this.#told = telling;
    this.#calmPolls = 0;
    this.#view = view;
    told(view);
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
