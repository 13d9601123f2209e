// `docker pull` from a registry: what comes, in which forms, and how broken connections and locked doors are dealt with.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import { nobody } from '../../../runtime/registries/credentials.ts';
import { digestOf } from '../../../runtime/store/blobs.ts';
import { refuse, say, TestRegistry, types } from '../../support/registry.ts';
import { collect, pullAll, type TestHost, type TestImages, testImages, untilDone } from '../images/fixture.ts';

let images: TestImages;
let registry: TestRegistry;
let hosts = 0;
beforeAll(async () => {
  images = await testImages();
  registry = await TestRegistry.open();
});
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await images?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  registry.hook = () => false;
  registry.requests.length = 0;
  registry.authorizations.length = 0;
});

const newHost = (): TestHost => images.host(`pull-${hosts++}`);
const statuses = (lines: readonly { id?: string; status?: string }[]): string[] =>
  lines.map(({ id, status }) => (id === undefined ? (status ?? '') : `${id}: ${status}`));
const shortOf = (digest: string): string => digest.slice(7, 19);

test('a pull tells of each layer as Docker does, and names the image by tag and digest', async () => {
  const made = await registry.putImage('team/app', '1', ['one', 'two']);
  const host = newHost();
  const name = `${registry.domain}/team/app`;
  const lines = statuses(await pullAll(host, name, '1'));
  const [first, second] = [...registry.blobs.keys()].slice(-2).map((key) => shortOf(key.slice(key.indexOf('@') + 1)));
  for (const id of [first, second])
    assert.deepEqual(
      [...new Set(lines.filter((line) => line.startsWith(`${id}`)))],
      ['Pulling fs layer', 'Downloading', 'Verifying Checksum', 'Download complete', 'Extracting', 'Pull complete'].map(
        (status) => `${id}: ${status}`,
      ),
    );
  assert.equal(lines[0], '1: Pulling from team/app');
  assert.deepEqual(lines.slice(-2), [`Digest: ${made.digest}`, `Status: Downloaded newer image for ${name}:1`]);
  assert.deepEqual(Object(host.images.inspect(`${name}:1`)).RepoDigests, [`${name}@${made.digest}`]);
  assert.deepEqual(host.events, [{ action: 'pull', id: `${name}:1`, name }]);
  const again = statuses(await pullAll(host, name, '1'));
  assert.deepEqual(again, [
    '1: Pulling from team/app',
    `Digest: ${made.digest}`,
    `Status: Image is up to date for ${name}:1`,
  ]);
});

test('a pull by digest names the image by its digest alone', async () => {
  const made = await registry.putImage('by-digest', 'x', ['content']);
  const host = newHost();
  const name = `${registry.domain}/by-digest`;
  const lines = statuses(await pullAll(host, name, made.digest));
  assert.equal(lines[0], `${name}@${made.digest}: Pulling from by-digest`);
  assert.equal(lines.at(-1), `Status: Downloaded newer image for ${name}@${made.digest}`);
  const { RepoTags, RepoDigests } = Object(host.images.inspect(`${name}@${made.digest}`));
  assert.deepEqual([RepoTags, RepoDigests], [[], [`${name}@${made.digest}`]]);
});

test('a pull of all tags brings each, and gives one status', async () => {
  await registry.putImage('all', 'a', ['a']);
  await registry.putImage('all', 'b', ['a', 'b']);
  const host = newHost();
  const name = `${registry.domain}/all`;
  const lines = statuses(await collect(await host.images.pull(name, null, { signal: untilDone() })));
  assert.deepEqual(
    lines.filter((line) => / from |Status/.test(line)),
    ['a: Pulling from all', 'b: Pulling from all', `Status: Downloaded newer image for ${name}`],
  );
  assert.equal(lines.filter((line) => line.includes('Already exists')).length, 1);
  assert.ok(host.images.resolve(`${name}:a`) && host.images.resolve(`${name}:b`));
});

