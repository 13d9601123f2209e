// Push and pull of 100 MB at `hub.drydock`, beside Debian's docker-registry in a container of the same host; a second host's pull, and that
// of a whole class.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import type { EngineClient, HostInfo } from '@drydock/runtime';
import { tarOf } from '../support/tar.ts';
import { docker, timed } from './clock.ts';
import { amount, type Figure, ratio, timing } from './figures.ts';
import { startRegistry } from './registry-figures.ts';

const rounds = 4;
/** Random ones, which no compression makes fewer. */
const imageBytes = 100 * 1024 * 1024;
const students = 30;
const secondPulls = 10;

/** Without the docker command, whose own start takes as long. Throws where it fails, which the last line says. */
async function pull({ dockerSocket }: HostInfo, repository: string, tag: string): Promise<void> {
  const target = `/v1.51/images/create?fromImage=${encodeURIComponent(repository)}&tag=${tag}`;
  const request = http.request({ socketPath: dockerSocket, method: 'POST', path: target, agent: false });
  request.end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const said = Buffer.concat(await response.toArray()).toString();
  if (response.statusCode !== 200 || said.includes('"error"')) throw new Error(`pull of ${repository}: ${said}`);
}

export async function nearFigures(client: EngineClient): Promise<Figure[]> {
  const first = await client.createHost('bench-near', { limits: { cpus: os.cpus().length } });
  const { dockerSocket: socket } = first;
  await docker(socket, 'pull', '-q', 'registry');
  await startRegistry(socket);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drydock-bench-'));
  const places = { hub: `hub.drydock/${first.hubAccount}`, registry: 'localhost:5000' };
  const times = {
    push: { hub: [] as number[], registry: [] as number[] },
    pull: { hub: [] as number[], registry: [] as number[] },
  };
  try {
    for (let round = 0; round < rounds; round++) {
      const archive = path.join(folder, `${round}.tar`);
      for (const place of ['registry', 'hub'] as const) {
        await writeFile(archive, await tarOf([[{ name: 'random' }, new Uint8Array(randomBytes(imageBytes))]]));
        const name = `${places[place]}/r${round}`;
        await docker(socket, 'import', archive, name);
        times.push[place].push(await timed(() => docker(socket, 'push', '-q', name)));
        await docker(socket, 'rmi', name);
        times.pull[place].push(await timed(() => docker(socket, 'pull', '-q', name)));
        // The hub's last one stays, for the others.
        if (place === 'registry' || round < rounds - 1) await docker(socket, 'rmi', name);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await docker(socket, 'rm', '-f', 'registry');
  const figures = (['push', 'pull'] as const).flatMap((verb) => {
    const [ours, theirs] = [times[verb].hub.slice(1), times[verb].registry.slice(1)];
    const name = `docker ${verb} of 100 MB, hub.drydock`;
    return [
      timing(name, ours, null, 0.5),
      timing('  the same, docker-registry in a container', theirs, null, 0.5),
      ratio(`  ratio: ${name}`, theirs, ours, 1),
    ];
  });
  figures.push(...(await othersFigures(client, `${places.hub}/r${rounds - 1}`)));
  await client.removeHost('bench-near');
  return figures;
}

/** The image is on the machine, unpacked. */
async function othersFigures(client: EngineClient, repository: string): Promise<Figure[]> {
  const second: number[] = [];
  for (let n = 0; n < secondPulls; n++) {
    const host = await client.createHost('bench-second');
    second.push(await timed(() => pull(host, repository, 'latest')));
    await client.removeHost('bench-second');
  }
  const hosts: HostInfo[] = [];
  for (let n = 0; n < students; n++) hosts.push(await client.createHost(`bench-class-${n}`));
  const before = (await client.status()).storeFreeBytes;
  const all = await timed(() => Promise.all(hosts.map((host) => pull(host, repository, 'latest'))));
  const grown = before - (await client.status()).storeFreeBytes;
  for (const { name } of hosts) await client.removeHost(name);
  return [
    timing('pull of 100 MB that the machine has, a second host', second.slice(1), 50),
    timing(`pull of 100 MB that the machine has, ${students} hosts at once, all`, [all], 2000),
    // Records, not blobs: less than a hundredth of the image.
    amount('  the disk has grown by', grown / 1e6, 1),
  ];
}
