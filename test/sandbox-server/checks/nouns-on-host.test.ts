// Checks of volumes, networks, mounts, health, restarts, limits, files in containers and volumes, connections and YAML on a real host: each
// task is not done, says what was found, and turns done by the fact it names, soon after the event that tells of it.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { testRun } from '../../support/instance.ts';
import { sharedEngine } from '../../support/shared.ts';
import type { TestPage } from '../page.ts';
import { startTestServer } from '../server.ts';

const lesson = '01-test/01-nouns';
const task = (id: string, check: string) => `  - { id: ${id}, expected: x, solution: { run: [x] }, check: ${check} }`;
const lab = `
images: [busybox]
tasks:
${[
  task('volume', '{ volume: { name: data, labels: { keep: "yes" } } }'),
  task('mounts', '{ container: { name: db, mounts: ["data:/data:ro", "./site:/site"] } }'),
  task('used', '{ volume: { name: data, usedBy: [db], empty: true } }'),
  task('filled', '{ volume: { name: data, empty: false } }'),
  task('in-volume', '{ file: { volume: data, path: notes/a.txt, contains: kept } }'),
  task('in-container', '{ file: { container: db, path: /tmp/made, matches: "^hello$", means: a hello } }'),
  task('limits', '{ container: { name: db, memory: 32m, pids: 30, cpuShares: 512, readOnly: false } }'),
  task('health', '{ container: { name: db, health: healthy } }'),
  task(
    'network',
    '{ network: { name: back, internal: true, subnet: 10.9.0.0/24, containers: [{ name: db, alias: database, address: 10.9.0.5 }] } }',
  ),
  task('apart', '{ connection: { from: app, to: database, port: 80, works: false } }'),
  task('together', '{ connection: { from: app, to: database, port: 80 } }'),
  task('both', '{ container: { name: app, networks: [front, back] } }'),
  task('restarts', '{ container: { name: loop, restart: "on-failure:2", restartsAtLeast: 2, exitCode: 1 } }'),
  task('oom', '{ ran: { image: busybox, name: hungry, oomKilled: true } }'),
  task('port', '{ container: { name: local, port: "127.0.0.1:8080:80" } }'),
  task('taken', '{ container: { name: second, state: created, error: already allocated } }'),
  task('bomb', '{ process: { container: bomb, matches: "^sleep", atLeast: 5, means: five sleeping processes } }'),
  task('yaml', '{ yaml: { path: settings/app.json, has: { log: { level: debug } } } }'),
  task(
    'compose',
    '{ compose: { has: { services: { web: { image: nginx, ports: ["8080:80"], environment: { MODE: "1" } } }, volumes: { data: ~ } }, hasNot: { services: { web: { privileged: true } } } } }',
  ),
  task(
    'gone',
    '{ after: { tasks: [used], check: { all: [{ removed: { volume: data, since: used } }, { absent: { network: back } }, { absent: db }] } } }',
  ),
].join('\n')}
`;

const folder = await mkdtemp(`/tmp/${testRun}-`);
afterAll(() => rm(folder, { recursive: true }));
await mkdir(path.join(folder, lesson, 'files/site'), { recursive: true });
await writeFile(path.join(folder, lesson, 'lab.yaml'), lab);
await writeFile(path.join(folder, lesson, 'files/site/index.html'), 'hello\n');

const things = new AsyncDisposableStack();
afterAll(() => things.disposeAsync());
const running = things.use(await sharedEngine());
const server = things.use(await startTestServer({ engineSocket: running.socket, lessonsDirectory: folder }));

let page: TestPage;
beforeAll(async () => {
  page = await server.enter(await server.open(lesson));
  await page.hears('session', ({ phase }) => phase === 'ready');
  await page.attach('t1');
  await page.shows('t1', '$ ');
});

let commands = 0;
/** Runs a command line; resolves when it has ended. */
async function run(command: string): Promise<void> {
  commands += 1;
  page.type('t1', `${command}; echo end-$((${commands} + 100000))\r`);
  await page.shows('t1', `end-${commands + 100_000}`);
}

const finds = (id: string, said: RegExp) =>
  page.hears('tasks', ({ tasks }) => tasks.some((one) => one.id === id && !one.done && said.test(one.found)));
const done = (id: string) => page.hears('tasks', ({ tasks }) => tasks.some((one) => one.id === id && one.done));
const stateOf = (id: string) =>
  page.heard.findLast((message) => message.type === 'tasks')?.tasks.find((one) => one.id === id);

const db = (more: string) =>
  `docker rm -f db; docker run -d --name db --network back --network-alias database ${more} busybox sh -c 'while true; do nc -l -p 80 -e true; done'`;