test('layers come plain, in gzip and in zstd', async () => {
  const compress = (tar: Buffer, n: number): Buffer =>
    n === 0 ? tar : n === 1 ? gzipSync(tar) : zstdCompressSync(tar);
  await registry.putImage('forms', '1', ['plain', 'gzip', 'zstd'], { compress });
  const host = newHost();
  await pullAll(host, `${registry.domain}/forms`, '1');
  assert.equal(host.images.resolve(`${registry.domain}/forms:1`).layers.length, 3);
});

test('of an index the image for this machine is taken, or for the platform that is named; attestations are not', async () => {
  const own = await registry.putImage('multi', 'own', ['own']);
  const other = await registry.putImage('multi', 'other', ['other'], { configuration: { architecture: 'riscv64' } });
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const entry = ({ digest }: { digest: string }, platform: object) => {
    const size = registry.manifests.get(`multi@${digest}`)?.body.length ?? 0;
    return { mediaType: types.manifest, digest, size, platform };
  };
  const index = registry.putManifest('multi', 'latest', types.index, {
    schemaVersion: 2,
    mediaType: types.index,
    manifests: [
      entry(other, { os: 'unknown', architecture: 'unknown' }),
      entry(other, { os: 'linux', architecture: 'riscv64' }),
      entry(own, { os: 'linux', architecture }),
    ],
  });
  const host = newHost();
  const name = `${registry.domain}/multi`;
  const lines = statuses(await pullAll(host, name));
  assert.ok(lines.includes(`Digest: ${index}`));
  assert.equal(host.images.resolve(name).id, own.imageId);
  const pullFor = async (platform: string, tag: string): Promise<string[]> =>
    statuses(await collect(await host.images.pull(name, tag, { signal: untilDone(), platform })));
  assert.equal((await pullFor('linux/riscv64', 'latest')).at(-1), `Status: Downloaded newer image for ${name}:latest`);
  assert.equal(host.images.resolve(name).id, other.imageId);
  // Docker says so after its first line.
  const refused = await host.images.pull(name, 'latest', { signal: untilDone(), platform: 'linux/s390x' });
  const told: string[] = [];
  await assert.rejects(
    async () => {
      for await (const line of refused) told.push(...statuses([line]));
    },
    { kind: 'notFound', message: 'no matching manifest for linux/s390x in the manifest list entries' },
  );
  assert.deepEqual(told, ['latest: Pulling from multi']);
  assert.equal(
    (await pullFor('linux/riscv64', 'own')).at(-1),
    `WARNING: image with reference ${name}:own was found but its platform (linux/${architecture}) does not match the specified platform (linux/riscv64)`,
  );
});

test('a layer that this host has is not brought again; one that only another host has is', async () => {
  await registry.putImage('shared', '1', ['below']);
  const [first, second] = [newHost(), newHost()];
  const name = `${registry.domain}/shared`;
  await pullAll(first, name, '1');
  await registry.putImage('shared', '2', ['below', 'above']);
  assert.equal(statuses(await pullAll(first, name, '2')).filter((line) => line.endsWith('Already exists')).length, 1);
  assert.equal(statuses(await pullAll(second, name, '2')).filter((line) => line.endsWith('Pull complete')).length, 2);
});

test('a layer whose connection breaks goes on from where it was', async () => {
  // So many bytes that some have come before the break.
  const text = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)))
    .toString('hex')
    .repeat(4);
  const made = await registry.putImage('broken', '1', [text]);
  const [blob = Buffer.alloc(0)] = made.layers;
  const ranges: string[] = [];
  registry.hook = (request, response) => {
    if (!request.url?.includes('/blobs/') || request.url.endsWith(made.imageId)) return false;
    ranges.push(request.headers.range ?? '');
    if (ranges.length > 1) return false;
    response.writeHead(200, { 'Content-Length': blob.length });
    response.write(blob.subarray(0, blob.length - 1000), () => setTimeout(() => response.destroy(), 50));
    return true;
  };
  const host = newHost();
  const lines = statuses(await pullAll(host, `${registry.domain}/broken`, '1'));
  assert.deepEqual(ranges.length, 2);
  assert.match(ranges[1] ?? '', /^bytes=[1-9]\d*-$/);
  assert.ok(lines.some((line) => line.endsWith('Retrying in 1 second')));
});

