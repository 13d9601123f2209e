// Dockerfiles, images and contexts that are hostile: what a step of a build reaches, and what COPY and ADD read and write. C06, C07,
// B01 and B05 of the threat model, on builds.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { BuildClient, directory, type Given, type SolveRequest } from '../support/build-client.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { residentBytes } from '../support/outside.ts';
import { inSoak } from '../support/soak.ts';

const MiB = 1024 * 1024;
const canary = `canary-${randomBytes(8).toString('hex')}`;
let engine: TestEngine;
let alpha: DockerHost;
let client: BuildClient;
/** What an attack would read, on the machine. */
let marker: string;

beforeAll(async () => {
  engine = await startEngine();
  alpha = await createDockerHost(engine, 'alpha');
  client = await BuildClient.open(alpha.socket);
  marker = `${engine.instance.folder}/marker`;
  fs.writeFileSync(marker, canary, { mode: 0o644 });
});

afterAll(async () => {
  client[Symbol.dispose]();
  assert.equal(fs.readFileSync(marker, 'utf8'), canary);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  assert.doesNotMatch(engine.log(), /not foreseen/);
  assert.ok(!engine.log().includes(canary));
  await engine[Symbol.asyncDispose]();
});

interface Built {
  readonly error: string;
  /** What the steps have said. */
  readonly text: string;
}

async function build(
  Dockerfile: string,
  context: Readonly<Record<string, Given>> = {},
  request: SolveRequest & { readonly secrets?: Readonly<Record<string, string>> } = {},
): Promise<Built> {
  const ref = randomUUID();
  const { secrets = {}, ...more } = request;
  const building = client
    .build({ directories: { dockerfile: { Dockerfile }, context }, secrets }, { ref, ...more })
    .then(() => '', String);
  let text = '';
  for await (const { logs } of client.status(ref)) for (const { msg } of logs) text += Buffer.from(msg).toString();
  return { error: await building, text };
}

async function said(Dockerfile: string, context: Readonly<Record<string, Given>> = {}): Promise<string> {
  const { error, text } = await build(`FROM busybox\n${Dockerfile}`, context);
  assert.equal(error, '', text);
  return text;
}

describe('C06: RUN --mount', () => {
  test('puts nothing where a link of the image leads, but in the image', async () => {
    const text =
      await said(`RUN ln -s /proc /a && ln -s ../../../../../.. /b && ln -s /sys/fs/cgroup /c && mkdir /d && ln -s /d /e
RUN --mount=type=cache,target=/b/x echo one > /b/x/file; ls /x
RUN --mount=type=cache,target=/e/y echo two > /e/y/file; ls /d/y
RUN ls /x /d/y; ls -d /proc/x 2>/dev/null; true
`);
    assert.equal(text, 'file\nfile\n/d/y:\n\n/x:\n');
    for (const target of ['/a/x', '/a/self/fd/3', '/proc/x', '/sys/x', '/a/1/root']) {
      const { error } = await build(
        `FROM busybox\nRUN ln -s /proc /a\nRUN --mount=type=cache,target=${target} echo in > ${target}/file`,
      );
      assert.notEqual(error, '', target);
      assert.doesNotMatch(error, new RegExp(engine.instance.folder), 'no path of the machine is told');
    }
  });

  test('takes a part of a stage, whose links lead nowhere else', async () => {
    const stage = `FROM busybox AS made\nRUN ln -s / /root-link; ln -s ../../../../.. /up; ln -s ${marker} /marker; ln -s /proc/1/root /init; echo inside > /file\n`;
    const text = await build(
      `${stage}FROM busybox\nRUN --mount=from=made,source=/up/file,target=/m cat /m\nRUN --mount=from=made,source=/root-link/file,target=/m cat /m\n`,
    );
    assert.deepEqual(text, { error: '', text: 'inside\ninside\n' });
    for (const source of ['/marker', '/init', '/init/tmp', `/..${marker}`, '/up/proc/self/root']) {
      const { error, text: seen } = await build(
        `${stage}FROM busybox\nRUN --mount=from=made,source=${source},target=/m ls /m; cat /m\n`,
      );
      assert.match(error, /not found|no such file|not a directory/i, `${source}: ${seen}`);
      assert.ok(!seen.includes(canary));
    }
  });

  test('knows caches by names, which are no paths', async () => {
    for (const id of ['../../../escape', '/etc', '..', '.', 'a/b', '%2e%2e'])
      assert.equal(
        await said(`RUN --mount=type=cache,id=${id},target=/c echo ${id} > /c/file; cat /c/file`),
        `${id}\n`,
      );
    const store = `/proc/${engine.pid}/root${engine.instance.data}/store/hosts/${alpha.info.id}`;
    assert.ok(fs.readdirSync(`${store}/build-caches`).every((name) => /^[0-9a-f]{64}$/.test(name)));
  });

  test('has no way to more than a container has: insecure steps, devices, the machine’s network', async () => {
    const insecure = await build(
      '# syntax=docker/dockerfile:1-labs\nFROM busybox\nRUN --security=insecure cat /proc/self/status\n',
      {},
      {
        entitlements: ['security.insecure', 'network.host', 'device'],
      },
    );
    assert.match(insecure.error, /security/i);
    assert.equal(insecure.text, '');
    const onHost = 'FROM busybox\nRUN --network=host cat /proc/net/dev | grep -c :\n';
    assert.match((await build(onHost)).error, /network\.host is not allowed/);
    const { text: network } = await build(onHost, {}, { entitlements: ['network.host'] });
    const { stdout } = await alpha.shell('cat /proc/net/dev | grep -c :');
    assert.equal(network, stdout, 'it is the network of the student’s own host');
  });

  test('reaches no socket of the engine, and none of its processes', async () => {
    const text = await said(
      'RUN find / -xdev -type s 2>/dev/null; ls /proc | grep -c "^[0-9]"; ls /run; cat /proc/1/cmdline | tr "\\\\0" " "',
    );
    assert.doesNotMatch(text, /\.sock|docker/);
    const [count = ''] = text.split('\n');
    assert.ok(Number(count) < 8, text);
  });
});

