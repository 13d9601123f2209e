// Builds: ten steps, a context of many files, what others notice of it, and a class that builds the same at once. Theirs and ours in
// turn, so that both meet the machine in the same mood.

import fs from 'node:fs';
import http from 'node:http';
import type { EngineClient } from '@drydock/runtime';
import { Buildx, hasBuildx } from '../runtime/build/buildx.ts';
import { docker, pause, timed } from './clock.ts';
import { besideTheirs, type Figure, growth, timing } from './figures.ts';

const rounds = 4;
const manyFiles = 20_000;
/** The most that a context may have. */
const mostFiles = 40_000;
const students = 20;

const tenSteps = `FROM busybox
WORKDIR /app
COPY one .
COPY two three ./
RUN echo 1 > 1
RUN echo 2 > 2
RUN cat one > 3
RUN cat two three > 4
COPY . all
RUN find all > 5
RUN rm 1 2
CMD ["cat", "/app/5"]
`;
const allFiles = 'FROM busybox\nCOPY . /all\n';

function tree(folder: string, Dockerfile: string, count: number): void {
  fs.writeFileSync(`${folder}/Dockerfile`, Dockerfile);
  for (const name of ['one', 'two', 'three']) fs.writeFileSync(`${folder}/${name}`, `${name}\n`);
  for (let at = 0; at < count; at++) {
    const directory = `${folder}/d${Math.floor(at / 200)}`;
    if (at % 200 === 0) fs.mkdirSync(directory);
    fs.writeFileSync(`${directory}/file${at}.js`, `export const number = ${at};\n${'// a line of code\n'.repeat(20)}`);
  }
}

export async function buildFigures(client: EngineClient, ours: string, theirs: string | null): Promise<Figure[]> {
  if (!hasBuildx) return [];
  await using buildx = await Buildx.make();
  const built = async (socket: string, context: string, ...options: string[]): Promise<void> => {
    const { exitCode, stderr } = await buildx.build(socket, context, '-t', 'bench', ...options);
    if (exitCode !== 0) throw new Error(stderr);
  };
  const sockets = theirs === null ? [ours] : [theirs, ours];
  const measured = async (
    name: string,
    least: number,
    once: (socket: string, round: number) => Promise<() => Promise<unknown>>,
  ): Promise<Figure[]> => {
    const times = new Map(sockets.map((socket) => [socket, [] as number[]]));
    for (let round = 0; round < rounds; round++)
      for (const socket of sockets) times.get(socket)?.push(await timed(await once(socket, round)));
    return besideTheirs(name, times.get(ours)?.slice(1) ?? [], times.get(theirs ?? '')?.slice(1) ?? [], least);
  };

  const steps = buildx.context('steps', (folder) => tree(folder, tenSteps, 0));
  const files = buildx.context('files', (folder) => tree(folder, allFiles, manyFiles));
  const figures: Figure[] = [
    ...(await measured('build of 10 steps', 2, async (socket) => () => built(socket, steps, '--no-cache'))),
    ...(await measured('build of 10 steps, all known', 2, async (socket) => () => built(socket, steps))),
    ...(await measured(`first build of ${manyFiles} files`, 1, async (socket, round) => {
      // A directory that the builder has not seen.
      const context = `${files}-${sockets.indexOf(socket)}-${round}`;
      fs.cpSync(files, context, { recursive: true, preserveTimestamps: true });
      return () => built(socket, context, '--no-cache');
    })),
    ...(await measured('  second build of them, one changed', 1, async (socket, round) => {
      fs.writeFileSync(`${files}/d7/file1400.js`, `${socket} ${round}`);
      return () => built(socket, files);
    })),
  ];
  const most = buildx.context('most', (folder) => tree(folder, allFiles, mostFiles - mostFiles / 200 - 10));
  figures.push(...(await waits(client, () => built(ours, most))));
  figures.push(await classFigure(client, ours, (socket) => built(socket, steps)));
  return figures;
}

/** How long another host waits for an answer while one builds. */
async function waits(client: EngineClient, build: () => Promise<void>): Promise<Figure[]> {
  const { dockerSocket } = await client.createHost('bench-beside');
  const figures: Figure[] = [];
  for (const which of ['first', 'second']) {
    const samples: number[] = [];
    let isOver = false;
    const building = build().finally(() => {
      isOver = true;
    });
    building.catch(() => undefined);
    while (!isOver) {
      samples.push(await timed(() => ping(dockerSocket)));
      await pause(2);
    }
    await building;
    figures.push(timing(`another host’s ping beside the ${which} build of ${mostFiles} files`, samples, 20, 1));
  }
  await client.removeHost('bench-beside');
  return figures;
}

function ping(socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http
      .get({ socketPath, path: '/_ping' }, (response) => response.resume().once('end', resolve).once('error', reject))
      .once('error', reject);
  });
}

/** The last of a class, beside a build by one alone. */
async function classFigure(
  client: EngineClient,
  ours: string,
  build: (socket: string) => Promise<void>,
): Promise<Figure> {
  const names = Array.from({ length: students }, (_, at) => `bench-student${at}`);
  const sockets: string[] = [];
  for (const name of names) {
    const { dockerSocket } = await client.createHost(name);
    await docker(dockerSocket, 'pull', '-q', 'busybox');
    sockets.push(dockerSocket);
  }
  await docker(ours, 'builder', 'prune', '-af');
  const alone = await timed(() => build(ours));
  const together = await timed(() => Promise.all(sockets.map((socket) => build(socket))));
  for (const name of names) await client.removeHost(name);
  return growth(`the last of ${students} who build 10 steps at once, beside one alone`, together / alone, 3);
}
