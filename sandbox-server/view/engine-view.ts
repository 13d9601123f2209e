// The engine view of one lab: a live view of each of its hosts, of the registries that it uses, and of what is built, while at least one page is open.

import type { EngineLink } from '../engine-link.ts';
import type { LabTraffic } from '../hosts/lab-traffic.ts';
import type { WatchedHost } from '../hosts/watched-host.ts';
import type { BuildsView, RegistriesView, View, ViewMachine } from '../protocol.ts';
import { LiveBuilds } from './live-builds.ts';
import { LiveRegistries } from './live-registries.ts';
import { LiveView } from './live-view.ts';

export interface EngineViewParts {
  readonly hosts: readonly WatchedHost[];
  readonly link: EngineLink;
  readonly traffic: LabTraffic;
  readonly told: (view: View | RegistriesView | BuildsView) => void;
  readonly failed: (error: unknown) => void;
}

export class EngineView {
  readonly #parts: EngineViewParts;
  #views: readonly LiveView[] = [];
  #registries: LiveRegistries | null = null;
  #builds: LiveBuilds | null = null;
  /** The virtual machine as last measured, by host: a machine that is off keeps its figures over a reload of the page. */
  readonly #machines = new Map<string, ViewMachine>();

  constructor(parts: EngineViewParts) {
    this.#parts = parts;
  }

  /** The views for a page that has just come; later ones come by `told`. */
  get views(): readonly (View | RegistriesView | BuildsView)[] {
    return [...this.#views, this.#registries, this.#builds].flatMap((one) => one?.view ?? []);
  }

  /** Whether a page is open. Idempotent. */
  watch(somebody: boolean): void {
    if (!somebody) this.release();
    else if (this.#views.length === 0) {
      const { hosts, ...parts } = this.#parts;
      this.#registries = new LiveRegistries(this.#parts);
      this.#builds = new LiveBuilds(this.#parts);
      this.#views = hosts.map(
        (host) => new LiveView({ ...parts, host, machine: this.#machines.get(host.name) ?? null }),
      );
    }
  }

  /** A command has ended in a shell: what is used may have changed. */
  poke(): void {
    for (const view of this.#views) view.poke();
  }

  /** The student does something in the lab. */
  stir(): void {
    for (const view of this.#views) view.stir();
  }

  /** Idempotent. */
  release(): void {
    for (const each of this.#views) {
      each.release();
      if (each.view?.machine) this.#machines.set(each.view.host, each.view.machine);
    }
    this.#views = [];
    this.#registries?.release();
    this.#registries = null;
    this.#builds?.release();
    this.#builds = null;
  }
}