test('a registry that knows no ranges sends a broken layer anew', async () => {
  const made = await registry.putImage('rangeless', '1', ['x'.repeat(5000)]);
  const [blob = Buffer.alloc(0)] = made.layers;
  let asked = 0;
  registry.hook = (request, response) => {
    if (!request.url?.includes('/blobs/') || request.url.endsWith(made.imageId)) return false;
    asked++;
    response.writeHead(200, { 'Content-Length': blob.length });
    if (asked === 1) response.write(blob.subarray(0, 20), () => setTimeout(() => response.destroy(), 50));
    else response.end(blob);
    return true;
  };
  const host = newHost();
  await pullAll(host, `${registry.domain}/rangeless`, '1');
  assert.equal(asked, 2);
  assert.ok(host.images.resolve(`${registry.domain}/rangeless:1`));
});

test('what a registry does not have, or does not give, is told in Docker’s words', async () => {
  const host = newHost();
  const failure = async (repository: string, tag = '1'): Promise<{ kind: string; message: string }> => {
    const error = await host.images.pull(`${registry.domain}/${repository}`, tag, { signal: untilDone() }).then(
      () => assert.fail('it was pulled'),
      (caught: unknown) => caught,
    );
    const { kind, message } = error as { kind: string; message: string };
    return { kind, message: message.replaceAll(registry.domain, 'R') };
  };
  assert.deepEqual(await failure('nope'), {
    kind: 'notFound',
    message: 'manifest for R/nope:1 not found: manifest unknown: manifest unknown',
  });
  registry.hook = (request, response) => {
    if (request.url === '/v2/') return false;
    refuse(response, 403, 'DENIED', 'requested access to\u001b[31m\u0007the resource is denied');
    return true;
  };
  assert.deepEqual(await failure('secret'), {
    kind: 'notFound',
    message:
      "pull access denied for R/secret, repository does not exist or may require 'docker login': denied: requested access to [31m the resource is denied",
  });
  registry.hook = (request, response) => {
    if (request.url === '/v2/') return false;
    say(response, 500, {}, 'oops \u001b[31m');
    return true;
  };
  assert.deepEqual(await failure('ill'), {
    kind: 'refused',
    message: 'received unexpected HTTP status: 500 Internal Server Error',
  });
  registry.hook = (request, response) => {
    if (request.url === '/v2/') return false;
    say(response, 404, { 'Content-Type': 'application/json' }, 'not \u001b[31mjson');
    return true;
  };
  assert.match((await failure('odd')).message, /^error parsing HTTP 404 response body: [ -~]*$/);
  registry.hook = (request, response) => {
    if (request.url === '/v2/') return false;
    say(response, 404, { 'Content-Type': 'text/plain' }, 'not \u001b[31mjson');
    return true;
  };
  assert.equal((await failure('plain')).message, 'unknown: not  [31mjson');
  assert.deepEqual(readdirSync(`${images.directory}/store/incoming/uploads`), []);
});

test('a registry is asked with the name and password, and what it gives nobody it gives them', async () => {
  await registry.putImage('locked', '1', ['content']);
  registry.hook = (request, response) => {
    if (request.headers.authorization === `Basic ${Buffer.from('ann:secret').toString('base64')}`) return false;
    response.setHeader('WWW-Authenticate', 'Basic realm="ours"');
    refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
    return true;
  };
  const host = newHost();
  const name = `${registry.domain}/locked`;
  const options = { signal: untilDone() };
  await assert.rejects(host.images.pull(name, '1', options), {
    message: `Head "${registry.url}/v2/locked/manifests/1": no basic auth credentials`,
  });
  const credentials = { ...nobody, username: 'ann', password: 'secret' };
  await collect(await host.images.pull(name, '1', { ...options, credentials }));
  assert.equal(await host.images.login(registry.domain, { ...options, credentials }), '');
  await assert.rejects(
    host.images.login(registry.domain, { ...options, credentials: { ...credentials, password: 'x' } }),
    {
      message: `login attempt to ${registry.url}/v2/ failed with status: 401 Unauthorized`,
    },
  );
});

