// Checks of registries on real hosts: the hub and what hosts push to it and pull from it, and a registry of the student's own.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, test } from 'vitest';
import { testRun } from '../../support/instance.ts';
import { sharedEngine } from '../../support/shared.ts';
import type { TestPage } from '../page.ts';
import { startTestServer } from '../server.ts';
import { atPrompt, run } from '../sessions/student.ts';

const hubLesson = '01-test/01-hub';
const ownLesson = '01-test/02-own';
const task = (id: string, check: string) =>
  `  - { id: ${id}, expected: "It is so on {{namespace}}.", solution: { run: [x] }, check: ${check} }\n`;

const hubLab = `
hosts: [{ name: dev }, { name: prod }, { name: classmate, account: own }]
images: [busybox]
tasks:
${[
  task('tag', '{ repository: { name: "{{namespace}}/web", tag: 1, sameImage: "web:1" } }'),
  task('pushed', '{ pushed: { name: "{{namespace}}/web", tag: 1, layersSent: 0, layersThereAtLeast: 1 } }'),
  task('moved', '{ repository: { name: "{{namespace}}/web", tag: 1, otherThanTag: first } }'),
  task('same', '{ repository: { name: "{{namespace}}/web", tags: [1, first, latest], tag: latest, sameTag: 1 } }'),
  task(
    'few',
    '{ pushed: { name: "{{namespace}}/web", tag: 2, layersSentAtMost: 1, layersThereAtLeast: 1, since: tag } }',
  ),
  task(
    'pulled',
    '{ pulled: { host: prod, name: "hub.drydock/{{namespace}}/web", pushedBy: dev, layersThereAtLeast: 1, layersBroughtAtMost: 1 } }',
  ),
  task(
    'runs',
    '{ container: { host: prod, name: web, state: running, repository: { name: "{{namespace}}/web", pushedBy: dev, tag: 2 } } }',
  ),
  task(
    'digest',
    '{ all: [{ pulled: { host: prod, name: "{{namespace}}/web", byDigest: true } }, { image: { host: prod, name: "hub.drydock/{{namespace}}/web:2", repository: { name: "{{namespace}}/web", tag: 2 } } }] }',
  ),
  task(
    'public',
    '{ repository: { name: "{{namespace}}/web", visibility: public, mayPull: [prod, classmate, anonymous] } }',
  ),
  task(
    'private',
    '{ repository: { name: "{{namespace}}/web", visibility: private, mayPull: [prod], mayNotPull: [classmate, anonymous] } }',
  ),
  task('theirs', '{ repository: { name: "{{classmateNamespace}}/web", tag: 1 } }'),
  task('gone', '{ after: { tasks: [private], check: { repository: { name: "{{namespace}}/web", exists: false } } } }'),
].join('')}`;

const ownLab = `
hosts: [{ name: dev }, { name: prod }]
images: [busybox]
tasks:
${[
  task('there', '{ repository: { name: "localhost:5000/web", tag: 1, sameImage: busybox, visibility: public } }'),
  task('pulled', '{ pulled: { host: prod, name: "dev:5000/web", pushedBy: dev } }'),
  task('fromProd', '{ repository: { host: prod, name: "dev:5000/web", tag: 1 } }').replace('fromProd', 'from-prod'),
  task(
    'private',
    '{ repository: { name: "localhost:5001/web", tls: true, login: { user: ann, password: secret }, tag: 1, visibility: private } }',
  ),
].join('')}`;

const folder = await mkdtemp(`/tmp/${testRun}-`);
afterAll(() => rm(folder, { recursive: true }));
for (const [lesson, lab] of [
  [hubLesson, hubLab],
  [ownLesson, ownLab],
] as const) {
  await mkdir(path.join(folder, lesson), { recursive: true });
  await writeFile(path.join(folder, lesson, 'lab.yaml'), lab);
}

// Ended in the reverse order: the server lets go of the engine before that goes.
const things = new AsyncDisposableStack();
afterAll(() => things.disposeAsync());
const running = things.use(await sharedEngine());
const server = things.use(await startTestServer({ engineSocket: running.socket, lessonsDirectory: folder }));

async function enter(lesson: string): Promise<TestPage> {
  const page = await server.enter(await server.open(lesson));
  await page.hears('session', ({ phase }) => phase === 'ready');
  return page;
}

