// `drydock lab new` makes a lesson that passes `drydock lab lint`, and lint tells each mistake with its place.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, test } from 'node:test';
import { labNew } from '../../cli/commands/lab-new.ts';
import { Failure } from '../../cli/failure.ts';
import { allLessons, lessonsFolder, lessonsNamed } from '../../cli/lab/lessons.ts';
import { lintLesson } from '../../cli/lab/lint.ts';
import { surroundings } from '../../cli/lab/surroundings.ts';
import { runDrydock } from '../support/command.ts';
import { testRun } from '../support/instance.ts';

const folder = await mkdtemp(`/tmp/${testRun}-`);
after(() => rm(folder, { recursive: true }));
const name = '02-using-docker/08-ports';
const lesson = path.join(folder, name);
await labNew(name, folder);
const around = await surroundings(folder);
const original = {
  'lesson.mdx': await readFile(path.join(lesson, 'lesson.mdx'), 'utf8'),
  'lab.yaml': await readFile(path.join(lesson, 'lab.yaml'), 'utf8'),
};

/** `lesson.mdx:12:5: …` of the new lesson, with one text in one of its files replaced by another. */
async function findingsWith(file: 'lesson.mdx' | 'lab.yaml', before: string, instead: string): Promise<string> {
  assert.ok(original[file].includes(before), before);
  try {
    await writeFile(path.join(lesson, file), original[file].replace(before, instead));
    const findings = await lintLesson(lesson, around);
    return findings
      .map(({ file: where, line, column, message }) => `${where}:${line}:${column}: ${message}`)
      .join('\n');
  } finally {
    await writeFile(path.join(lesson, file), original[file]);
  }
}

test('a new lesson has nothing to mend, and is not made twice', async () => {
  assert.deepEqual(await lintLesson(lesson, around), []);
  await assert.rejects(labNew(name, folder), /There is a lesson 02-using-docker\/08-ports already/);
  assert.equal(await readFile(path.join(lesson, 'lab.yaml'), 'utf8'), original['lab.yaml']);
  for (const wrong of ['ports', '02-using-docker/ports', '../02-a/03-b', '02-a/03-b/04-c'])
    await assert.rejects(labNew(wrong, folder), /is no name of a lesson/);
});

const mistakes: readonly (readonly ['lesson.mdx' | 'lab.yaml', string, string, RegExp])[] = [
  ['lab.yaml', 'check:', 'chekc:', /^lab\.yaml:6:5: tasks\[0\]\.chekc: means nothing here/m],
  ['lab.yaml', '[busybox]', '[busibox]', /^lab\.yaml:2:10: images: the catalogue has no image busibox$/],
  [
    'lab.yaml',
    'images:',
    'hosts: [{ name: a, workspace: vm }]\nimages:',
    /^lab\.yaml:2:31: hosts: there is no workspace image vm$/,
  ],
  [
    'lab.yaml',
    'id: run',
    'id: begin',
    /^lesson\.mdx:18:1: lab\.yaml has no task run\nlesson\.mdx:18:1: the task begin of lab\.yaml has no <Task/,
  ],
  [
    'lesson.mdx',
    'title: Ports',
    'titel: Ports',
    /^lesson\.mdx:2:1: title: is missing|lesson\.mdx:2:1: titel: means nothing here/m,
  ],
  ['lesson.mdx', 'number: 8', 'number: 9', /^lesson\.mdx:5:9: number: is 9, and 8 in the folder’s name$/],
  [
    'lesson.mdx',
    'run="docker images"',
    'run="docker images" expects="fails"',
    /^lesson\.mdx:16:1: Command knows no expects; it takes run, expect, host, terminal$/,
  ],
  ['lesson.mdx', '<Quiz>', '<Quiz id="a">', /^lesson\.mdx:27:1: Quiz knows no id$/],
  [
    'lesson.mdx',
    'A step says',
    '<PortsFigure container="box" />\n\nA step says',
    /^lesson\.mdx:14:1: this PortsFigure has no caption="…"$/,
  ],
  [
    'lesson.mdx',
    'A step says',
    '<LayersFigure caption="A picture." />\n\nA step says',
    /this LayersFigure has no image="…"/,
  ],
  ['lesson.mdx', ' asks="When does a container end?"', '', /^lesson\.mdx:28:3: this Question has no asks="…"$/],
  ['lesson.mdx', 'minutes: 10', 'minutes: 90', /^lesson\.mdx:6:10: minutes: /],
  ['lesson.mdx', '</Quiz>', '', /^lesson\.mdx:27:1: this is no MDX: Expected a closing tag for `<Quiz>`$/],
  [
    'lesson.mdx',
    '<Command run="docker images" />',
    '<Comand run="docker images" />',
    /^lesson\.mdx:16:1: there is no component Comand$/,
  ],
  ['lesson.mdx', 'run="docker images"', '', /^lesson\.mdx:16:1: this Command has no run="…"$/],
  ['lesson.mdx', 'run="docker images"', 'run={"docker images"}', /has a value in braces/],
  [
    'lesson.mdx',
    'run="docker images"',
    'run="docker images" expect="fail"',
    /^lesson\.mdx:16:1: expect can only be "fails"$/,
  ],
  ['lesson.mdx', 'run="docker images"', 'run="docker images" host="prod"', /there is no host prod/],
  ['lesson.mdx', 'run="docker images"', 'run="docker images" terminal="VM"', /lab\.yaml has no terminal “VM”/],
  [
    'lesson.mdx',
    'run="docker images"',
    'run="docker images {{x}}"',
    /^lesson\.mdx:16:1: lab\.yaml has no parameter x$/,
  ],
  ['lesson.mdx', 'A step says', 'A step <Value of="x" /> says', /^lesson\.mdx:14:8: lab\.yaml has no parameter x$/],
  [
    'lesson.mdx',
    'A step says',
    '<Term of="stepp">A step</Term> says',
    /^lesson\.mdx:14:1: lessons\/glossary\.yaml has no word stepp$/,
  ],
  [
    'lesson.mdx',
    'A step says',
    'A [step](/lessons/nowhere/) says',
    /^lesson\.mdx:14:3: \/lessons\/nowhere\/ leads nowhere$/,
  ],
  ['lesson.mdx', 'A step says', 'A [step](https://example.org/) says', /leads out of Drydock/],
  ['lesson.mdx', 'A step says', 'A [step](/lessons/ports/#a) says', /^$/],
  ['lesson.mdx', 'id="run" ', '', /lab\.yaml has no task without an id/],
  ['lesson.mdx', ' right>', '>', /^lesson\.mdx:28:3: the question ends has 0 options that are right, not one$/],
  [
    'lesson.mdx',
    'Only one whose command goes on for ever does that, such as a server.',
    'No.',
    /^lesson\.mdx:32:5: this option does not explain why/,
  ],
  ['lesson.mdx', 'id="never"', 'id="command"', /two options of the question ends have one id/],
];
for (const [file, before, instead, said] of mistakes) {
  test(`${JSON.stringify(instead).slice(0, 60)} instead of ${JSON.stringify(before).slice(0, 40)} is told ${said.source}`, async () => {
    assert.match(await findingsWith(file, before, instead), said);
  });
}

