// The layers that COPY and ADD make are directories as they are: each is what its own archive unpacks to.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { Readable } from 'node:stream';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, test } from 'vitest';
import { attribute, attributeNames } from '../../../runtime/kernel/inodes.ts';
import { extractLayer } from '../../../runtime/store/extract.ts';
import { layerName } from '../../../runtime/store/layers.ts';
import { createDockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { temporaryDirectory } from '../images/fixture.ts';
import { Student } from './student-builds.ts';

let engine: TestEngine;
let student: Student;

beforeAll(async () => {
  engine = await startEngine();
  await createDockerHost(engine, 'dev');
  student = new Student(engine, 'dev');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

const Dockerfile = `FROM busybox
COPY . /all
COPY --chown=5:6 --chmod=4711 one.txt /bin/
ADD over.tar /etc/
COPY --from=busybox /bin /etc/passwd /from/
WORKDIR /all/deep/new
`;

/** All that is below a directory, as far as an archive tells it. */
function listing(root: string, below = ''): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const name of fs.readdirSync(`${root}${below}`).sort()) {
    const path = `${below}/${name}`;
    const { mode, uid, gid, nlink, size, mtimeNs, rdev } = fs.lstatSync(`${root}${path}`, { bigint: true });
    const kind = Number(mode) & fs.constants.S_IFMT;
    const isDirectory = kind === fs.constants.S_IFDIR;
    found[path] = {
      ...{ mode, uid, gid, mtimeNs, rdev },
      ...(!isDirectory && { nlink, size }),
      ...(kind === fs.constants.S_IFREG && { content: digest(fs.readFileSync(`${root}${path}`)) }),
      ...(kind === fs.constants.S_IFLNK && { target: fs.readlinkSync(`${root}${path}`) }),
      attributes: attributeNames(`${root}${path}`).map((each) => [each, attribute(`${root}${path}`, each)]),
    };
    if (isDirectory) Object.assign(found, listing(root, path));
  }
  return found;
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('is what its archive unpacks to: owners, modes, times, links, what it hides, and no more', async () => {
  await student.directory('made', { Dockerfile, 'one.txt': '1\n', 'deep/er/two.txt': '2\n' });
  await student.said(`cd made && ln -s ../one.txt deep/link && ln one.txt deep/again && mkfifo deep/fifo && chmod 2755 deep/er &&
    mkdir -p x/group x/mine && echo in > x/group/in && ln -s /tmp x/passwd && echo m > x/mine/m && ln x/mine/m x/mine/n &&
    tar -C x --owner=7 --group=8 -cf over.tar group passwd mine && rm -r x &&
    touch -d '2001-02-03 04:05:06.789' one.txt deep/er/two.txt deep/er deep`);
  const { exitCode, stderr } = await student.build('made', '-t', 'made');
  assert.equal(exitCode, 0, stderr);
  const diffIds: string[] = JSON.parse(await student.said("docker inspect -f '{{json .RootFS.Layers}}' made"));
  const store = `/proc/${engine.pid}/root${engine.instance.data}/store`;
  const tars = new Map<string, Buffer>();
  for (const name of fs.readdirSync(`${store}/blobs/sha256`)) {
    const blob = fs.readFileSync(`${store}/blobs/sha256/${name}`);
    if (blob.readUInt32BE() !== 0x28b52ffd) continue;
    const tar = zstdDecompressSync(blob);
    tars.set(`sha256:${digest(tar)}`, tar);
  }
  const [, ...own] = diffIds;
  assert.equal(own.length, 5);
  await using temporary = await temporaryDirectory();
  for (const diffId of own) {
    const directory = `${temporary.path}/${layerName(diffId)}`;
    fs.mkdirSync(directory);
    const limits = { maxBytes: 64 * 1024 * 1024, maxEntries: 10_000 };
    await extractLayer(Readable.from([tars.get(diffId)]), directory, limits);
    assert.deepEqual(listing(`${store}/layers/${layerName(diffId)}`), listing(directory));
  }
});
