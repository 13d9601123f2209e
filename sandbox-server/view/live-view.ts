// Keeps one host's view up to date while a page is open: by Docker's events, and a slow poll for the use of memory and CPU.
// Independent of message transport.

import type { DockerEvent, HostUsage } from '@drydock/runtime';
import type { EngineLink } from '../engine-link.ts';
import { kindOf } from '../errors.ts';
import { HeldAnswer } from '../hosts/held-answer.ts';
import { pollWaitMs, SlowingPoll } from '../hosts/slowing-poll.ts';
import { changesHost, type WatchedHost } from '../hosts/watched-host.ts';
import { maxViewContainers, maxViewImages, usePollMs, viewDelayMs, viewIntervalMs, viewWaitMs } from '../limits.ts';
import type { View, ViewMachine } from '../protocol.ts';
import { monotonicMs } from '../rate-limit.ts';
import { viewOf } from './build.ts';
import {
  imagesFrom,
  kernelFrom,
  type ListedImage,
  type ListedNetwork,
  networksFrom,
  type ShownContainer,
  shownContainer,
  volumesFrom,
} from './docker-answers.ts';
import { Inspections } from './inspections.ts';
import { emulatorOf, type MachineState, machineFrom, machineStateFrom, machineStatePath } from './machine.ts';

export interface LiveViewParts {
  readonly host: WatchedHost;
  readonly link: EngineLink;
  /** As it was when a page was last open. */
  readonly machine: ViewMachine | null;
  readonly told: (view: View) => void;
  readonly failed: (error: unknown) => void;
}

interface Listed {
  readonly containers: readonly ShownContainer[];
  readonly images: readonly ListedImage[];
  readonly networks: readonly ListedNetwork[];
  readonly volumes: readonly string[];
}

/** What is done with a volume that stays as it is: it is mounted for a container, or let go of. */
const changeNoVolume: readonly string[] = ['mount', 'unmount'];

export class LiveView {
  readonly #parts: LiveViewParts;
  readonly #poll: SlowingPoll;
  readonly #leaveHost: () => void;
  readonly #inspections: Inspections;
  readonly #images: HeldAnswer<readonly ListedImage[]>;
  readonly #networks: HeldAnswer<readonly ListedNetwork[]>;
  readonly #volumes: HeldAnswer<readonly string[]>;
  #released = false;
  #listed: Listed | null = null;
  /** The last look at everything failed. */
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

  /** Looks as soon as the subscription to the host's events stands. */
  constructor(parts: LiveViewParts) {
    const { host, machine } = parts;
    this.#parts = parts;
    this.#machine = machine;
    this.#inspections = new Inspections(host.docker);
    this.#images = new HeldAnswer(async () => imagesFrom(await host.docker.request('GET', '/images/json')));
    this.#networks = new HeldAnswer(async () => networksFrom(await host.docker.request('GET', '/networks')));
    this.#volumes = new HeldAnswer(async () => volumesFrom(await host.docker.request('GET', '/volumes')));
    this.#poll = new SlowingPoll(
      (calmMs) => pollWaitMs(calmMs, usePollMs),
      () => {
        this.#want('use');
        this.#poll.schedule();
      },
    );
    this.#poll.schedule();
    this.#leaveHost = host.listen({
      subscribed: () => this.#subscribed(),
      happened: (event) => this.#happened(event),
    });
  }

  /** What was told last; null before the first look. */
  get view(): View | null {
    return this.#view;
  }

  /** The use of memory or CPU may have changed: looks at that soon. */
  poke(): void {
    this.#poll.stir();
    this.#want('use');
  }

  /** The student does something: use is polled often again. */
  stir(): void {
    this.#poll.stir();
  }

  release(): void {
    this.#released = true;
    this.#leaveHost();
    this.#poll.stop();
    clearTimeout(this.#timer);
  }

  #subscribed(): void {
    this.#inspections.forgetContainers();
    this.#images.drop();
    this.#networks.drop();
    this.#volumes.drop();
    this.#want('all');
  }

  #happened(event: DockerEvent): void {
    const { Type, Action, Actor } = event;
    if (Type === 'container') this.#inspections.touch(Actor.ID);
    // `docker commit` makes an image, but moby sends that as an event of the container.
    if (Type === 'image' || Action === 'commit') this.#images.drop();
    if (Type === 'network') {
      this.#networks.drop();
      // What a container is called there is its own, and changes as it is connected.
      this.#inspections.touch(Actor.Attributes.container ?? '');
    }
    if (Type === 'volume' && !changeNoVolume.includes(Action)) this.#volumes.drop();
    this.#poll.stir();
    this.#want(changesHost(event) ? 'all' : 'use');
  }

  #want(what: 'all' | 'use'): void {
    if (this.#released) return;
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
      const { link, host } = this.#parts;
      const usage = link.call((engine) => engine.usage(host.info.name), viewWaitMs);
      // The first failure is thrown. The other must be handled too.
      const [listed, used] = await Promise.all([everything ? this.#list() : this.#listed, usage]);
      if (this.#released || listed === null) return;
      this.#listed = listed;
      this.#stale = false;
      await this.#measureMachine(used);
      this.#tell(listed, used);
    } catch (error) {
      // Away or stopped: `#subscribed` looks again.
      if (!this.#released && kindOf(error) !== 'unavailable') this.#parts.failed(error);
    } finally {
      this.#looking = false;
      if (this.#wanted !== null) this.#want(this.#wanted);
    }
  }

  async #list(): Promise<Listed> {
    const { host } = this.#parts;
    const [all, images, networks, volumes] = await Promise.all([
      host.containers(),
      this.#images.get(),
      this.#networks.get(),
      this.#volumes.get(),
    ]);
    const containers = all.map(shownContainer);
    await this.#inspections.look(containers.slice(0, maxViewContainers), images.slice(0, maxViewImages));
    if (this.#kernel === '') this.#kernel = kernelFrom(await host.docker.request('GET', '/version'));
    return { containers, images, networks, volumes };
  }

  async #measureMachine(usage: HostUsage): Promise<void> {
    const emulator = emulatorOf(usage);
    if (emulator && (this.#machineState?.pid !== emulator.pid || this.#machineState.state === null)) {
      const { link, host } = this.#parts;
      const file = await link
        .call((engine) => engine.readFile(host.info.name, machineStatePath), viewWaitMs)
        .catch(() => null); // not written yet, or the student has put something else there
      this.#machineState = { pid: emulator.pid, state: file && machineStateFrom(file.bytes) };
    }
    this.#machine = machineFrom(emulator, this.#machineState?.state ?? null, this.#machine);
    // The virtual machine's start and end cause no event: look often while it boots.
    if (this.#machine?.state === 'booting') this.#poll.stir();
  }

  #tell(listed: Listed, usage: HostUsage): void {
    const { host, told } = this.#parts;
    const { times, inspected, layers } = this.#inspections;
    const facts = { ...listed, host: host.name, times, inspected, layers, usage };
    const view = viewOf({ ...facts, machine: this.#machine, kernel: this.#kernel });
    const telling = JSON.stringify(view);
    if (telling === this.#told) return;
    this.#told = telling;
    this.#poll.stir();
    this.#view = view;
    told(view);
  }
}
