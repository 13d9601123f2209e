// The table of the noisy neighbour: what student B feels while student A attacks, attack by attack.

import type { EngineClient } from '@drydock/runtime';
import { ask } from '../runtime/api/exchange.ts';
import { type Attack, attacks } from './attacks.ts';
import { docker, pause, timed } from './clock.ts';
import { percentile } from './figures.ts';

/** How long B is measured beside each attack, and before the first one. Twenty attacks take five minutes. */
const measuredMs = 8_000;
/** An attack gets this long to be in full swing. */
const swingMs = 1_500;
/** What B may have to wait in any case: 150 ms are not felt as a wait. */
const leastGoalMs = 150;
const timesIdle = 2;

/** What B feels; each is asked for again and again, beside the others. */
const felt = ['run', 'echo', '_ping', '/healthz'] as const;
type Felt = (typeof felt)[number];

export interface Neighbour {
  /** `idle`, or the attack's name. */
  readonly attack: string;
  /** p95 in ms; NaN where nothing was answered. */
  readonly p95: Readonly<Record<Felt, number>>;
  /** The longest that B waited for a `_ping`: no stall of the engine's loop was longer. */
  readonly longestPingMs: number;
  /** Requests of B that failed. */
  readonly failed: number;
}

/** B's own: a terminal, and a Docker socket. */
class Victim {
  readonly #client: EngineClient;
  readonly #host: string;
  readonly #url: string;
  #type: (text: string) => void = () => undefined;
  #heard: () => void = () => undefined;
  #runs = 0;

  constructor(client: EngineClient, host: string, url: string) {
    this.#client = client;
    this.#host = host;
    this.#url = url;
  }

  /** Opens the terminal; it lasts until `signal`. */
  async enter(signal: AbortSignal): Promise<void> {
    await this.#client.openTerminal(this.#host, { id: 'main', rows: 24, columns: 80 });
    const { stream } = await this.#client.attachTerminal(this.#host, 'main', 0, signal);
    stream.on('error', () => undefined).on('data', () => this.#heard());
    this.#type = (text) => stream.write(text);
    await pause(1_000); // its prompt
  }

  async measure(attack: string): Promise<Neighbour> {
    const { dockerSocket } = await this.#client.host(this.#host);
    const request = async (place: string, status: number, body?: object): Promise<void> => {
      const answer = await ask(dockerSocket, place, body);
      if (answer.status !== status) throw new Error(`${place}: ${answer.status}`);
    };
    const until = performance.now() + measuredMs;
    const samples: Record<Felt, number[]> = { run: [], echo: [], _ping: [], '/healthz': [] };
    let failed = 0;
    const again = async (what: Felt, restMs: number, act: () => Promise<unknown>): Promise<void> => {
      while (performance.now() < until) {
        await timed(act).then(
          (ms) => samples[what].push(ms),
          () => failed++,
        );
        await pause(restMs);
      }
    };
    await Promise.all([
      again('run', 50, async () => {
        const name = `b${this.#runs++}`;
        await request(`POST /containers/create?name=${name}`, 201, { Image: 'busybox', Cmd: ['true'] });
        await request(`POST /containers/${name}/start`, 204);
        await request(`POST /containers/${name}/wait`, 200);
        await request(`DELETE /containers/${name}?force=1`, 204);
      }),
      again('echo', 40, () => {
        const heard = new Promise<void>((resolve) => {
          this.#heard = resolve;
        });
        this.#type('x');
        return heard;
      }),
      again('_ping', 15, () => request('GET /_ping', 200)),
      again('/healthz', 40, () => fetch(`${this.#url}/healthz`).then((response) => response.text())),
    ]);
    this.#type('\u0015');
    const sorted = (what: Felt) => samples[what].sort((a, b) => a - b);
    const p95 = (what: Felt) => percentile(sorted(what), 0.95);
    return {
      attack,
      p95: { run: p95('run'), echo: p95('echo'), _ping: p95('_ping'), '/healthz': p95('/healthz') },
      longestPingMs: sorted('_ping').at(-1) ?? Number.NaN,
      failed,
    };
  }
}

async function hostWithBusybox(client: EngineClient, name: string): Promise<void> {
  const { dockerSocket } = await client.createHost(name);
  await docker(dockerSocket, 'pull', '-q', 'busybox');
}

async function beside(attack: Attack, client: EngineClient, victim: Victim): Promise<Neighbour> {
  const ending = new AbortController();
  await hostWithBusybox(client, 'bench-a');
  try {
    await attack.begin(client, 'bench-a', ending.signal);
    await pause(swingMs);
    return await victim.measure(attack.name);
  } finally {
    ending.abort();
    await client.removeHost('bench-a');
  }
}

/** `url` is the server's. `only`: attacks whose name has that. */
export async function neighbourTable(
  client: EngineClient,
  url: string,
  say: (text: string) => void,
  only = '',
): Promise<readonly Neighbour[]> {
  const ending = new AbortController();
  await hostWithBusybox(client, 'bench-b');
  const victim = new Victim(client, 'bench-b', url);
  try {
    await victim.enter(ending.signal);
    const rows = [await victim.measure('idle')];
    for (const attack of attacks.filter(({ name }) => name.includes(only))) {
      say(`beside: ${attack.name}`);
      rows.push(await beside(attack, client, victim));
    }
    return rows;
  } finally {
    ending.abort();
    await client.removeHost('bench-b');
  }
}

/** What of a row is over its goal: p95 at most twice idle, or 150 ms where that is more. */
export function missedOf(row: Neighbour, idle: Neighbour): readonly Felt[] {
  // Also where there is no number: nothing was answered.
  return felt.filter((what) => !(row.p95[what] <= Math.max(idle.p95[what] * timesIdle, leastGoalMs)));
}

export function neighbourText(rows: readonly Neighbour[]): string {
  const [idle] = rows;
  if (!idle) return '';
  const number = (ms: number): string => (ms >= 10 ? ms.toFixed(0) : ms.toFixed(1));
  const lines = rows.map((row) => {
    const missed = row === idle ? [] : missedOf(row, idle);
    const cells = felt.map((what) => `${number(row.p95[what])}${missed.includes(what) ? ' !' : ''}`);
    return [row.attack, ...cells, number(row.longestPingMs), String(row.failed)];
  });
  const all = [['B beside A’s (p95, ms)', ...felt, 'longest _ping', 'failed'], ...lines];
  const widths = all[0]?.map((_, at) => Math.max(...all.map((line) => line[at]?.length ?? 0))) ?? [];
  const text = all.map((line) =>
    line
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${text.join('\n')}\n! over ${timesIdle} times idle and over ${leastGoalMs} ms`;
}
