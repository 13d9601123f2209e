// Keeps the view of a lab's registries up to date while a page is open: by what the engine tells of its hosts' pushes and pulls and of
// the hub. Nothing is polled. Independent of message transport.

import type { HubRepositoryNow, ImageMove } from '@drydock/runtime';
import type { EngineLink } from '../engine-link.ts';
import { kindOf } from '../errors.ts';
import type { LabTraffic } from '../hosts/lab-traffic.ts';
import type { WatchedHost } from '../hosts/watched-host.ts';
import { maxViewMoves, registriesIntervalMs, viewDelayMs, viewWaitMs } from '../limits.ts';
import type { RegistriesView } from '../protocol.ts';
import { monotonicMs } from '../rate-limit.ts';
import { registriesView } from './registries.ts';

export interface LiveRegistriesParts {
  readonly hosts: readonly WatchedHost[];
  readonly link: EngineLink;
  readonly traffic: LabTraffic;
  readonly told: (view: RegistriesView) => void;
  readonly failed: (error: unknown) => void;
}

export class LiveRegistries {
  readonly #parts: LiveRegistriesParts;
  readonly #leave: () => void;
  readonly #moves: Map<string, readonly ImageMove[]>;
  #repositories: readonly HubRepositoryNow[] = [];
  #told = '';
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  /** What the next look is for; null while none is wanted. */
  #wanted: 'hub' | 'moves' | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #released = false;

  constructor(parts: LiveRegistriesParts) {
    this.#parts = parts;
    this.#moves = new Map(parts.hosts.map(({ name }) => [name, []]));
    this.#leave = parts.traffic.listen({
      moved: (host, move) => {
        const others = (this.#moves.get(host) ?? []).filter(({ id }) => id !== move.id);
        this.#moves.set(host, [...others, move].sort((a, b) => a.id - b.id).slice(-maxViewMoves));
        this.#want('moves');
      },
      hubChanged: () => this.#want('hub'),
    });
  }

  /** For a page that has just come; null before the first look. */
  get view(): RegistriesView | null {
    return this.#told === '' ? null : this.#viewNow();
  }

  release(): void {
    this.#released = true;
    this.#leave();
    clearTimeout(this.#timer);
  }

  #want(what: 'hub' | 'moves'): void {
    if (this.#released) return;
    if (this.#wanted !== 'hub') this.#wanted = what;
    if (this.#looking || this.#timer !== undefined) return;
    const waitMs = Math.max(viewDelayMs, this.#lookedMs + registriesIntervalMs - monotonicMs());
    this.#timer = setTimeout(() => void this.#look(), waitMs);
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#looking = true;
    this.#lookedMs = monotonicMs();
    const wanted = this.#wanted;
    this.#wanted = null;
    try {
      if (wanted === 'hub') this.#repositories = await this.#lookAtHub();
      if (!this.#released) this.#tell();
    } catch (error) {
      // The subscription stands again once the engine is back, and that causes the next look.
      if (!this.#released && kindOf(error) !== 'unavailable') this.#parts.failed(error);
    } finally {
      this.#looking = false;
      if (this.#wanted !== null) this.#want(this.#wanted);
    }
  }

  async #lookAtHub(): Promise<readonly HubRepositoryNow[]> {
    const { hosts, link } = this.#parts;
    const namespaces = [...new Set(hosts.flatMap(({ info }) => info.hubAccount ?? []))];
    const each = namespaces.map((name) => link.call((engine) => engine.hub.repositories(name), viewWaitMs));
    return (await Promise.all(each)).flat();
  }

  #tell(): void {
    const view = this.#viewNow();
    const telling = JSON.stringify(view);
    if (telling === this.#told) return;
    this.#told = telling;
    this.#parts.told(view);
  }

  #viewNow(): RegistriesView {
    return registriesView({ repositories: this.#repositories, moves: this.#moves, nowMs: Date.now() });
  }
}
