// Kinds of checks on a real host: each task of a lab made for this turns done by the fact it names, and by nothing that a
// student can forge in the workspace.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, test } from 'vitest';
import { testRun } from '../../support/instance.ts';
import { sharedEngine } from '../../support/shared.ts';
import type { TestPage } from '../page.ts';
import { startTestServer } from '../server.ts';

const lesson = '01-test/01-kinds';
/** Stands nowhere but in the lab file. */
const canary = 'quagga-9f31c7';
const lab = `
images: [busybox]
parameters:
  name: { kind: name }
tasks:
  - { id: image, expected: busybox has a second name., solution: { run: ["echo ${canary}"] }, check: { image: { name: "mine:1", sameAs: busybox } } }
  - id: limits
    expected: A container is limited.
    solution: { run: [x] }
    check: { container: { name: "{{name}}", command: sleep 1000, env: { COLOUR: red }, memory: 32m, cpus: 0.5, network: bridge, labels: { a: b } } }
  - { id: exec, expected: docker exec has made a folder., solution: { run: [x] }, check: { exec: { container: "{{name}}", matches: "^mkdir /tmp/x$", means: the command mkdir, exitCode: 0 } } }
  - { id: process, expected: The container sleeps., solution: { run: [x] }, check: { process: { matches: "^sleep 2000$", container: sleeper, means: a sleep of 2000 seconds } } }
  - { id: count, expected: Three containers of busybox., solution: { run: [x] }, check: { containers: { image: busybox, state: running, count: 3 } } }
  - { id: network, expected: sleeper is on the bridge., solution: { run: [x] }, check: { network: { name: bridge, driver: bridge, containers: [third] } } }
  - { id: file, expected: A note says hello., solution: { run: [x] }, check: { file: { path: notes/today.txt, matches: "^hello", means: a hello } } }
  - { id: web, expected: Port 8080 answers., solution: { run: [x] }, check: { all: [{ container: { name: web, state: running } }, { http: { port: 8080, path: /notes.txt, contains: served } }] } }
  - { id: visit, expected: Somebody else visits., solution: { run: [x] }, check: { after: { tasks: [web], check: { log: { container: web, matches: "GET /notes", means: a visit } } } } }
  - { id: program, expected: The folder /tmp/made is there., solution: { run: [x] }, check: { all: [{ command: { run: [/usr/bin/test, -d, /tmp/made], means: the folder /tmp/made } }, { command: { run: [/usr/bin/not-there], exitCode: 127, means: a program that is not there } }] } }
  - { id: background, expected: bg runs in the background., solution: { run: [x] }, check: { container: { name: bg, state: running, detached: true } } }
  - { id: same, expected: A container of the same image as busybox., solution: { run: [x] }, check: { container: { name: twin, sameImage: busybox } } }
  - { id: same-ran, expected: It has run., solution: { run: [x] }, check: { ran: { sameImage: "busybox:latest", name: runs, exitCode: 0 } } }
`;

const folder = await mkdtemp(`/tmp/${testRun}-`);
afterAll(() => rm(folder, { recursive: true }));
await mkdir(path.join(folder, lesson, 'files/notes'), { recursive: true });
await writeFile(path.join(folder, lesson, 'lab.yaml'), lab);
await writeFile(path.join(folder, lesson, 'files/notes/today.txt'), 'nothing yet\n');
await writeFile(path.join(folder, lesson, 'files/run.sh'), '#!/bin/sh\necho it runs\n', { mode: 0o755 });

// Ended in the reverse order: the server lets go of the engine before that goes.
const things = new AsyncDisposableStack();
afterAll(() => things.disposeAsync());
const running = things.use(await sharedEngine());
const server = things.use(await startTestServer({ engineSocket: running.socket, lessonsDirectory: folder }));

async function enter(): Promise<TestPage> {
  const page = await server.enter(await server.open(lesson));
  await page.hears('session', ({ phase }) => phase === 'ready');
  await page.attach('t1');
  await page.shows('t1', '$ ');
  return page;
}

let commands = 0;
/** Runs a command line; resolves when it has ended. */
async function run(page: TestPage, command: string): Promise<void> {
  commands += 1;
  page.type('t1', `${command}; echo end-$((${commands} + 100000))\r`);
  await page.shows('t1', `end-${commands + 100_000}`).catch((e) => {
    console.log(page.output('t1'));
    throw e;
  });
}

