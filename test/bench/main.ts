// `npm run bench`: prints two tables, and writes every sample to test/output/bench.json. bin/bench tells the parts.

import fs from 'node:fs';
import os from 'node:os';
import { connectEngine } from '@drydock/runtime';
import { ownDockerFolder } from '../../bin/programs.mjs';
import { startDockerd } from '../support/dockerd.ts';
import { startDrydock } from '../support/drydock.ts';
import { buildFigures } from './build-figures.ts';
import { docker } from './clock.ts';
import { crowdFigures } from './crowd-figures.ts';
import { dockerTaskFigures } from './docker-figures.ts';
import { dockerFigures, hostFigures, keepingFigures } from './engine-figures.ts';
import { type Figure, reached, table } from './figures.ts';
import { hubFigures } from './hub-figures.ts';
import { labFigures } from './lab-figures.ts';
import { containerFigures, idleHostFigure, residentFigure } from './memory-figures.ts';
import { nearFigures } from './near-figures.ts';
import { missedOf, type Neighbour, neighbourTable, neighbourText } from './neighbours.ts';
import { previewFigure } from './preview-figures.ts';
import { processesOf } from './processes.ts';
import { registryFigures } from './registry-figures.ts';
import { viewFigure } from './view-figures.ts';
import { echoFigures, lessonFigure } from './web-figures.ts';

// As `npm test` has it: a current docker command, where the machine's own is older.
process.env.PATH = `${ownDockerFolder}:${process.env.PATH}`;
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const figures: Figure[] = [];
say('starting a Drydock of the bench’s own');
await using drydock = await startDrydock({ DRYDOCK_CAPACITY: '36', DRYDOCK_UID_RANGES: '40' });
const client = connectEngine(drydock.engineSocket);
const { name: instance, run: runDirectory } = drydock.instance;
const processes = { instance, runDirectory, ...(await processesOf(drydock)) };

async function measureFigures(): Promise<void> {
  figures.push(residentFigure(processes));
  say('one more idle host');
  figures.push(await idleHostFigure(client, processes));
  say('more containers');
  figures.push(...(await containerFigures(client, processes)));
  say('host create to prompt');
  figures.push(...(await hostFigures(client)));
  say('restore, return, thaw');
  figures.push(...(await keepingFigures(client)));
  {
    await using dockerd = await startDockerd();
    say(dockerd ? 'docker commands, dockerd beside' : 'docker commands (dockerd is not installed: no ratios)');
    const host = await client.createHost('bench', { limits: { cpus: os.cpus().length } });
    await docker(host.dockerSocket, 'pull', '-q', 'busybox');
    figures.push(...(await dockerFigures(host.dockerSocket, dockerd?.socket ?? null)));
    await client.removeHost('bench');
  }
  say('keystroke echo');
  figures.push(...(await echoFigures(drydock.url)));
  say('engine view after a command');
  figures.push(await viewFigure(drydock.url));
  say('lesson click to prompt');
  figures.push(await lessonFigure(drydock.url));
  say('first byte of a preview');
  figures.push(await previewFigure());
  say('task done, reset, return');
  figures.push(...(await labFigures()));
}

const [only, word = ''] = process.argv.slice(2);
const isOnly = (part: string) => only === undefined || only === part;
if (isOnly('figures')) await measureFigures();
if (isOnly('docker')) {
  await using dockerd = await startDockerd();
  say('many containers, compose, and 100 MB by each way');
  const host = await client.createHost('bench-docker', { limits: { cpus: os.cpus().length } });
  const ours = { socket: host.dockerSocket, network: `/proc/${host.pid}/ns/net` };
  figures.push(...(await dockerTaskFigures(ours, dockerd)));
  await client.removeHost('bench-docker');
}
if (isOnly('builds')) {
  await using dockerd = await startDockerd();
  say('builds');
  const host = await client.createHost('bench-builds', { limits: { cpus: os.cpus().length } });
  await docker(host.dockerSocket, 'pull', '-q', 'busybox');
  figures.push(...(await buildFigures(client, host.dockerSocket, dockerd?.socket ?? null, word)));
  await client.removeHost('bench-builds');
}
if (isOnly('registry')) {
  await using dockerd = await startDockerd();
  say('push and pull of 100 MB');
  const host = await client.createHost('bench-registry', { limits: { cpus: os.cpus().length } });
  figures.push(...(await registryFigures(host.dockerSocket, dockerd?.socket ?? null)));
  await client.removeHost('bench-registry');
  say('push and pull of 100 MB at hub.drydock, docker-registry beside');
  figures.push(...(await nearFigures(client)));
}
if (isOnly('hub')) {
  say('push and pull of 100 MB by HTTP');
  figures.push(...(await hubFigures()));
}
if (isOnly('crowd')) {
  say('hundreds of labs');
  figures.push(...(await crowdFigures()));
}
let rows: readonly Neighbour[] = [];
if (isOnly('neighbours')) {
  say('a student beside another who attacks');
  rows = await neighbourTable(client, drydock.url, say, word);
}
if (figures.length > 0) console.log(table(figures));
if (rows.length > 0) console.log(neighbourText(rows));
fs.mkdirSync('test/output', { recursive: true });
const machine = {
  cpus: os.cpus().length,
  model: os.cpus()[0]?.model,
  memoryBytes: os.totalmem(),
  kernel: os.release(),
};
fs.writeFileSync(
  'test/output/bench.json',
  `${JSON.stringify({ at: new Date().toISOString(), machine, figures, neighbours: rows }, null, 2)}\n`,
);
const [idle] = rows;
const missed = [
  ...figures.filter((figure) => reached(figure) === false).map(({ name }) => name.trim()),
  ...rows
    .filter((row) => idle && row !== idle && missedOf(row, idle).length > 0)
    .map(({ attack }) => `beside ${attack}`),
];
say(missed.length === 0 ? 'every goal is reached' : `missed: ${missed.join('; ')}`);
