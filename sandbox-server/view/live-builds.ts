// Keeps the view of what a lab's hosts build up to date while a page is open, by what the engine tells. Nothing is polled, and nothing is
// asked. Independent of message transport.

import type { ImageBuild } from '@drydock/runtime';
import type { LabTraffic } from '../hosts/lab-traffic.ts';
import type { WatchedHost } from '../hosts/watched-host.ts';
import { buildsIntervalMs, maxViewBuilds } from '../limits.ts';
import type { BuildsView } from '../protocol.ts';
import { monotonicMs } from '../rate-limit.ts';
import { buildsView, nextTellingMs } from './builds.ts';

export interface LiveBuildsParts {
  readonly hosts: readonly WatchedHost[];
  readonly traffic: LabTraffic;
  readonly told: (view: BuildsView) => void;
}

export class LiveBuilds {
  readonly #parts: LiveBuildsParts;
  readonly #leave: () => void;
  readonly #builds: Map<string, readonly ImageBuild[]>;
  #told = '';
  #timer: NodeJS.Timeout | undefined;
  /** When it is due. */
  #dueMs = Number.POSITIVE_INFINITY;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LiveBuildsParts) {
    this.#parts = parts;
    this.#builds = new Map(parts.hosts.map(({ name }) => [name, []]));
    this.#leave = parts.traffic.listen({
      begun: () => {
        for (const [host, builds] of this.#builds)
          this.#builds.set(
            host,
            builds.filter(({ state }) => state !== 'going'),
          );
        this.#want(0);
      },
      built: (host, build) => {
        const others = (this.#builds.get(host) ?? []).filter(({ id }) => id !== build.id);
        this.#builds.set(host, [...others, build].sort((a, b) => a.id - b.id).slice(-maxViewBuilds));
        this.#want(0);
      },
    });
  }

  /** For a page that has just come; null where nothing was built yet. */
  get view(): BuildsView | null {
    return this.#told === '' ? null : this.#viewNow();
  }

  release(): void {
    this.#leave();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Tells of it after so long at the latest, and no sooner than the limits say. */
  #want(afterMs: number): void {
    const now = monotonicMs();
    const dueMs = Math.max(now + afterMs, this.#toldMs + buildsIntervalMs);
    if (this.#timer !== undefined && this.#dueMs <= dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => this.#tell(), dueMs - now);
  }

  #tell(): void {
    this.#timer = undefined;
    this.#toldMs = monotonicMs();
    const nextMs = nextTellingMs({ builds: this.#builds, nowMs: Date.now() });
    if (nextMs !== null) this.#want(nextMs);
    const view = this.#viewNow();
    if (view.builds.length === 0 && this.#told === '') return;
    const telling = JSON.stringify(view);
    if (telling === this.#told) return;
    this.#told = telling;
    this.#parts.told(view);
  }

  #viewNow(): BuildsView {
    return buildsView({ builds: this.#builds, nowMs: Date.now() });
  }
}