test('a task without a hint, and one that is there twice, are told', async () => {
  const hint = /\n {2}<Hint>.*<\/Hint>/.exec(original['lesson.mdx'])?.[0] ?? '';
  assert.match(await findingsWith('lesson.mdx', hint, ''), /the task run has no hint/);
  const twice = '<Task id="run" goal="Again."><Hint>Again.</Hint></Task>\n\n## What';
  assert.match(await findingsWith('lesson.mdx', '## What', twice), /the task run is there twice/);
});

test('an image may be named by every tag that the catalogue has or may have', async () => {
  const { recipes } = around;
  for (const image of ['nginx', 'nginx:1.26', 'nginx:1.26.3', 'debian:bookworm', 'debian:12', 'redis:8.0', 'busybox:1'])
    assert.ok(recipes.offers(image), image);
  for (const image of ['nginx:1.25', 'debian:12.1', 'redis:9', 'redis:8.x', 'hello-world:2', 'workspace', 'nothing'])
    assert.ok(!recipes.offers(image), image);
});

test('files that the server would refuse are told', async () => {
  const files = path.join(lesson, 'files');
  await mkdir(files);
  await writeFile(path.join(files, 'note.txt'), 'hello\n');
  assert.deepEqual(await lintLesson(lesson, around), []);
  assert.match(
    await findingsWith('lab.yaml', 'images:', 'hosts: [{ name: dev }, { name: prod }]\nimages:'),
    /^files\/note\.txt:1:1: the lab has several hosts, so its files stand in folders named dev, prod$/,
  );
  await rm(files, { recursive: true });
});

test('two lessons of one number or one address are told', async () => {
  const others = { ...around, lessons: [...around.lessons, '03-building/08-a', '03-building/13-ports'] };
  const said = (await lintLesson(lesson, others)).map(({ message }) => message);
  assert.deepEqual(said, [
    '03-building/08-a has the number 8 too',
    '03-building/13-ports has the address /lessons/ports/ too',
  ]);
});

test('a new lesson has the name of Docker as it is written', () => {
  assert.match(original['lesson.mdx'], /^track: Using Docker$/m);
});

test('a lesson is found by its id, its folder, its name and its number', async () => {
  assert.deepEqual(await allLessons(folder), [name]);
  for (const called of [name, lesson, 'ports', '08-ports', '8'])
    assert.deepEqual(await lessonsNamed([called], folder), [name]);
  await assert.rejects(lessonsNamed(['9'], folder), (error: unknown) => {
    assert.ok(error instanceof Failure && error.exitCode === 2);
    assert.match(error.message, /There is no lesson 9\. There are:\n {2}02-using-docker\/08-ports/);
    return true;
  });
});

test('the command lints every lesson of the clone, and ends with 2 for one that is not there', async () => {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  const all = await runDrydock(env, 'lab', 'lint');
  assert.equal(all.exitCode, 0, all.stdout + all.stderr);
  assert.match(all.stdout, new RegExp(`^${(await allLessons(lessonsFolder)).length} lessons: nothing to mend\\.\\n$`));
  const none = await runDrydock(env, 'lab', 'lint', 'no-such-lesson');
  assert.equal(none.exitCode, 2);
  assert.match(none.stderr, /^drydock: There is no lesson no-such-lesson\. There are:/);
});
