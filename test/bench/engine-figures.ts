// What the engine does, timed through the real docker CLI and through its own API; beside dockerd where there is one.

import type { EngineClient } from '@drydock/runtime';
import { docker, timed } from './clock.ts';
import { besideTheirs, type Figure, timing } from './figures.ts';

const rounds = 20;

async function untilPrompt(client: EngineClient, host: string): Promise<void> {
  const ending = new AbortController();
  await client.openTerminal(host, { id: 't1', rows: 24, columns: 80 });
  const { stream } = await client.attachTerminal(host, 't1', 0, ending.signal);
  let said = '';
  for await (const piece of stream) {
    said += piece;
    if (said.includes('$ ')) break;
  }
  ending.abort();
}

/** A host of the name `bench-N` for each round; they are removed again. */
export async function hostFigures(client: EngineClient): Promise<Figure[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const name = `bench-${round}`;
    times.push(
      await timed(async () => {
        await client.createHost(name);
        await untilPrompt(client, name);
      }),
    );
    await client.removeHost(name);
  }
  return [timing('host create to shell prompt', times.slice(1), 300)];
}

/** A host with two running containers, one of them with a published port: taken back, put away, brought back, frozen. */
export async function keepingFigures(client: EngineClient): Promise<Figure[]> {
  const name = 'bench-kept';
  const { dockerSocket } = await client.createHost(name);
  await docker(dockerSocket, 'pull', '-q', 'busybox');
  await docker(dockerSocket, 'run', '-d', '--name', 'one', 'busybox', 'sleep', '1000');
  await docker(dockerSocket, 'run', '-d', '--name', 'two', '-p', '8080:80', 'busybox', 'httpd', '-f');
  const times = { take: [] as number[], restore: [] as number[], back: [] as number[], thaw: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.take.push(await timed(() => client.takeSnapshot(name, 'start')));
    times.restore.push(await timed(() => client.restoreSnapshot(name, 'start')));
    await client.freezeHost(name);
    times.thaw.push(await timed(() => client.thawHost(name)));
    await client.storeHost(name);
    times.back.push(await timed(() => client.startHost(name)));
  }
  await client.removeHost(name);
  return [
    timing('snapshot of a host, two containers running', times.take),
    timing('restore of a host, two containers running', times.restore, 1000),
    timing('return from storage, two containers running', times.back, 1000),
    timing('thaw of a host', times.thaw),
  ];
}

interface Compared {
  readonly name: string;
  readonly least: number;
  readonly once: (socket: string, round: number) => Promise<unknown>;
  readonly after?: (socket: string, round: number) => Promise<unknown>;
}

const compared: readonly Compared[] = [
  {
    name: 'docker run --rm busybox true',
    least: 7,
    once: (socket) => docker(socket, 'run', '--rm', 'busybox', 'true'),
  },
  {
    name: 'docker run -d busybox sleep',
    least: 6,
    once: (socket, round) => docker(socket, 'run', '-d', '--name', `d${round}`, 'busybox', 'sleep', '1000'),
    after: (socket, round) => docker(socket, 'rm', '-f', `d${round}`),
  },
  {
    name: 'docker exec, a running container',
    least: 2,
    once: (socket) => docker(socket, 'exec', 'standing', 'true'),
  },
];

/** Theirs and ours in turn, so that both meet the machine in the same mood. `theirs` null: ours alone. */
export async function dockerFigures(ours: string, theirs: string | null): Promise<Figure[]> {
  const figures: Figure[] = [];
  const sockets = theirs ? [theirs, ours] : [ours];
  for (const socket of sockets) await docker(socket, 'run', '-d', '--name', 'standing', 'busybox', 'sleep', '1000');
  const client: number[] = [];
  for (let round = 0; round < rounds; round++) client.push(await timed(() => docker(ours, 'version')));
  figures.push(timing('the docker CLI alone (docker version)', client, null, 0.5));
  for (const { name, least, once, after } of compared) {
    const times = new Map<string, number[]>(sockets.map((socket) => [socket, []]));
    for (let round = 0; round < rounds; round++) {
      for (const socket of sockets) {
        times.get(socket)?.push(await timed(() => once(socket, round)));
        await after?.(socket, round);
      }
    }
    const timesOf = (socket: string | null) => times.get(socket ?? '')?.slice(1) ?? [];
    figures.push(...besideTheirs(name, timesOf(ours), timesOf(theirs), least));
  }
  for (const socket of sockets) {
    await docker(socket, 'rm', '-f', 'standing');
    const whose = socket === ours ? '' : ', dockerd';
    for (const { count, mostMs, share } of crowds) {
      const { all, each } = await atOnce(socket, count);
      const goal = socket === ours ? mostMs : null;
      figures.push(
        share === 1
          ? timing(`${count} docker run -d at once, all${whose}`, [all], goal)
          : timing(`${count} docker run -d at once, each${whose}`, each, goal, share),
      );
    }
  }
  return figures;
}

/** `share` 1: until the last one runs; else of the times of each. */
const crowds = [
  { count: 20, mostMs: 400, share: 1 },
  { count: 50, mostMs: 1200, share: 0.95 },
] as const;

async function atOnce(socket: string, count: number): Promise<{ all: number; each: number[] }> {
  const names = Array.from({ length: count }, (_, n) => `m${n}`);
  const each: number[] = [];
  const all = await timed(() =>
    Promise.all(
      names.map(async (name) => {
        each.push(await timed(() => docker(socket, 'run', '-d', '--name', name, 'busybox', 'sleep', '1000')));
      }),
    ),
  );
  await docker(socket, 'rm', '-f', ...names);
  return { all, each };
}
