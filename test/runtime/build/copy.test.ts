// COPY and ADD: what is chosen, what is unpacked, and what nobody may be given.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
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

const tree = { 'a/one.txt': '1\n', 'a/two.log': '2\n', 'a/deep/three.txt': '3\n', 'a/deep/four.log': '4\n' };

test('--exclude leaves out, and what it leaves out changes nothing', async () => {
  const Dockerfile = `# syntax=docker/dockerfile:1-labs
FROM busybox
COPY --exclude=**/*.log a /all/
RUN cd /all && find . -type f | sort
`;
  await student.directory('exclude', { Dockerfile, ...tree });
  assert.deepEqual(await student.stepsSaid('exclude'), ['./deep/three.txt', './one.txt']);
  await student.said('echo changed > exclude/a/two.log');
  assert.deepEqual(await student.stepsSaid('exclude'), [], 'all of it is known');
  await student.said('echo changed > exclude/a/one.txt');
  assert.deepEqual(await student.stepsSaid('exclude'), ['./deep/three.txt', './one.txt']);
});

test('--parents keeps the directories above, with their modes', async () => {
  const Dockerfile = `FROM busybox
COPY --parents a/deep/*.txt /all/
RUN cd /all && find . | sort && stat -c %a a/deep
`;
  await student.directory('parents', { Dockerfile, ...tree });
  await student.said('chmod 750 parents/a/deep');
  assert.deepEqual(await student.stepsSaid('parents'), ['.', './a', './a/deep', './a/deep/three.txt', '750']);
  await student.said('chmod 700 parents/a/deep');
  assert.deepEqual(await student.stepsSaid('parents'), ['.', './a', './a/deep', './a/deep/three.txt', '700']);
});

test('--parents keeps what is behind a dot of the path, of a stage too, and finds nothing where nothing is', async () => {
  const paths = {
    middle: '/w/a/b/./c/d',
    end: '/w/a/b/c/d/.',
    start: './w/a/b/c/d',
    twice: '/w/a/./b/./c/d',
    star: '/w/a/./*/c/d',
    stars: '/w/a/b*/./c/**/e',
    two: '/w/a/b/x*/./d/**/last /w/a/b*/./c/**/of-b2',
    none: '/w/a/none*/c',
    'none-behind': '/w/a/b/./none*',
  };
  const stages = Object.entries(paths).map(
    ([name, from]) =>
      `FROM busybox AS ${name}\nCOPY --from=tree --parents ${from} /out/\nRUN cd /out && find . -type f | sort\n`,
  );
  const tree = `FROM busybox AS tree
WORKDIR /w
RUN mkdir -p a/b/c/d/e a/b2/c/d/e a/b/x/d/e a/b/x/d/e2 && touch a/b/c/d/file a/b/c/d/e/of-b a/b2/c/d/e/of-b2 a/b/x/d/e/last a/b/x/d/e2/last
`;
  await student.directory('pivots', { Dockerfile: `${tree}${stages.join('')}` });
  const found = async (target: string): Promise<string> =>
    (await student.stepsSaid('pivots', '--target', target, '--no-cache-filter', target)).join(' ');
  const below = './w/a/b/c/d/e/of-b ./w/a/b/c/d/file';
  assert.equal(await found('middle'), './c/d/e/of-b ./c/d/file');
  assert.equal(await found('end'), below);
  assert.equal(await found('start'), below);
  assert.equal(await found('twice'), './b/c/d/e/of-b ./b/c/d/file');
  assert.equal(await found('star'), './b/c/d/e/of-b ./b/c/d/file ./b2/c/d/e/of-b2');
  assert.equal(await found('stars'), './c/d/e/of-b ./c/d/e/of-b2');
  assert.equal(await found('two'), './c/d/e/of-b2 ./d/e/last ./d/e2/last');
  assert.equal(await found('none'), '');
  assert.equal(await found('none-behind'), '');
  await student.directory('pivots', { Dockerfile: `${tree}FROM busybox\nCOPY --from=tree --parents /w/none /out/\n` });
  assert.match((await student.build('pivots')).stderr, /"\/w\/none": not found\n$/);
});

test('wildcards name files and directories, whose contents are copied', async () => {
  const Dockerfile = `FROM busybox
COPY a/*.txt a/d??p /all/
RUN cd /all && find . -type f | sort
`;
  await student.directory('wild', { Dockerfile, ...tree });
  assert.deepEqual(await student.stepsSaid('wild'), ['./four.log', './one.txt', './three.txt']);
});

test('ADD unpacks a tar, compressed or not, whatever it is called; COPY does not, and other files are copied', async () => {
  const Dockerfile = `FROM busybox
ADD one.tar two.bin plain.gz /added/
COPY one.tar /copied/
RUN cd /added && find . | sort; cat one/file; ls -ln two | tail -1 | awk '{print $3, $4}'; ls /copied
`;
  await student.directory('add', {
    Dockerfile,
    'one/file': 'of one\n',
    'two/file': 'of two\n',
    'plain.gz': 'no archive\n',
  });
  await student.said(
    'cd add && tar -cf one.tar one && tar --owner=12 --group=34 -czf two.bin two && gzip -c plain.gz > p && mv p plain.gz && rm -r one two',
  );
  assert.deepEqual(await student.stepsSaid('add'), [
    ...['.', './one', './one/file', './plain.gz', './two', './two/file'],
    ...['of one', '12 34', 'one.tar'],
  ]);
});

test('an archive writes nothing outside of its directory, by no name and no link', async () => {
  await student.directory('evil', { Dockerfile: 'FROM busybox\nRUN mkdir /out\nADD evil.tar /in/\nRUN ls /in /out\n' });
  await student.said(`cd evil && ln -s /out link && tar -cf evil.tar link && rm link && mkdir link && echo x > link/file &&
    tar -rf evil.tar link/file && tar -cf up.tar --absolute-names --transform 's,link/file,../../out/file,' link/file && rm -r link`);
  // As on dockerd, an absolute link leads from the directory that the archive is for.
  assert.deepEqual(await student.stepsSaid('evil'), ['/in:', 'link', 'out', '', '/out:']);
  assert.equal(existsSync('/out'), false);
  await student.directory('evil', { Dockerfile: 'FROM busybox\nADD up.tar /in/\n' });
  const { exitCode, stderr } = await student.build('evil');
  assert.equal(exitCode, 1);
  assert.match(stderr, /invalid entry name/);
});

test('nobody outside of the host is given files', async () => {
  await student.directory('owner', { Dockerfile: 'FROM busybox\nCOPY --chown=70000 file /x\n', file: 'x\n' });
  const { exitCode, stderr } = await student.build('owner');
  assert.equal(exitCode, 1);
  assert.match(stderr, /70000 is out of range: this host has IDs 0 to 65535/);
});