const finds = (page: TestPage, id: string, said: RegExp) =>
  page.hears('tasks', ({ tasks }) => tasks.some((one) => one.id === id && !one.done && said.test(one.found)));
const done = (page: TestPage, id: string) =>
  page.hears('tasks', ({ tasks }) => tasks.some((one) => one.id === id && one.done));

const built = (name: string) =>
  `docker rm -f made; docker run --name made busybox sh -c "echo ${name} >/file" && docker commit made ${name}`;

test('what hosts push to the hub and pull from it is told, with what is wrong said before', async () => {
  const page = await enter(hubLesson);
  const { parameters } = await page.hears('parameters');
  const { namespace = '', classmateNamespace = '' } = parameters;
  assert.match(namespace, /^student-[a-z0-9]{6}$/);
  assert.match(classmateNamespace, /^student-[a-z0-9]{6}$/);
  assert.notEqual(namespace, classmateNamespace);
  const told = page.last('tasks')?.tasks.map(({ expected }) => expected);
  assert.deepEqual(new Set(told), new Set([`It is so on ${namespace}.`]));
  const [dev, prod] = [await atPrompt(page, 'dev'), await atPrompt(page, 'prod')];
  const mate = await atPrompt(page, 'classmate');
  assert.match(await run(page, dev, 'echo $HUB_NAMESPACE'), new RegExp(namespace));
  assert.match(await run(page, prod, 'echo $HUB_NAMESPACE'), new RegExp(namespace));
  assert.match(await run(page, mate, 'echo $HUB_NAMESPACE'), new RegExp(classmateNamespace));
  const name = `hub.drydock/${namespace}/web`;

  await finds(page, 'tag', new RegExp(`^The hub has no repository ${namespace}/web yet\\.$`));
  await finds(page, 'pushed', new RegExp(`^Nothing was pushed to ${namespace}/web yet\\.$`));
  await finds(page, 'runs', /^Found no container at all\.$/);
  await finds(page, 'pulled', /^Nothing was pulled from hub\.drydock\/.*\/web yet\.$/);
  await run(
    page,
    dev,
    `${built('web:1')}; docker tag web:1 hub.drydock/${namespace}/wep:1; docker push hub.drydock/${namespace}/wep:1`,
  );
  await finds(page, 'tag', new RegExp(`has no repository ${namespace}/web yet\\. There is ${namespace}/wep\\.$`));
  await run(page, dev, `docker tag web:1 ${name}:first; docker push ${name}:first`);
  await finds(page, 'tag', /has no tag 1; its only tag is first\.$/);
  await finds(page, 'pushed', /^first was pushed to .*, and not 1\.$/);
  await run(page, dev, `docker tag busybox ${name}:1; docker push ${name}:1`);
  await finds(
    page,
    'tag',
    /^The tag 1 is there, but it points to another image than web:1 of this host: push it again\.$/,
  );
  await done(page, 'pushed');
  await done(page, 'moved');
  await run(page, dev, `docker tag web:1 ${name}:1; docker push ${name}:1`);
  await done(page, 'tag');

  await finds(page, 'same', /has no tag latest; its tags are 1 and first\.$/);
  await run(page, dev, `docker tag busybox ${name}; docker push ${name}`);
  await finds(page, 'same', /^The tags latest and 1 point to different digests, sha256:\w{8}… and sha256:\w{8}…\.$/);
  await run(page, dev, `docker tag web:1 ${name}; docker push ${name}`);
  await done(page, 'same');

  await run(
    page,
    dev,
    `docker rm -f made; docker run --name made web:1 touch /other; docker commit made ${name}:2; docker push ${name}:2`,
  );
  await done(page, 'few');
  await run(page, prod, `docker run -d --name web ${name}:1 sleep 1000`);
  await finds(page, 'runs', /its image is sha256:\w{8}…, and the tag 2 of .*\/web points to sha256:\w{8}… now\.$/);
  await finds(page, 'pulled', /^sha256:\w{8}… was pulled, and dev has pushed sha256:\w{8}… to .*\/web last\.$/);
  await run(page, prod, `docker rm -f web; docker run -d --name web ${name}:2 sleep 1000`);
  await done(page, 'pulled');
  await done(page, 'runs');

  await finds(page, 'digest', /was pulled by the tag 2, and not by a digest\.$/);
  await run(page, prod, `docker pull $(docker inspect -f '{{index .RepoDigests 0}}' ${name}:2)`);
  await done(page, 'digest');
  await done(page, 'public');

  await finds(page, 'private', /is public: everybody may pull it\.$/);
  await running.client.hub.setVisibility(`${namespace}/web`, 'private');
  await done(page, 'private');
  await run(
    page,
    mate,
    `docker tag busybox hub.drydock/${classmateNamespace}/web:1; docker push hub.drydock/${classmateNamespace}/web:1`,
  );
  await done(page, 'theirs');
  await finds(page, 'gone', /^The repository .*\/web is still there\.$/);
  await running.client.hub.removeRepository(`${namespace}/web`);
  await done(page, 'gone');
}, 120_000);