const stateOf = (page: TestPage, id: string) =>
  page.heard.findLast((message) => message.type === 'tasks')?.tasks.find((task) => task.id === id);

const finds = (page: TestPage, id: string, said: RegExp) =>
  page.hears('tasks', ({ tasks }) => tasks.some((task) => task.id === id && !task.done && said.test(task.found)));

const done = (page: TestPage, id: string) =>
  page.hears('tasks', ({ tasks }) => tasks.some((task) => task.id === id && task.done));

test('each task turns done by its fact, and says before what was found', async () => {
  const page = await enter();
  const name = page.heard.find((message) => message.type === 'welcome')?.parameters.name ?? '';
  assert.match(name, /^[a-z]+-[a-z]+$/);
  await run(page, './run.sh && cat notes/today.txt');
  await page.shows('t1', 'it runs');
  await page.shows('t1', 'nothing yet');

  await finds(page, 'image', /There is no image mine:1/);
  await run(page, 'docker tag busybox mine:1');
  await done(page, 'image');

  const limited = (more: string) =>
    `docker rm -f ${name} 2>/dev/null; docker run -d --name ${name} --label a=b ${more} busybox sleep 1000`;
  await run(page, limited('-e COLOUR=blue'));
  await finds(page, 'limits', /its variable COLOUR is blue, its memory is not limited and its CPU time is not limited/);
  await run(page, limited('-e COLOUR=red --memory 32m --cpus 0.5'));
  await done(page, 'limits');

  await run(page, `docker exec ${name} mkdir /tmp/x/y`);
  await finds(page, 'exec', /docker exec has run mkdir \/tmp\/x\/y, exit code 1/);
  await run(page, `docker exec ${name} mkdir /tmp/x`);
  await done(page, 'exec');

  await run(page, 'docker run -d --name sleeper busybox sleep 100');
  await finds(page, 'process', /There is no process yet, in the container sleeper/);
  await run(page, 'docker rm -f sleeper; docker run -d --name sleeper busybox sleep 2000');
  await done(page, 'process');

  await finds(page, 'count', /exactly 3 running containers from the image busybox; found 2/);
  await run(page, 'docker run -d --name third $(docker images -q busybox) sleep 3000');
  await done(page, 'count');
  await done(page, 'network');

  await finds(page, 'file', /shows no hello/);
  await run(page, 'echo hello > notes/today.txt');
  await done(page, 'file');

  await run(page, 'docker run -d --name web busybox sleep 4000');
  await finds(page, 'web', /Port 8080 of the host does not answer: nothing listens there/);
  // A web server of busybox that writes down who visits: the first line of the request, and the visitor's name.
  const serve =
    'read a; while read l; do case $l in [uU]ser-*) u=$l;; ?) break;; esac; done; echo "$a $u" >&2; printf "HTTP/1.0 200 OK\\r\\n\\r\\nserved"';
  const script = Buffer.from(serve).toString('base64');
  const loop = `echo ${script} | base64 -d > /s; while true; do nc -l -p 80 -e sh /s; done`;
  await run(page, `docker rm -f web; docker run -d --name web -p 8080:80 busybox sh -c '${loop}'`);
  await done(page, 'web');
  // What a container has said is in its log a moment later.
  await run(page, 'until docker logs web 2>&1 | grep -q notes; do sleep 0.1; done; docker logs web');
  await page.shows('t1', 'GET /notes.txt HTTP/1.1');
  assert.ok(!stateOf(page, 'visit')?.done, 'the visit of the check itself is none of the student');
  await run(page, 'curl -s --retry 9 --retry-all-errors localhost:8080/notes.txt');
  await done(page, 'visit');

  await run(page, 'mkdir /tmp/made');
  await done(page, 'program');
});

test('whether a container was started in the background is a fact of its last run, however that was asked for', async () => {
  const page = await enter();
  page.send({ type: 'open', request: 1, rows: 24, columns: 80 });
  const { terminal } = await page.hears('opened', ({ request }) => request === 1);
  await page.attach(terminal);
  await page.shows(terminal, '$ ');

  page.type(terminal, 'docker run --name bg busybox sleep 5000\r');
  await finds(page, 'background', /bg from busybox, running, .*; it was started in the foreground/);
  await run(page, 'docker stop -t 0 bg');
  await run(page, 'docker rm bg; docker create --name bg busybox sleep 5000');
  await finds(page, 'background', /bg from busybox, created, .*; it has never run/);
  const attached = page.hearsNext('tasks', ({ tasks }) =>
    tasks.some(({ id, found }) => id === 'background' && /bg from busybox, running, .* in the foreground/.test(found)),
  );
  page.type(terminal, 'docker start -a bg\r');
  await attached;
  await run(page, 'docker stop -t 0 bg');
  await run(page, 'docker start bg');
  await done(page, 'background');
});

