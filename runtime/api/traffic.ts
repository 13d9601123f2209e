// The part of the engine's own API that tells what hosts push to registries and pull from them, what they build, and when the hub changes.
// See `client-traffic.ts` and `client-builds.ts`.

import { setTimeout as delay } from 'node:timers/promises';
import type { TrafficNews } from '../client-traffic.ts';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { maxTrafficHosts, maxTrafficWatches, trafficTellingMs } from '../limits.ts';
import type { Exchange } from './exchange.ts';
import type { Routes } from './router.ts';

const watches = new WeakMap<Engine, number>();

/** What has changed and was not told yet. */
class News {
  readonly #moves = new Map<Host, Set<number>>();
  readonly #builds = new Map<Host, Set<number>>();
  #hub = false;
  #wake = (): void => undefined;

  moved(host: Host, id: number): void {
    this.#add(this.#moves, host, id);
  }

  built(host: Host, id: number): void {
    this.#add(this.#builds, host, id);
  }

  #add(to: Map<Host, Set<number>>, host: Host, id: number): void {
    to.set(host, (to.get(host) ?? new Set()).add(id));
    this.#wake();
  }

  hubChanged(): void {
    this.#hub = true;
    this.#wake();
  }

  wake(): void {
    this.#wake();
  }

  get isEmpty(): boolean {
    return !this.#hub && this.#moves.size === 0 && this.#builds.size === 0;
  }

  /** Resolves with the next news, or `wake`. */
  async come(): Promise<void> {
    if (!this.isEmpty) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  *take(): Generator<TrafficNews> {
    const [moves, builds] = [[...this.#moves], [...this.#builds]];
    const hub = this.#hub;
    this.#moves.clear();
    this.#builds.clear();
    this.#hub = false;
    for (const [host, ids] of builds)
      for (const id of ids) {
        const build = host.buildLog.find(id);
        if (build) yield { kind: 'build', host: host.name, build };
      }
    for (const [host, ids] of moves)
      for (const id of ids) {
        const move = host.traffic.find(id);
        if (move) yield { kind: 'move', host: host.name, move };
      }
    if (hub) yield { kind: 'hub' };
  }
}

/** All moves of the hosts, and then each that has changed, and when the namespaces have. Ends when `signal` aborts. */
async function* follow(
  engine: Engine,
  hosts: readonly Host[],
  namespaces: ReadonlySet<string>,
  signal: AbortSignal,
): AsyncGenerator<TrafficNews> {
  const news = new News();
  const stops = hosts.map((host) => host.traffic.listen((id) => news.moved(host, id)));
  stops.push(...hosts.map((host) => host.buildLog.listen((id) => news.built(host, id))));
  stops.push(
    engine.hub.registry.audit.listenToChanges((namespace) => {
      if (namespaces.has(namespace)) news.hubChanged();
    }),
  );
  const end = (): void => news.wake();
  signal.addEventListener('abort', end);
  watches.set(engine, (watches.get(engine) ?? 0) + 1);
  try {
    for (const host of hosts) {
      for (const { id } of host.buildLog.all()) news.built(host, id);
      for (const { id } of host.traffic.all()) news.moved(host, id);
    }
    while (!signal.aborted) {
      yield* news.take();
      await delay(trafficTellingMs, undefined, { signal });
      await news.come();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    for (const stop of stops) stop();
    signal.removeEventListener('abort', end);
    watches.set(engine, (watches.get(engine) ?? 1) - 1);
  }
}

/** `hostOf` finds the host that a request names. */
export function trafficRoutes(hostOf: (exchange: Exchange<Engine>) => Host): Routes<Engine> {
  return {
    'GET /hosts/{host}/moves': (exchange) => exchange.answer(200, hostOf(exchange).traffic.all()),
    'GET /hosts/{host}/builds': (exchange) => exchange.answer(200, hostOf(exchange).buildLog.all()),
    'GET /traffic': async (exchange) => {
      const engine = exchange.subject;
      if ((watches.get(engine) ?? 0) >= maxTrafficWatches)
        throw new EngineError('exhausted', `the traffic of hosts is followed ${maxTrafficWatches} times already`);
      const names = exchange.query.getAll('host').slice(0, maxTrafficHosts);
      const namespaces = new Set(exchange.query.getAll('namespace').slice(0, maxTrafficHosts));
      const hosts = names.flatMap((name) => engine.hosts.get(name) ?? []);
      exchange.beginAnswer('application/json');
      const signal = AbortSignal.any([exchange.signal, engine.ending.signal]);
      for await (const news of follow(engine, hosts, namespaces, signal))
        await exchange.write(`${JSON.stringify(news)}\n`);
      exchange.response.end();
    },
  };
}