describe('C07: COPY and ADD', () => {
  test('read nothing that links of a stage, or of the client’s files, lead to elsewhere', async () => {
    const stage = `FROM busybox AS made\nRUN ln -s / /r; ln -s ../../../../../.. /up; ln -s ${marker} /marker; ln -s /proc/1/root /init; echo inside > /file\n`;
    assert.deepEqual(
      await build(`${stage}FROM busybox\nCOPY --from=made /up/file /a\nCOPY --from=made /r/file /b\nRUN cat /a /b\n`),
      {
        error: '',
        text: 'inside\ninside\n',
      },
    );
    for (const source of ['/marker', '/init/etc/hostname', `/up${marker}`]) {
      const { error } = await build(`${stage}FROM busybox\nCOPY --from=made ${source} /x\nRUN cat /x`);
      assert.match(error, /no such file or directory/, source);
    }
    const link = { mode: 2 ** 27 + 0o777, linkname: marker };
    const up = { mode: 2 ** 27 + 0o777, linkname: '../../../../../../..' };
    for (const source of ['link', 'up/etc/passwd', 'up/../../link'])
      assert.match((await build(`FROM busybox\nCOPY ${source} /x`, { link, up })).error, /not found/, source);
    // As what they are they may be copied: they lead nowhere until somebody follows them, inside.
    assert.equal(
      await said('COPY . /x/\nRUN readlink /x/link; cat /x/link 2>&1 | tail -c 26', { link }),
      `${marker}\nNo such file or directory\n`,
    );
  });

  test('write nowhere else through links of the image', async () => {
    const text = await said(
      `RUN ln -s / /r; ln -s ../../../../../../tmp /t; ln -s /proc/sys/kernel /k; mkdir /d; ln -s /d /e
COPY file /t/one
COPY file /e/two
RUN ls /tmp /d
`,
      { file: 'content' },
    );
    assert.equal(text, '/d:\ntwo\n\n/tmp:\none\n');
    const before = fs.readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
    await build(`FROM busybox\nRUN rm -rf /etc; ln -s /proc/sys/kernel /k\nCOPY file /k/core_pattern\n`, {
      file: canary,
    });
    assert.equal(fs.readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), before);
  });

  test('of links with the same content, every name has it', async () => {
    const text = await said('COPY . /x\nCOPY d/c /y\nRUN cat /x/a /x/b /x/d/c /y', {
      a: 'same\n',
      b: { mode: 0o644, size: 5n, linkname: 'a' },
      d: directory,
      'd/c': { mode: 0o644, size: 5n, linkname: 'a' },
    });
    assert.equal(text, 'same\n'.repeat(4));
    for (const linkname of ['../../etc/passwd', marker, 'later', 'c'])
      assert.match(
        (await build('FROM busybox\nCOPY . /x', { c: { mode: 0o644, linkname }, later: 'x' })).error,
        /link/,
        linkname,
      );
  });

  test('of which there are too many, or too long, are refused as they are listed', async () => {
    const link = { mode: 2 ** 27 + 0o777, linkname: 'x'.repeat(4097) };
    assert.match((await build('FROM busybox\nCOPY . /x', { link })).error, /a path of over 4096 bytes/);
    const many = Object.fromEntries(
      Array.from({ length: 4200 }, (_, at) => [
        `l${String(at).padStart(5, '0')}`,
        { mode: 2 ** 27, linkname: 'x'.repeat(4096) },
      ]),
    );
    assert.match(
      (await build('FROM busybox\nCOPY . /x', many)).error,
      /names of the files in the build context hold over/,
    );
  });

  type Header = Parameters<ReturnType<typeof pack>['entry']>[0];

  async function tar(...entries: readonly (readonly [Header, string?])[]): Promise<Buffer> {
    const archive = pack();
    for (const [header, content] of entries) archive.entry(header, content ?? '');
    archive.finalize();
    return Buffer.concat((await Array.fromAsync(archive)) as Buffer[]);
  }

  test('B01: an archive of ADD writes nothing outside, and makes no device', async () => {
    const hostile: readonly (readonly [Header, string?])[][] = [
      [[{ name: '../../../../../escape' }, 'x']],
      [[{ name: 'link', type: 'symlink', linkname: marker }], [{ name: 'link' }, 'changed']],
      [[{ name: 'out', type: 'symlink', linkname: '/../../../../..' }], [{ name: `out${marker}` }, 'changed']],
      [[{ name: 'hard', type: 'link', linkname: marker }]],
      [[{ name: 'hard', type: 'link', linkname: '../../../../etc/shadow' }]],
      [
        [{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }],
        [{ name: 'disk', type: 'block-device', devmajor: 7, devminor: 0 }],
      ],
    ];
    for (const entries of hostile) {
      const { error, text } = await build(
        'FROM busybox\nADD a.tar /x/\nRUN find / -xdev -name escape; find /x -type b; find /x -type c; cat /x/hard /x/link 2>/dev/null; true',
        { 'a.tar': await tar(...entries) },
      );
      assert.ok(!text.includes(canary) && !text.includes('root:'), text);
      if (error === '') assert.match(text, /^(\/escape\n|changed)?$/, JSON.stringify(entries));
      assert.equal(fs.readFileSync(marker, 'utf8'), canary);
    }
  });

  test('B05: an archive that grows without end ends with what the host may bring in, and costs the engine no memory', async () => {
    const before = residentBytes(engine.pid);
    const head = (await tar([{ name: 'zeros', size: 1 }, 'x'])).subarray(0, 512);
    const sized = Buffer.from(head);
    const size = 3000 * MiB;
    sized.write(`${size.toString(8).padStart(11, '0')} `, 124, 'latin1');
    sized.fill(' ', 148, 156);
    const sum = sized.reduce((total, byte) => total + byte, 0);
    sized.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    // Members of gzip, one after the other, are one file.
    const zeros = gzipSync(Buffer.alloc(16 * MiB));
    const bomb = Buffer.concat([gzipSync(sized), ...Array.from({ length: size / 16 / MiB }, () => zeros)]);
    const { error } = await build('FROM busybox\nADD bomb.tgz /x/\n', { 'bomb.tgz': bomb });
    assert.match(error, /"zeros": it has more than \d+ bytes, which this host has no room for/);
    assert.ok(residentBytes(engine.pid) - before < 150 * MiB);
    assert.equal(await said('RUN echo goes on'), 'goes on\n');
  });
});

inSoak('more layers than an image may have are not made, and told as Docker tells it', async () => {
  const steps = Array.from({ length: 130 }, (_, at) => `RUN echo ${at} > /file${at}`).join('\n');
  assert.match((await build(`FROM busybox\n${steps}`)).error, /max depth exceeded$/);
});

describe('what a build is told', () => {
  test('is of no other build: neither secrets nor results', async () => {
    const { error, text } = await build(
      'FROM busybox\nRUN --mount=type=secret,id=key cat /run/secrets/key; false',
      {},
      { secrets: { key: canary } },
    );
    assert.match(error, /exit code: 1/);
    assert.equal(text, canary, 'the client that gave it sees it');
    const other = await build('FROM busybox\nRUN --mount=type=secret,id=key cat /run/secrets/key 2>&1; ls /run\n');
    assert.ok(!other.text.includes(canary));
    const beta = await createDockerHost(engine, 'beta');
    using stranger = await BuildClient.open(beta.socket);
    const ref = randomUUID();
    const mine = client.solve({ ref });
    await assert.rejects(Array.fromAsync(stranger.status(ref)), /no such job/);
    client[Symbol.dispose]();
    await assert.rejects(mine);
    client = await BuildClient.open(alpha.socket);
  });
});
