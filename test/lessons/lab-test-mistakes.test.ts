// `drydock lab test` finds what is wrong with a lesson: each of these has one mistake.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, test } from 'vitest';
import { labNew } from '../../cli/commands/lab-new.ts';
import { severalAtOnce } from '../../cli/commands/lab-test.ts';
import { endedIn } from '../../cli/lab/shell.ts';
import { tryLesson } from '../../cli/lab/try-lesson.ts';
import { testRun } from '../support/instance.ts';
import { drydockFor } from './own-drydock.ts';

interface Lesson {
  readonly check?: string;
  readonly run?: string;
  readonly files?: string;
  readonly wrong?: string;
  readonly text?: string;
  readonly more?: string;
}

const task = '<Task id="only" goal="Do it.">\n  <Hint>Do.</Hint>\n</Task>';
const started = 'docker run -d --name box busybox sleep 1000';

const lessons: Readonly<Record<string, readonly [Lesson, RegExp | null]>> = {
  'all-is-well': [
    {
      check: '{ container: { name: box, state: running, detached: true } }',
      // The second stays in the foreground.
      wrong:
        '[{ run: [docker create --name box busybox], says: "box from busybox, created" }, { run: [docker run --name box busybox sleep 1000], says: it was started in the foreground }]',
      text: `${task}\n\n<Command run="docker ps" />\n\n<Command run="docker rm x" expect="fails" />\n`,
      more: 'parameters: { label: { kind: name } }',
    },
    null,
  ],
  // The text has the command, and leaves the file to the student.
  'file-to-write': [
    {
      check: '{ file: { path: note, contains: done } }',
      files: '{ note: done }',
      run: 'cat note',
      wrong:
        '[{ files: { note: undo }, says: something else stands in it }, { files: { note: dome }, run: [cat note], says: something else stands in it }]',
      text: `${task}\n\n<Command run="cat note" />\n\n<Command run="docker ps" />\n`,
    },
    null,
  ],
  // What the solution starts answers later than the prompt comes back.
  'slow-to-answer': [
    {
      run: "docker run -d --name box -p 8080:80 busybox sh -c 'sleep 2; mkdir /w; echo hi > /w/index.html; httpd -f -h /w'",
      wrong: '[{ run: [docker create --name box busybox], says: created }, { run: [docker ps], says: no container }]',
      text: `${task}\n\n<Command run="curl -sf localhost:8080" />\n\n<Command run="docker ps" />\n`,
    },
    null,
  ],
  'done-at-once': [{ check: '{ absent: b }' }, /^task only: it is done before anything was done$/],
  'no-solution': [
    { run: 'docker ps' },
    /^task only: its solution does not make it done; the student is told: Found no container at all/,
  ],
  'no-image': [
    { run: 'docker run -d --name box reddis' },
    /^task only: its solution does not make it done; .* Found no container at all.*reddis/s,
  ],
  'wrong-is-right': [
    { wrong: `[{ run: [${started}], says: never told }]` },
    /^task only: the wrong attempt “docker run .*” makes it done$/,
  ],
  'wrong-is-not-told': [
    { wrong: '[{ run: [docker create --name box busybox], says: never started }]' },
    /^task only: the wrong attempt “docker create .*” is not told “never started”, but: Found the container box from busybox, created/,
  ],
  'command-fails': [
    { text: `${task}\n\n<Command run="docker rm nothing" />\n` },
    /^text: line 5: “docker rm nothing” ends with exit code 1\. It shows:\n.*No such container: nothing/s,
  ],
  'command-does-not-fail': [
    { text: `<Command run="docker ps" expect="fails" />\n\n${task}\n` },
    /^text: line 1: “docker ps” is there to be seen failing, and ends with 0/,
  ],
  'no-lab': [
    { check: '{ absnt: a }' },
    /^lessons\/01-test\/no-lab\/lab\.yaml:4:14: tasks\[0\]\.check\.absnt: means nothing here/,
  ],
};

