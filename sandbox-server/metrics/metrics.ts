// What is measured of a running server: labs, starts, failures, loops, memory, disk. Nothing of any student.

import { statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HubFigures } from '@drydock/runtime';
import type { EngineLink } from '../engine-link.ts';
import { statusOfFailure } from '../errors.ts';
import { engineAnswerMs, startSecondsBounds } from '../limits.ts';
import type { FailureKind } from '../protocol.ts';
import type { Desk } from '../sessions/desk.ts';
import type { Settings } from '../settings.ts';
import { hubMetrics } from './hub-metrics.ts';
import { Histogram, type Metric, metricsText } from './text.ts';

/** What is counted as it happens. */
export class Counts {
  readonly starts = new Histogram(startSecondsBounds);
  readonly failures = new Map<FailureKind, number>();
  startsFailed = 0;

  /** A request or upgrade was refused or failed. */
  failed(kind: FailureKind): void {
    this.failures.set(kind, (this.failures.get(kind) ?? 0) + 1);
  }
}

export interface MetricsParts {
  readonly counts: Counts;
  readonly desk: Desk;
  readonly link: EngineLink;
  readonly settings: Pick<Settings, 'version' | 'dataDirectory' | 'capacity'>;
}

export class Metrics implements Disposable {
  readonly #parts: MetricsParts;
  readonly #loop = monitorEventLoopDelay({ resolution: 20 });

  constructor(parts: MetricsParts) {
    this.#parts = parts;
    this.#loop.enable();
  }

  [Symbol.dispose](): void {
    this.#loop.disable();
  }

  /** In Prometheus' text format; loop delays are of the time since the last call. */
  async text(): Promise<string> {
    const { counts, desk, settings } = this.#parts;
    const { sessions, queued, stored, spareHosts } = desk.counts;
    const [engineSeconds, disk, hub] = await Promise.all([
      this.#engineSeconds(),
      statfs(settings.dataDirectory),
      this.#hub(),
    ]);
    const gauge = (name: string, help: string, ...samples: Metric['samples']): Metric => {
      return { name: `drydock_${name}`, help, type: 'gauge', samples };
    };
    const loop = [50, 99, 100].map((percent) => ({
      labels: { quantile: String(percent / 100) },
      value: Math.max(0, this.#loop.percentile(percent) / 1e9),
    }));
    this.#loop.reset();
    const kinds = Object.keys(statusOfFailure) as FailureKind[];
    return metricsText([
      gauge('info', 'The version that runs.', { labels: { version: settings.version }, value: 1 }),
      gauge(
        'labs',
        'Labs: live ones hold a place, queued ones wait for one, stored ones hold no memory.',
        { labels: { state: 'live' }, value: sessions },
        { labels: { state: 'queued' }, value: queued },
        { labels: { state: 'stored' }, value: stored },
      ),
      gauge('pages', 'Browser pages that look at a lab.', {
        value: [...desk.sessions].reduce((all, { pages }) => all + pages, 0),
      }),
      gauge('capacity_hosts', 'Hosts that there may be at once.', { value: settings.capacity }),
      gauge('spare_hosts', 'Hosts that wait for the next student.', { value: spareHosts }),
      gauge('draining', '1 while no new labs are started.', { value: desk.draining === null ? 0 : 1 }),
      {
        name: 'drydock_lab_start_seconds',
        help: 'From being let in to a shell: labs that were made, and those that came back.',
        type: 'histogram',
        samples: counts.starts.samples,
      },
      {
        name: 'drydock_lab_start_failures_total',
        help: 'Labs that could not be started.',
        type: 'counter',
        samples: [{ value: counts.startsFailed }],
      },
      {
        name: 'drydock_request_failures_total',
        help: 'Requests that were refused or failed, by kind.',
        type: 'counter',
        samples: kinds.map((kind) => ({ labels: { kind }, value: counts.failures.get(kind) ?? 0 })),
      },
      gauge('engine_up', '1 while the engine answers.', { value: engineSeconds === null ? 0 : 1 }),
      gauge('engine_answer_seconds', 'How long the engine took for its smallest answer just now.', {
        value: engineSeconds ?? Number.NaN,
      }),
      ...(hub ? hubMetrics(hub) : []),
      gauge('event_loop_delay_seconds', 'Delay of the server’s event loop since the last scrape.', ...loop),
      gauge('memory_bytes', 'Resident memory of the server.', { value: process.memoryUsage.rss() }),
      gauge('machine_memory_free_bytes', 'Memory of the machine that is free.', { value: freemem() }),
      gauge('disk_free_bytes', 'Free for DRYDOCK_DATA.', { value: disk.bavail * disk.bsize }),
      gauge('started_seconds', 'When the server started, in seconds since 1970.', {
        value: Math.round(Date.now() / 1000 - process.uptime()),
      }),
    ]);
  }

  /** Null if the engine does not answer. */
  async #hub(): Promise<HubFigures | null> {
    const { link } = this.#parts;
    return link.up ? await link.call((engine) => engine.hub.figures(), engineAnswerMs).catch(() => null) : null;
  }

  /** Null if the engine does not answer. */
  async #engineSeconds(): Promise<number | null> {
    const { link } = this.#parts;
    if (!link.up) return null;
    const began = performance.now();
    try {
      await link.call((engine) => engine.status(), engineAnswerMs);
      return (performance.now() - began) / 1000;
    } catch {
      return null;
    }
  }
}
