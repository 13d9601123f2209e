// Dockerfiles of the catalogue are built in a host that nobody sees, by the builder that students have; a build that was cut off goes on.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { dockerRegistry, type RegistryLogin, startDockerRegistry } from '../../support/docker-registry.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { expect } from '../api/exchange.ts';
import { type TestDirectory, temporaryDirectory } from '../images/fixture.ts';

const own = new URL('../../../lessons/images', import.meta.url).pathname;

let temporary: TestDirectory;
let engine: TestEngine;

function write(name: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    const place = `${temporary.path}/images/${name}/${file}`;
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, text);
  }
}

const imageOf = async (reference: string) =>
  (await engine.client.status()).catalogue.find((image) => image.reference === reference);

/** Asks for it, and tells why it cannot be made. */
async function refused(name: string): Promise<string> {
  await engine.client.buildCatalogue([name]);
  let said = '';
  await until(`${name} has failed`, async () => {
    const { state, step } = (await imageOf(`${name}:latest`)) ?? {};
    assert.notEqual(state, 'ready');
    said = step ?? '';
    return state === 'failed';
  });
  return said;
}

async function built(name: string): Promise<void> {
  await engine.client.buildCatalogue([name]);
  await until(`${name} is built`, async () => {
    const image = await imageOf(`${name}:latest`);
    if (image?.state === 'failed') throw new Error(image.step);
    return image?.state === 'ready';
  });
}

beforeAll(async () => {
  temporary = await temporaryDirectory();
  // Of its own: what is built here is no other test's. The usual images are there already.
  const cache = `${temporary.path}/cache`;
  mkdirSync('/var/cache/drydock', { recursive: true });
  execFileSync('cp', ['--archive', '--link', '/var/cache/drydock', cache]);
  mkdirSync(`${temporary.path}/images`);
  const dockerConfig = `${temporary.path}/config.json`;
  engine = await startEngine({ recipes: [own, `${temporary.path}/images`], cache, dockerConfig });
});

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await temporary?.[Symbol.asyncDispose]();
});

test('a folder with a Dockerfile becomes an image that every host can pull', async () => {
  write('greeting', {
    Dockerfile: `ARG WHOM=nobody
FROM busybox AS made
ARG WHOM
RUN echo "hello $WHOM, I am $(id -u) of $(hostname)" >/greeting && ! wget -q -T 2 -O- http://127.0.0.1:8080/
FROM busybox
COPY --from=made /greeting /
COPY . /context/
USER 1000
CMD ["cat", "/greeting"]
`,
    'image.yaml': 'summary: a greeting\nargs: { WHOM: class }\ntags: [latest, 1.10]\n',
    '.dockerignore': 'secret\nimage.yaml\n',
    secret: 'not for students',
    'deep/script.sh': '#!/bin/sh\n',
  });
  await built('greeting');
  assert.deepEqual((await imageOf('greeting:latest'))?.names, ['greeting:latest', 'greeting:1.10']);
  await engine.client.createHost('a');
  const run = await engine.docker('a', 'run', '--rm', 'greeting:1.10');
  assert.equal(run.stdout, 'hello class, I am 0 of buildkitsandbox\n', run.stderr);
  const found = await engine.docker('a', 'run', '--rm', 'greeting', 'find', '/context', '-type', 'f');
  assert.deepEqual(found.stdout.trim().split('\n').sort(), [
    '/context/.dockerignore',
    '/context/Dockerfile',
    '/context/deep/script.sh',
  ]);
  const history = await engine.docker('a', 'history', '--no-trunc', '--format', '{{.CreatedBy}}', 'greeting');
  assert.doesNotMatch(history.stdout, /proxy/i);
  await engine.client.removeHost('a');
});

test('the host that builds is in no list, has no place of a student’s, and is gone when nothing is left to build', async () => {
  write('slow', {
    Dockerfile: `FROM busybox
RUN --mount=type=cache,target=/wait touch /wait/begun; until [ -e /wait/go ]; do sleep 0.1; done
`,
  });
  await engine.client.buildCatalogue(['slow']);
  const place = await waitsIn(engine);
  assert.deepEqual(await engine.client.hosts(), []);
  assert.equal((await engine.client.status()).hosts, 0);
  await assert.rejects(engine.client.host('.workshop'), /there is no host/);
  await assert.rejects(engine.client.removeHost('.workshop'), /there is no host/);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  writeFileSync(`${place}/go`, '');
  await built('slow');
  await until('it is gone', () => hostsOnDisk(engine) === 0);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
});

test('a build that was cut off by kill -9 goes on with the step that it was at', async () => {
  write('resumed', {
    Dockerfile: `FROM busybox
RUN cat /proc/sys/kernel/random/uuid >/first
RUN --mount=type=cache,target=/wait,id=resumed cp /first /wait/begun; until [ -e /wait/go ]; do sleep 0.1; done
`,
  });
  await engine.client.buildCatalogue(['resumed']);
  const before = await waitsIn(engine);
  const number = readFileSync(`${before}/begun`, 'utf8').trim();
  await engine.kill();
  await engine.start();
  assert.deepEqual(await engine.client.hosts(), []);
  writeFileSync(`${before.replace(/^\/proc\/\d+/, `/proc/${engine.pid}`)}/go`, '');
  await built('resumed');
  await engine.client.createHost('b');
  const { stdout } = await engine.docker('b', 'run', '--rm', 'resumed', 'cat', '/first');
  // Had the first step been done anew, it would have made another number.
  assert.equal(stdout.trim(), number);
  assert.match(number, /^[0-9a-f-]{36}$/);
  await engine.client.removeHost('b');
  await until('the host that built is gone', () => hostsOnDisk(engine) === 0);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
});

