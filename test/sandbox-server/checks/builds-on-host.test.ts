// Checks of Dockerfiles, builds and what came of them on a real host: each task is not done, says what was found, and turns done by the
// fact it names.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { testRun } from '../../support/instance.ts';
import { sharedEngine } from '../../support/shared.ts';
import type { TestPage } from '../page.ts';
import { startTestServer } from '../server.ts';
import { atPrompt, run } from '../sessions/student.ts';

const lesson = '01-test/01-builds';
const task = (id: string, check: string) => `  - { id: ${id}, expected: x, solution: { run: [x] }, check: ${check} }`;
const lab = `
images: [busybox]
tasks:
${[
  task(
    'file',
    '{ dockerfile: { has: [{ from: busybox }, { workdir: /app }, { copy: package.json }, { run: install }, { copy: . }, { cmd: cat app.js, form: exec }], warnings: none } }',
  ),
  task('ignored', '{ dockerignore: { leavesOut: [node_modules, .env], keeps: [app.js] } }'),
  task('built', '{ built: { image: web, ranAtLeast: 3, contextFilesAtMost: 2, contextSmallerThan: 1k } }'),
  task('again', '{ built: { image: "web:1", allCached: true, now: true } }'),
  task(
    'changed',
    '{ built: { image: web, since: again, steps: [{ run: install, cached: true }, { copy: ., cached: false }], ranAtMost: 1 } }',
  ),
  task(
    'image',
    '{ image: { name: "web:1", from: busybox, runsAsRoot: false, exposes: 80, history: [{ copy: package.json }, { run: install }, { copy: . }, { user: nobody }], historyNot: [{ run: "rm -rf" }], command: cat app.js, healthcheck: false } }',
  ),
  task(
    'inside',
    '{ all: [{ file: { image: "web:1", path: /app/.env, exists: false } }, { file: { image: "web:1", path: /app/app.js, contains: hello } }] }',
  ),
  task('secret', '{ image: { name: "safe", without: ["s3cret-word"] } }'),
  task('failed', '{ built: { image: bad, failedAt: { run: exit 3 } } }'),
  task('target', '{ built: { image: tools, target: tools, stagesNot: [last] } }'),
].join('\n')}
`;

const folder = await mkdtemp(`/tmp/${testRun}-`);
afterAll(() => rm(folder, { recursive: true }));
await mkdir(path.join(folder, lesson), { recursive: true });
await writeFile(path.join(folder, lesson, 'lab.yaml'), lab);

const things = new AsyncDisposableStack();
afterAll(() => things.disposeAsync());
const running = things.use(await sharedEngine());
const server = things.use(await startTestServer({ engineSocket: running.socket, lessonsDirectory: folder }));

let page: TestPage;
let terminal: string;
beforeAll(async () => {
  page = await server.enter(await server.open(lesson));
  await page.hears('session', ({ phase }) => phase === 'ready');
  terminal = await atPrompt(page, 'docker-host');
});

const type = (command: string) => run(page, terminal, command);
const file = (name: string, lines: readonly string[]) =>
  type(`printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > ${name}`);
const finds = (id: string, said: RegExp) =>
  page.hears('tasks', ({ tasks }) => tasks.some((one) => one.id === id && !one.done && said.test(one.found)));
const done = (id: string) => page.hears('tasks', ({ tasks }) => tasks.some((one) => one.id === id && one.done));

