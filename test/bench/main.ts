// `npm run bench`: prints two tables, and writes every sample to test/output/bench.json. `npm run bench neighbours [WORD]`: the
// second one alone, or its rows with that word.

import fs from 'node:fs';
import os from 'node:os';
import { connectEngine } from '@drydock/runtime';
import { ownDockerFolder } from '../../bin/programs.mjs';
import { startDockerd } from '../support/dockerd.ts';
import { startDrydock } from '../support/drydock.ts';
import { docker } from './clock.ts';
import { dockerFigures, hostFigures, keepingFigures } from './engine-figures.ts';
import { type Figure, reached, table } from './figures.ts';
import { labFigures } from './lab-figures.ts';
import { idleHostFigure, residentFigure } from './memory-figures.ts';
import { missedOf, neighbourTable, neighbourText } from './neighbours.ts';
import { previewFigure } from './preview-figures.ts';
import { viewFigure } from './view-figures.ts';
import { echoFigures, lessonFigure } from './web-figures.ts';

// As `npm test` has it: a current docker command, where the machine's own is older.
process.env.PATH = `${ownDockerFolder}:${process.env.PATH}`;
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const figures: Figure[] = [];
say('starting a Drydock of the bench’s own');
await using drydock = await startDrydock({ DRYDOCK_CAPACITY: '36', DRYDOCK_UID_RANGES: '40' });
const client = connectEngine(drydock.engineSocket);
const { stdout } = await drydock.run('status', '--json');
const status = JSON.parse(stdout) as { engine: { pid: number }; server: { pid: number } };
const { name: instance, run: runDirectory } = drydock.instance;
const processes = { instance, runDirectory, engine: status.engine.pid, server: status.server.pid };

async function measureFigures(): Promise<void> {
  figures.push(residentFigure(processes));
  say('one more idle host');
  figures.push(await idleHostFigure(client, processes));
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
if (only !== 'neighbours') await measureFigures();
say('a student beside another who attacks');
const rows = await neighbourTable(client, drydock.url, say, word);
if (figures.length > 0) console.log(table(figures));
console.log(neighbourText(rows));
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