test('a token is fetched from the server that the registry names, for what is to be done, and the password goes there alone', async () => {
  await registry.putImage('tokens', '1', ['content']);
  const asked: URL[] = [];
  registry.hook = (request, response) => {
    const url = new URL(request.url ?? '', registry.url);
    if (url.pathname === '/token') {
      asked.push(url);
      const known = request.headers.authorization === `Basic ${Buffer.from('ann:secret').toString('base64')}`;
      if (known) say(response, 200, {}, JSON.stringify({ token: 'good', refresh_token: 'keep' }));
      else refuse(response, 401, 'UNAUTHORIZED', 'incorrect username or password');
      return true;
    }
    if (request.headers.authorization === 'Bearer good') return false;
    response.setHeader('WWW-Authenticate', `Bearer realm="${registry.url}/token",service="ours"`);
    refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
    return true;
  };
  const host = newHost();
  const options = { signal: untilDone() };
  const credentials = { ...nobody, username: 'ann', password: 'secret' };
  await collect(await host.images.pull(`${registry.domain}/tokens`, '1', { ...options, credentials }));
  assert.deepEqual(
    asked.map(({ searchParams }) => [
      searchParams.get('service'),
      searchParams.get('scope'),
      searchParams.get('account'),
    ]),
    [['ours', 'repository:tokens:pull', 'ann']],
  );
  const basic = registry.requests.filter((_, n) => registry.authorizations[n]?.startsWith('Basic'));
  assert.deepEqual(
    basic.map((place) => place.split('?')[0]),
    ['GET /token'],
  );
  assert.equal(await host.images.login(registry.domain, { ...options, credentials }), 'keep');
  await assert.rejects(host.images.pull(`${registry.domain}/tokens`, '1', options), {
    kind: 'unauthorized',
    message: `Head "${registry.url}/v2/tokens/manifests/1": unauthorized: incorrect username or password`,
  });
});

test('an image that is pulled counts against what the host may bring in, and its layers go with it', async () => {
  const made = await registry.putImage('counted', '1', ['only here']);
  const host = newHost();
  const name = `${registry.domain}/counted:1`;
  await pullAll(host, `${registry.domain}/counted`, '1');
  assert.equal(host.images.stored()[0]?.broughtBytes, 'only here'.length);
  assert.ok(readdirSync(`${images.directory}/store/blobs/sha256`).includes(made.imageId.slice(7)));
  host.images.remove(name, { force: false, noPrune: false });
  assert.ok(!readdirSync(`${images.directory}/store/blobs/sha256`).includes(made.imageId.slice(7)));
});

test('a layer stays while an image that needs it is being pulled, whoever else had it and removes it', async () => {
  const [first, second] = [newHost(), newHost()];
  await registry.putImage('kept', 'small', ['below all']);
  await pullAll(first, `${registry.domain}/kept`, 'small');
  const made = await registry.putImage('kept', 'large', ['below all', 'above']);
  const top = digestOf(made.layers[1] ?? Buffer.alloc(0));
  const { promise: asked, resolve: ask } = Promise.withResolvers<() => void>();
  registry.hook = (request, response) => {
    if (!request.url?.endsWith(top)) return false;
    ask(() => say(response, 200, {}, made.layers[1] ?? ''));
    return true;
  };
  const lines = await second.images.pull(`${registry.domain}/kept`, 'large', { signal: untilDone() });
  let complete = 0;
  for await (const { status } of lines) {
    if (status !== 'Pull complete' || complete++ > 0) continue;
    // The lower one is there, and no image has it but the other host's.
    first.images.remove(`${registry.domain}/kept:small`, { force: false, noPrune: false });
    (await asked)();
  }
  assert.equal(second.images.resolve(`${registry.domain}/kept:large`).layers.length, 2);
  assert.deepEqual(images.store.check(), []);
});
