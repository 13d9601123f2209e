// Builds of a context of many files, and what others notice of it; of ten steps in step-figures.ts. Theirs and ours in turn, so that
// both meet the machine in the same mood.

import fs from 'node:fs';
import http from 'node:http';
import type { EngineClient } from '@drydock/runtime';
import { Buildx, hasBuildx } from '../runtime/build/buildx.ts';
import { pause, timed } from './clock.ts';
import { besideTheirs, type Figure, timing } from './figures.ts';
import { stepFigures } from './step-figures.ts';

const rounds = 4;
const manyFiles = 20_000;
/** The most that a context may have. */
const mostFiles = 40_000;

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

/** `part`: `steps` or `files` alone; all where it is empty. */
export async function buildFigures(
  client: EngineClient,
  ours: string,
  theirs: string | null,
  part: string,
): Promise<Figure[]> {
  if (!hasBuildx) return [];
  await using buildx = await Buildx.make();
  const steps = part === 'files' ? [] : await stepFigures(client, buildx, ours, theirs);
  return part === 'steps' ? steps : [...steps, ...(await fileFigures(client, buildx, ours, theirs))];
}

async function fileFigures(
  client: EngineClient,
  buildx: Buildx,
  ours: string,
  theirs: string | null,
): Promise<Figure[]> {
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

  const files = buildx.context('files', (folder) => tree(folder, allFiles, manyFiles));
  const figures: Figure[] = [
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