test('volumes, mounts, and files in volumes and containers', async () => {
  await finds('volume', /^There is no volume data on this host yet\.$/);
  await run('docker volume create data');
  await finds('volume', /its label keep is not there/);
  await run('docker volume rm data; docker volume create --label keep=yes data');
  await done('volume');

  await run('docker network create --internal --subnet 10.9.0.0/24 back');
  await finds('mounts', /^Found no container/);
  await run(db('-v data:/data'));
  await finds('mounts', /its mount is data at \/data\.$/);
  await finds('network', /^On the network back, db has the address 10\.9\.0\.\d+\.$/);
  await run(db('--ip 10.9.0.5 -v data:/data:ro -v ./site:/site'));
  await done('mounts');
  await done('used');
  await done('network');

  await finds('in-volume', /^There is no file notes\/a\.txt in the volume data yet\.$/);
  await run('docker run --rm -v data:/d busybox sh -c "mkdir /d/notes; echo kept > /d/notes/a.txt"');
  await done('filled');
  await done('in-volume');

  await finds('in-container', /^There is no file \/tmp\/made in the container db yet\.$/);
  await run('docker exec db sh -c "echo hello > /tmp/made"');
  await done('in-container');
});

test('limits, health, restarts, and an end for want of memory', async () => {
  await finds('limits', /its memory is not limited, its CPU shares are 1024 and its processes are not limited\.$/);
  await finds('health', /it has no health check\.$/);
  const checked = '--health-cmd "test -e /tmp/well" --health-interval 1s --health-retries 1';
  await run(db(`--ip 10.9.0.5 -v data:/data --memory 32m --pids-limit 30 --cpu-shares 512 ${checked}`));
  await done('limits');
  // Nobody types: the events tell.
  await finds('health', /it is unhealthy\.$/);
  page.type('t1', 'docker exec db touch /tmp/well\r');
  await done('health');

  await run('docker run -d --name loop busybox false');
  await finds('restarts', /its restart policy is no and it was restarted 0 times\.$/);
  page.type('t1', 'docker rm -f loop; docker run -d --name loop --restart on-failure:2 busybox false\r');
  await done('restarts');

  await run('docker run --name hungry busybox false; docker rm hungry');
  await finds('oom', /exit code 1, and not for want of memory\.$/);
  page.type('t1', 'docker run --rm --name hungry --memory 16m busybox sh -c "exec tail /dev/zero"\r');
  await done('oom');
});

test('two networks, and who reaches whom', async () => {
  await run('docker network create front; docker run -d --name app --network front busybox sleep 5000');
  await done('apart');
  await finds('together', /^The container app finds nobody by the name database: they share no network/);
  await finds('both', /it is on front\.$/);
  // Nothing but an event tells of this.
  page.type('t1', 'docker network connect back app\r');
  await done('together');
  await done('both');
});

test('ports by their address, and one that is taken', async () => {
  await run('docker run -d --name local -p 8080:80 busybox sleep 5000');
  await finds('port', /published 8080:80\.$/);
  await finds('taken', /^Found no container named second\.$/);
  await run('docker run -d --name second -p 8080:80 busybox sleep 5000');
  await done('taken');
  await run('docker rm -f local second; docker run -d --name local -p 127.0.0.1:8080:80 busybox sleep 5000');
  await done('port');
});

test('processes by their number', async () => {
  await run('docker run -d --name bomb busybox sh -c "for i in 1 2 3; do sleep 5000 & done; wait"');
  await finds('bomb', /^There are 3 of the at least 5 processes/);
  await run('docker exec -d bomb sleep 6000; docker exec -d bomb sleep 6000');
  await done('bomb');
});

test('files of YAML, however they are written', async () => {
  await finds('yaml', /^There is no file settings\/app\.json in the home directory yet\.$/);
  await run(`mkdir settings; echo '{ "log": { "level": "info" } }' > settings/app.json`);
  await finds('yaml', /^In settings\/app\.json, log\.level is info, not debug\.$/);
  await run(`printf 'log:\\n  level: debug # loud\\n' > settings/app.json`);
  await done('yaml');

  const write = (text: string) => run(`printf '${text}' > compose.yaml`);
  await write('services:\\n  web:\\n image: nginx\\n  - x\\n');
  await finds('compose', /^compose\.yaml cannot be read as YAML: line \d: /);
  await write('services:\\n  web:\\n    image: nginx\\n    ports: ["80:8080"]\\n');
  await finds('compose', /^In compose\.yaml, services\.web\.ports has 80:8080, not 8080:80\.$/);
  const good =
    'services:\\n  web:\\n    image: "nginx:1"\\n    environment: [MODE=1]\\n    ports:\\n    - target: 80\\n      published: 8080\\n';
  await write(`${good}    privileged: true\\nvolumes: { data: }\\n`);
  await finds('compose', /^In compose\.yaml, services\.web\.privileged should not be true\.$/);
  await write(`${good}volumes: { data: }\\n`);
  await done('compose');
});

test('what is removed, and F12 nothing that a student writes elsewhere makes a task done', async () => {
  assert.ok(!stateOf('gone')?.done);
  await run('docker rm -f db');
  await finds('gone', /^The volume data is still there\.$/);
  await run('docker volume rm data');
  await finds('gone', /^The network back is still there\.$/);
  await run('docker network disconnect back app; docker network rm back');
  await done('gone');
});