test('a Dockerfile and its .dockerignore are judged by what they mean, while they are written', async () => {
  await finds('file', /^There is no file Dockerfile in the home directory yet\.$/);
  await file('Dockerfile', ['FROM busybox', 'RNU install']);
  await finds('file', /^Dockerfile cannot be built: .*unknown instruction: RNU.*\.$/);
  await file('Dockerfile', ['FROM busybox', 'WORKDIR /app', 'COPY . .', 'RUN echo install', 'COPY package*.json ./']);
  await finds('file', /^In Dockerfile, RUN with “install” in it stands before COPY package\.json, not after it\.$/);
  const right = [
    'ARG V=latest',
    'FROM busybox:$V',
    'WORKDIR /app',
    'COPY ["./package*.json", "./"]',
    'RUN echo install',
  ];
  await file('Dockerfile', [...right, 'COPY . .', 'CMD cat app.js']);
  await finds(
    'file',
    /^In Dockerfile, there is no CMD cat app\.js as a list of words after COPY \. \(the whole context\)\.$/,
  );
  await file('Dockerfile', [...right, 'COPY . .', 'MAINTAINER me', 'CMD ["cat", "app.js"]']);
  await finds('file', /^In Dockerfile, docker build --check warns of MaintainerDeprecated: .* \(line 7\)\.$/);
  await file('Dockerfile', [...right, 'COPY . .', 'CMD ["cat", "app.js"]']);
  await done('file');
  await finds('ignored', /^There is no file \.dockerignore in the home directory yet\.$/);
  await file('.dockerignore', ['node_modules', '*.js']);
  await finds('ignored', /^The file \.dockerignore is there, but it does not leave out \.env\.$/);
  await file('.dockerignore', ['*', '!app.js', '!package.json']);
  await done('ignored');
}, 60_000);

test('builds are known step by step: what came from the cache, what was carried out, and where they failed', async () => {
  await file('app.js', ['hello']);
  await file('package.json', ['{}']);
  await file('.env', ['KEY=x']);
  await finds('built', /^No image web was built here yet\.$/);
  await type('docker build -t web:1 . --quiet');
  await done('built');
  await finds(
    'again',
    /^Of the build of web:1: 0 steps came from the cache, and 4 had to be carried out, from WORKDIR \/app on\.$/,
  );
  await type('docker build -t web:1 . --quiet');
  await done('again');
  await finds('changed', /^Of the build of web: it was before the task in hand: build once more\.$/);
  await file('package.json', ['{"a":1}']);
  await type('docker build -t web:1 . --quiet');
  await finds('changed', /^Of the build of web: RUN echo install was carried out, and did not come from the cache\.$/);
  await file('app.js', ['hello again']);
  await type('docker build -t web:1 . --quiet');
  await done('changed');
  await type('mkdir bad; printf "FROM busybox\\nRUN true\\nRUN exit 3\\n" > bad/Dockerfile');
  await finds('failed', /^No image bad was built here yet\./);
  await type('docker build -t bad bad --quiet');
  await done('failed');
  await type(
    'mkdir two; printf "FROM busybox AS tools\\nRUN true\\nFROM busybox AS last\\nRUN false\\n" > two/Dockerfile',
  );
  await type('docker build -t tools --target tools two --quiet');
  await done('target');
}, 90_000);

test('an image is known by its history, its user, its files, and texts that stand nowhere in it', async () => {
  await finds('image', /but its user is|it runs as root/);
  await type('printf "USER nobody\\nEXPOSE 80\\n" >> Dockerfile; docker build -t web:1 . --quiet');
  await done('image');
  await done('inside');
  await finds('secret', /^There is no image safe on this host yet\.$/);
  const leak = 'RUN echo s3cret-word > /tmp/a\\nRUN rm /tmp/a';
  await type(`mkdir leak; printf "FROM busybox\\n${leak}\\n" > leak/Dockerfile; docker build -t safe leak --quiet`);
  await finds('secret', /^Found the image safe, but what should be secret stands in its history\.$/);
  const copied = 'COPY key /tmp/a\\nRUN rm /tmp/a';
  await type(
    `echo s3cret-word > leak/key; printf "FROM busybox\\n${copied}\\n" > leak/Dockerfile; docker build -t safe leak --quiet`,
  );
  await finds('secret', /^Found the image safe, but what should be secret stands in \/tmp\/a of one of its layers\.$/);
  await type('docker tag busybox safe');
  await done('secret');
  assert.ok(page.last('tasks')?.tasks.every(({ done: is }) => is));
}, 90_000);
