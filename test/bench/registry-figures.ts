// Push and pull of 100 MB, to docker-registry in a container on the engine's own localhost; beside dockerd where there is one.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { tarOf } from '../support/tar.ts';
import { until } from '../support/until.ts';
import { copyImage, docker, timed } from './clock.ts';
import { besideTheirs, type Figure } from './figures.ts';

const rounds = 4;
/** Random ones, which no compression makes fewer. */
const imageBytes = 100 * 1024 * 1024;
const registry = 'localhost:5000';

/** Starts one as the container `registry`, whose image is there. */
export async function startRegistry(socket: string): Promise<void> {
  await docker(socket, 'run', '-d', '--name', 'registry', '-p', '5000:5000', 'registry');
  await until('the registry is reached', async () =>
    docker(socket, 'pull', `${registry}/none`).then(
      () => false,
      (error: Error) => error.message.includes('manifest unknown'),
    ),
  );
}

/** `theirs` null: ours alone. */
export async function registryFigures(ours: string, theirs: string | null): Promise<Figure[]> {
  await docker(ours, 'pull', '-q', 'registry');
  if (theirs) await copyImage(ours, theirs, 'registry');
  const sockets = theirs ? [theirs, ours] : [ours];
  const times = new Map(sockets.map((socket) => [socket, { push: [] as number[], pull: [] as number[] }]));
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drydock-bench-'));
  try {
    for (const socket of sockets) await startRegistry(socket);
    for (let round = 0; round < rounds; round++) {
      const archive = path.join(folder, `${round}.tar`);
      await writeFile(archive, await tarOf([[{ name: 'random' }, new Uint8Array(randomBytes(imageBytes))]]));
      for (const socket of sockets) {
        const name = `${registry}/r${round}`;
        await docker(socket, 'import', archive, name);
        times.get(socket)?.push.push(await timed(() => docker(socket, 'push', '-q', name)));
        await docker(socket, 'rmi', name);
        times.get(socket)?.pull.push(await timed(() => docker(socket, 'pull', '-q', name)));
        await docker(socket, 'rmi', name);
      }
      await rm(archive);
    }
    for (const socket of sockets) await docker(socket, 'rm', '-f', 'registry');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return (['push', 'pull'] as const).flatMap((verb) => {
    const own = times.get(ours)?.[verb].slice(1) ?? [];
    const other = theirs ? (times.get(theirs)?.[verb].slice(1) ?? []) : [];
    const name = `docker ${verb} of 100 MB, registry on localhost`;
    return besideTheirs(name, own, other, 1);
  });
}
