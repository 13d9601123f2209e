// What the hosts of one lab build, push and pull, and when the lab's namespaces on the hub change: one subscription for both readers, the checks
// and the engine view. Independent of message transport.

import { setTimeout as delay } from 'node:timers/promises';
import type { ImageBuild, ImageMove } from '@drydock/runtime';
import type { EngineLink } from '../engine-link.ts';
import { kindOf } from '../errors.ts';
import { engineProbeMs, maxViewBuilds, maxViewMoves } from '../limits.ts';
import type { WatchedHost } from './watched-host.ts';

export interface LabTrafficParts {
  readonly hosts: readonly WatchedHost[];
  readonly link: EngineLink;
  /** The subscription failed, and not because the engine is away. It is tried again. */
  readonly failed: (error: unknown) => void;
}

export interface TrafficReader {
  /** Told of all that a host remembers when the subscription stands, and then of each change. `host` is the lab's name of it. */
  moved?(host: string, move: ImageMove): void;
  /** The subscription stands, for the first time or again: what was under way before an engine went is no more. */
  begun?(): void;
  /** As `moved`. */
  built?(host: string, build: ImageBuild): void;
  /** The subscription stands, for the first time or again, or the lab's part of the hub has changed. */
  hubChanged?(): void;
}

export class LabTraffic {
  readonly #parts: LabTrafficParts;
  readonly #readers = new Set<TrafficReader>();
  /** What was heard of each host, by the number of the move or build: for readers that come later. Empty while there is no subscription. */
  readonly #moves = new Map<string, ReadonlyMap<number, ImageMove>>();
  readonly #builds = new Map<string, ReadonlyMap<number, ImageBuild>>();
  /** Ends the subscription; null while there is no reader. */
  #hearing: AbortController | null = null;

  constructor(parts: LabTrafficParts) {
    this.#parts = parts;
  }

  /**
   * Tells `reader` of everything until the returned function is called (idempotent). The first reader causes the subscription, and the
   * last one that leaves ends it. Whoever comes later is told at once of what was heard before.
   */
  listen(reader: TrafficReader): () => void {
    this.#readers.add(reader);
    if (this.#hearing === null) {
      this.#hearing = new AbortController();
      void this.#hear(this.#hearing.signal);
    } else {
      for (const [host, builds] of this.#builds) for (const build of builds.values()) reader.built?.(host, build);
      for (const [host, moves] of this.#moves) for (const move of moves.values()) reader.moved?.(host, move);
      reader.hubChanged?.();
    }
    return () => {
      if (this.#readers.delete(reader) && this.#readers.size === 0) this.#endSubscription();
    };
  }

  /** Ends the subscription. No reader is told anything any more. Idempotent. */
  release(): void {
    this.#readers.clear();
    this.#endSubscription();
  }

  #endSubscription(): void {
    this.#hearing?.abort();
    this.#hearing = null;
    this.#moves.clear();
    this.#builds.clear();
  }

  #built(host: string, build: ImageBuild): void {
    this.#builds.set(host, lastOf(new Map(this.#builds.get(host)).set(build.id, build), maxViewBuilds));
    for (const reader of [...this.#readers]) reader.built?.(host, build);
  }

  #moved(host: string, move: ImageMove): void {
    this.#moves.set(host, lastOf(new Map(this.#moves.get(host)).set(move.id, move), maxViewMoves));
    for (const reader of [...this.#readers]) reader.moved?.(host, move);
  }

  async #hear(signal: AbortSignal): Promise<void> {
    const { hosts, link, failed } = this.#parts;
    const names = new Map(hosts.map(({ name, info }) => [info.name, name]));
    const namespaces = [...new Set(hosts.flatMap(({ info }) => info.hubAccount ?? []))];
    let pauseMs = engineProbeMs / 4;
    while (!signal.aborted) {
      try {
        const traffic = await link.call((engine) => engine.traffic({ hosts: [...names.keys()], namespaces }, signal));
        if (signal.aborted) return;
        pauseMs = engineProbeMs / 4;
        this.#builds.clear();
        for (const reader of [...this.#readers]) {
          reader.begun?.();
          reader.hubChanged?.();
        }
        for await (const news of traffic) {
          if (signal.aborted) return;
          if (news.kind === 'move') this.#moved(names.get(news.host) ?? news.host, news.move);
          else if (news.kind === 'build') this.#built(names.get(news.host) ?? news.host, news.build);
          else for (const reader of [...this.#readers]) reader.hubChanged?.();
        }
      } catch (error) {
        if (!signal.aborted && kindOf(error) !== 'unavailable') failed(error);
      }
      if (signal.aborted) return;
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, engineProbeMs * 10);
    }
  }
}

/** Those with the greatest numbers. */
function lastOf<T>(all: ReadonlyMap<number, T>, most: number): ReadonlyMap<number, T> {
  return new Map([...all].sort(([a], [b]) => a - b).slice(-most));
}