test('a registry of the student’s own is asked from within the host, by HTTPS and with a password too', async () => {
  const page = await enter(ownLesson);
  const [dev, prod] = [await atPrompt(page, 'dev'), await atPrompt(page, 'prod')];
  await finds(
    page,
    'there',
    /^Nothing listens at localhost:5000: the registry does not run, or its port is not published\.$/,
  );
  await run(page, dev, 'docker run -d --name other -p 5000:80 busybox httpd -f');
  await finds(page, 'there', /^What listens at localhost:5000 is no registry: it answers \/v2\/ with status 404\.$/);
  await run(page, dev, 'docker rm -f other; docker run -d --name registry -p 5000:5000 registry:2');
  await finds(page, 'there', /^The registry localhost:5000 has no repository web yet\.$/);
  await run(page, dev, 'docker tag busybox localhost:5000/web:2; docker push localhost:5000/web:2');
  await finds(page, 'there', /^The repository localhost:5000\/web has no tag 1; its only tag is 2\.$/);
  await run(page, dev, `${built('mine')}; docker tag mine localhost:5000/web:1; docker push localhost:5000/web:1`);
  await finds(
    page,
    'there',
    /^The tag 1 is there, but it points to another image than busybox of this host: push it again\.$/,
  );
  await done(page, 'from-prod');
  await run(page, dev, 'docker tag busybox localhost:5000/web:1; docker push localhost:5000/web:1');
  await done(page, 'there');
  await run(
    page,
    prod,
    `sudo mkdir -p /etc/docker; echo '{"insecure-registries": ["dev:5000"]}' | sudo tee /etc/docker/daemon.json; docker pull dev:5000/web:1`,
  );
  await done(page, 'pulled');

  // The password is `secret`.
  const line = 'ann:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a';
  const start = (more: string) =>
    `docker rm -f locked; docker run -d --name locked -p 5001:5000 -v ~/keys:/keys ${more} registry:2`;
  await run(
    page,
    dev,
    `mkdir keys && echo '${line}' >keys/htpasswd && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout keys/key.pem -out keys/cert.pem 2>/dev/null; ls keys`,
  );
  await run(page, dev, start(''));
  await finds(page, 'private', /^The registry localhost:5001 answers by plain HTTP, and not by HTTPS\.$/);
  const tls = '-e REGISTRY_HTTP_TLS_CERTIFICATE=/keys/cert.pem -e REGISTRY_HTTP_TLS_KEY=/keys/key.pem';
  await run(page, dev, start(tls));
  await finds(page, 'private', /^The registry localhost:5001 has no repository web yet\.$/);
  const lock =
    '-e REGISTRY_AUTH=htpasswd -e REGISTRY_AUTH_HTPASSWD_REALM=ours -e REGISTRY_AUTH_HTPASSWD_PATH=/keys/other';
  await run(page, dev, `sed s/abcdef/abcdeg/ keys/htpasswd >keys/other; ${start(`${tls} ${lock}`)}`);
  await finds(
    page,
    'private',
    /^The registry localhost:5001 does not take the name ann with the password that it should have\.$/,
  );
  await run(page, dev, start(`${tls} ${lock.replace('/other', '/htpasswd')}`));
  await run(
    page,
    dev,
    'sudo mkdir -p /etc/docker/certs.d/localhost:5001 && sudo cp keys/cert.pem /etc/docker/certs.d/localhost:5001/ca.crt; docker tag busybox localhost:5001/web:1; until echo secret | docker login -u ann --password-stdin localhost:5001; do sleep 1; done; docker push localhost:5001/web:1',
  );
  await done(page, 'private');
}, 120_000);