test('a step that fails is told with its last words, and is tried again once it is mended', async () => {
  write('broken', { Dockerfile: 'FROM busybox\nRUN echo nothing here >&2; exit 7\n' });
  assert.match(await refused('broken'), /exit code: 7.*nothing here/s);
  write('broken', { Dockerfile: 'FROM busybox\nRUN true\n' });
  await built('broken');
  await assert.rejects(engine.client.buildCatalogue(['none']), /the catalogue has no image none; it has/);
});

test('an archive in a folder is an image: of docker save, and an OCI layout', async () => {
  const host = await engine.client.createHost('saving');
  const made = await engine.docker('saving', 'create', '--name', 'made', 'busybox', 'cat', '/kept');
  assert.equal(made.exitCode, 0, made.stderr);
  await expect(host.dockerSocket, 'POST /commit?container=made&repo=own', 201);
  write('saved', { 'image.yaml': 'archive: image.tar\n' });
  const saved = await engine.docker('saving', 'save', '-o', `${temporary.path}/images/saved/image.tar`, 'own');
  assert.equal(saved.exitCode, 0, saved.stderr);
  // Its layers are compressed, where those of docker save are not.
  write('laid', { 'image.yaml': 'archive: layout\n' });
  cpSync(busyboxLayout(), `${temporary.path}/images/laid/layout`, { recursive: true });
  for (const name of ['saved', 'laid']) {
    await built(name);
    assert.equal((await engine.docker('saving', 'create', name)).exitCode, 0);
  }
  await engine.client.removeHost('saving');
});

const login: RegistryLogin = {
  ...{ user: 'clerk', password: 'tea and rope' },
  bcrypt: '$2b$04$gc7b01gbTX7A6ckohmvJVOflKT8dNwzi/Q7jiM27CIqHw7l63sVB2',
};

test.skipIf(!dockerRegistry)(
  'an image of a registry is fetched as who the machine is there; who is not let in is told why',
  async () => {
    assert.ok(dockerRegistry);
    await using registry = await startDockerRegistry(dockerRegistry, null, login);
    const { domain } = registry;
    await pushLayout(domain, login);
    write('bought', { 'image.yaml': `from: ${domain}/team/app:1\n` });
    assert.match(await refused('bought'), /the logins in .*\/config\.json cannot be read: see DRYDOCK_DOCKER_CONFIG/);
    const loggedIn = (auths: object): void => writeFileSync(`${temporary.path}/config.json`, JSON.stringify({ auths }));
    loggedIn({ 'other.example': { auth: 'eA==' } });
    assert.match(
      await refused('bought'),
      new RegExp(`no basic auth credentials: .*/config\\.json has no login for ${domain}$`),
    );
    const authOf = (password: string) => ({ auth: Buffer.from(`${login.user}:${password}`).toString('base64') });
    loggedIn({ [domain]: authOf('rope and tea') });
    assert.match(await refused('bought'), new RegExp(`${domain} does not take the login of .*/config\\.json$`));
    loggedIn({ [domain]: authOf(login.password) });
    await built('bought');
    // The steps of a Dockerfile stand on such an image too.
    write('resold', { Dockerfile: `FROM ${domain}/team/app:1\nRUN echo sold >/mark\n` });
    await built('resold');
    await engine.client.createHost('buyer');
    const run = await engine.docker('buyer', 'run', '--rm', 'resold', 'cat', '/mark');
    assert.equal(run.stdout, 'sold\n', run.stderr);
    assert.equal((await engine.docker('buyer', 'run', '--rm', 'bought', 'true')).exitCode, 0);
    await engine.client.removeHost('buyer');
  },
);

/** As the cache has it. */
const busyboxLayout = (): string => path.dirname(globSync('/var/cache/drydock/busybox-*/index.json')[0] ?? '');

/** busybox as team/app:1. */
async function pushLayout(domain: string, { user, password }: RegistryLogin): Promise<void> {
  const layout = busyboxLayout();
  const blob = (digest: string) => readFileSync(`${layout}/blobs/${digest.replace(':', '/')}`);
  const { manifests } = JSON.parse(readFileSync(`${layout}/index.json`, 'utf8')) as { manifests: { digest: string }[] };
  const manifest = blob(manifests[0]?.digest ?? '');
  const { config, layers } = JSON.parse(String(manifest)) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const ask = async (method: string, to: string, body?: Buffer, type = 'application/octet-stream') => {
    const answer = await fetch(new URL(to, `http://${domain}`), {
      method,
      headers: { authorization, 'content-type': type },
      ...(body && { body: new Uint8Array(body) }),
    });
    assert.ok(answer.ok, `${method} ${to}: ${answer.status} ${await answer.text()}`);
    return answer.headers.get('location') ?? '';
  };
  for (const { digest } of [config, ...layers]) {
    const place = new URL(await ask('POST', '/v2/team/app/blobs/uploads/'), `http://${domain}`);
    place.searchParams.set('digest', digest);
    await ask('PUT', place.href, blob(digest));
  }
  await ask('PUT', '/v2/team/app/manifests/1', manifest, 'application/vnd.oci.image.manifest.v1+json');
}

const inside = ({ pid, instance }: TestEngine): string => `/proc/${pid}/root${instance.data}/store/hosts`;
const hostsOnDisk = (one: TestEngine): number => globSync(`${inside(one)}/*`).length;

/** The directory of the cache in which a step waits, as the engine's mount namespace has it. */
async function waitsIn(one: TestEngine): Promise<string> {
  let found: string | undefined;
  await until('a step waits', () => {
    found = globSync(`${inside(one)}/*/build-caches/*/begun`)[0];
    return found !== undefined;
  });
  return found?.replace(/\/begun$/, '') ?? '';
}