const folder = await mkdtemp(`/tmp/${testRun}-`);
afterAll(() => rm(folder, { recursive: true }));
/** The server reads them at its start: one that it would refuse is made later. */
const write = async (
  name: string,
  { check, run = started, files = '{}', wrong = '[]', text = `${task}\n`, more = '' }: Lesson,
) => {
  await mkdir(path.join(folder, '01-test', name), { recursive: true });
  const wanted = check ?? '{ container: { name: box, state: running } }';
  const lab = `tasks:\n  - id: only\n    expected: It is so.\n    check: ${wanted}\n    solution: { files: ${files}, run: ["${run}"] }\n    wrong: ${wrong}\n${more}\n`;
  await writeFile(path.join(folder, '01-test', name, 'lab.yaml'), lab);
  await writeFile(path.join(folder, '01-test', name, 'lesson.mdx'), text);
};
for (const [name, [lesson]] of Object.entries(lessons)) if (name !== 'no-lab') await write(name, lesson);

const made = '01-test/05-new';
await labNew(made, folder);

const drydock = await drydockFor(folder);
afterAll(() => drydock[Symbol.asyncDispose]());
await write('no-lab', lessons['no-lab']?.[0] ?? {});

const told: string[] = [];
const ids = [...Object.keys(lessons).map((name) => `01-test/${name}`), made];
const results = severalAtOnce(ids, 4, (id) =>
  tryLesson(drydock, folder, id, (lesson, what) => told.push(`${lesson}: ${what}`)),
);

for (const [place, [name, [, mistake]]] of Object.entries(lessons).entries()) {
  test(`${name}: ${mistake === null ? 'passes' : `is told ${mistake.source}`}`, async () => {
    const tried = (await results)[place];
    assert.equal(tried?.lesson, `01-test/${name}`);
    assert.equal(tried.ok, mistake === null, tried.mistakes.join('\n'));
    if (mistake !== null) return assert.match(tried.mistakes[0] ?? '', mistake);
    assert.deepEqual(tried.mistakes, []);
    assert.deepEqual(
      tried.tasks.map(({ id, wrong }) => [id, wrong]),
      [['only', 2]],
    );
    assert.equal(tried.commands, 2);
    assert.equal(told.filter((what) => what.startsWith(tried.lesson)).length, 2);
  });
}

test('what cannot become so any more is not waited for', async () => {
  const of = async (name: string) => (await results).find(({ lesson }) => lesson === `01-test/${name}`)?.ms ?? 0;
  const fine = await of('all-is-well');
  // Each has one failure to wait for; the good one has four attempts, two resets and two rounds.
  for (const name of ['no-solution', 'no-image', 'wrong-is-not-told'])
    assert.ok((await of(name)) < fine + 20_000, `${name}: ${await of(name)} ms, and ${fine} ms where all is well`);
});

test('a lesson passes as drydock lab new makes it', async () => {
  const tried = (await results).at(-1);
  assert.equal(tried?.lesson, made);
  assert.deepEqual(tried.mistakes, []);
  assert.deepEqual([tried.tasks.length, tried.commands], [1, 2]);
});

test('a command has ended when the next prompt is there, and its exit code is the shell’s', () => {
  const mark = (what: string) => `\u001b]133;${what}\u0007`;
  assert.equal(endedIn(`ls\r\n${mark('C')}a b\r\n`), null);
  assert.equal(endedIn(`ls\r\n${mark('C')}a b\r\n${mark('D;3')}${mark('A')}$ `), null);
  assert.deepEqual(endedIn(`ls\r\n${mark('C')}a b\r\n${mark('D;3')}${mark('A')}$ ${mark('B')}`), { exitCode: 3 });
  assert.deepEqual(
    endedIn(`boot-vm\r\n${mark('C')}…${mark('A')}$ ${mark('B')}`),
    { exitCode: null },
    'a shell in a shell',
  );
  assert.equal(endedIn(`${mark('A')}$ ${mark('B')}`), null, 'a prompt that is drawn again');
});