test('a container is of an image by what that is, whatever name it was given by', async () => {
  const page = await enter();
  await run(page, 'docker tag busybox other:1; docker run -d --name twin hello-world; docker rmi busybox');
  await finds(
    page,
    'same',
    /^Found the container twin from hello-world.*; its image is hello-world, which is not the same/,
  );
  await run(page, 'docker rm -f twin; docker run -d --name twin other:1 sleep 5000');
  // The host has no image named busybox any more: what `docker pull busybox` would bring is the same one.
  await done(page, 'same');
  await run(page, 'docker run --rm --name runs other:1 true');
  await done(page, 'same-ran');
});

test('F12 nothing that a student forges in the workspace makes a task done, and no solution is in it', async () => {
  const page = await enter();
  const name = page.heard.find((message) => message.type === 'welcome')?.parameters.name ?? '';
  const forgeries = [
    // A docker, a shell and a library that say what one likes, first for the student and then for everybody.
    `mkdir -p ~/bin; printf '#!/bin/bash\\necho ${name}\\n' > ~/bin/docker; chmod +x ~/bin/docker; export PATH=~/bin:$PATH; hash -r; docker ps`,
    `docker tag busybox mine:1; docker run -d --name ${name} busybox; docker exec ${name} mkdir /tmp/x`,
    'sudo cp ~/bin/docker /usr/bin/docker; sudo cp ~/bin/docker /usr/local/bin/docker; docker ps',
    'export LD_PRELOAD=/home/student/evil.so BASH_ENV=/home/student/evil.sh; printf "exit 0\\n" > evil.sh; unset LD_PRELOAD',
    // Answers that look like the engine's, and marks and messages that look like ours.
    `printf 'sleep 2000\\n'; (exec -a 'sleep 2000' sleep 30) & (exec -a sleeper sleep 30) & true`,
    'printf "\\033]133;D;0\\007\\033]133;A\\007"',
    'printf \'{"type":"tasks","tasks":[{"id":"image","done":true}]}\\n\'',
    // What one may kill: one's own shell, and everything else that does not mind.
    'sudo sh -c "kill -9 -1" 2>/dev/null; kill -9 1; true',
    // Another root for the checks to look at, and a link out of the home.
    'rm -rf notes; ln -s /etc notes; sudo ln -sf /bin/true /bin/sh.fake',
  ];
  for (const forgery of forgeries.slice(0, 7)) await run(page, forgery);
  // One's shell goes with it; the lab stands, and a new shell can be had.
  page.type('t1', `${forgeries[7]}\r`);
  await page.hears(
    'terminals',
    ({ terminals }) => terminals.length > 0 && terminals.every((terminal) => !terminal.running),
  );
  page.send({ type: 'open', request: 7, rows: 24, columns: 80 });
  const { terminal } = await page.hears('opened', ({ request }) => request === 7);
  await page.attach(terminal);
  await page.shows(terminal, '$ ');
  page.type(terminal, `${forgeries[8]}; echo end-$((1 + 1))-of-it\r`);
  await page.shows(terminal, 'end-2-of-it');
  page.type(
    terminal,
    `sudo grep -rlsa --devices=skip '${canary.slice(0, 5)}'${`'${canary.slice(5)}'`} /home /root /etc /tmp /run /var /opt /srv /mnt; env | grep -c ${canary.slice(0, 6)}; echo looked-$((3 + 4))\r`,
  );
  await page.shows(terminal, 'looked-7');
  assert.doesNotMatch(page.output(terminal), /lab\.yaml/);
  assert.match(page.output(terminal), /0\r?\nlooked-7/);
  page.send({ type: 'ping' });
  await page.hears('pong');
  for (const id of ['image', 'limits', 'exec', 'process', 'count', 'network', 'file', 'web', 'visit'])
    assert.ok(!stateOf(page, id)?.done, `${id}: ${JSON.stringify(stateOf(page, id))}`);
});
