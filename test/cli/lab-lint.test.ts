// `drydock lab new` makes a lesson that passes `drydock lab lint`, and lint tells each mistake with its place.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, test } from 'vitest';
import { labNew } from '../../cli/commands/lab-new.ts';
import { Failure } from '../../cli/failure.ts';
import { allLessons, courseIn, lessonsFolder, lessonsNamed } from '../../cli/lab/lessons.ts';
import { lintLesson } from '../../cli/lab/lint.ts';
import { imageIn } from '../../cli/lab/lint-images.ts';
import { surroundings } from '../../cli/lab/surroundings.ts';
import { runDrydock } from '../support/command.ts';
import { testRun } from '../support/instance.ts';

const folder = await mkdtemp(`/tmp/${testRun}-`);
afterAll(() => rm(folder, { recursive: true }));
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

test('a command that would run where another one has led to is told', async () => {
  const labFile = path.join(lesson, 'lab.yaml');
  await writeFile(labFile, original['lab.yaml'].replace('images:', 'hosts: [{ name: a }, { name: b }]\nimages:'));
  try {
    const one = '<Command run="docker images" />';
    const findings = await findingsWith('lesson.mdx', one, `${one}\n\n<Command run="id" host="b" />\n\n${one}`);
    assert.match(findings, /^lesson\.mdx:20:1: it would run on b, where a command before it runs: write host="…"$/m);
  } finally {
    await writeFile(labFile, original['lab.yaml']);
  }
});

const mistakes: readonly (readonly ['lesson.mdx' | 'lab.yaml', string, string, RegExp])[] = [
  ['lab.yaml', 'check:', 'chekc:', /^lab\.yaml:6:5: tasks\[0\]\.chekc: means nothing here/m],
  [
    'lab.yaml',
    '[busybox]',
    '[busibox]',
    /^lab\.yaml:2:10: images: the catalogue has no image busibox; did you mean busybox\?$/,
  ],
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
    /^lesson\.mdx:16:1: Command knows no expects; did you mean expect\?$/,
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
  [
    'lesson.mdx',
    'asks="When does a container end?"',
    'asks="When does a <Term of=\'container\'>container</Term> end?"',
    /^lesson\.mdx:28:3: asks="…" is plain text and shows <Term> as it is written: put it between the tags$/,
  ],
  [
    'lesson.mdx',
    'say another thing',
    'say what a `<Term>` and a <Term of="image">thing</Term> is',
    /^lesson\.mdx:9:1: what stands above the text is plain text, and shows <Term> as it is written$/,
  ],
  ['lesson.mdx', 'minutes: 10', 'minutes: 90', /^lesson\.mdx:6:10: minutes: /],
  ['lesson.mdx', '</Quiz>', '', /^lesson\.mdx:27:1: this is no MDX: Expected a closing tag for `<Quiz>`$/],
  [
    'lesson.mdx',
    '<Command run="docker images" />',
    '<Comand run="docker images" />',
    /^lesson\.mdx:16:1: there is no component Comand; did you mean Command\?$/,
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
    /^lesson\.mdx:14:1: no glossary\.yaml has the word stepp$/,
  ],
  [
    'lesson.mdx',
    'A step says',
    'A [step](/lessons/nowhere/) says',
    /^lesson\.mdx:14:3: \/lessons\/nowhere\/ leads nowhere$/,
  ],
  ['lesson.mdx', 'A step says', 'A [step](https://example.org/) says', /^$/],
  ['lesson.mdx', 'A step says', 'A [step](javascript:alert) says', /leads out of Drydock by another way than https/],
  ['lesson.mdx', 'A step says', 'A [step](/glosary/) says', /\/glosary\/ leads nowhere; did you mean \/glossary\/\?$/],
  // What would stop the build of the site, or run in it.
  [
    'lesson.mdx',
    'A step says',
    '{process.env.HOME} says',
    /^lesson\.mdx:14:1: \{process\.env\.HOME\} is an expression/,
  ],
  [
    'lesson.mdx',
    'A step says',
    'Use {{.Names}} here. A step says',
    /^lesson\.mdx:14:\d: these braces are no parameter/,
  ],
  ['lesson.mdx', 'A step says', '{/* for authors */} A step says', /^$/],
  ['lesson.mdx', 'A step says', 'On {{prt}} A step says', /^lesson\.mdx:14:4: lab\.yaml has no parameter prt$/],
  ['lesson.mdx', 'A step says', 'Use `{{prt}}`. A step says', /^lesson\.mdx:14:5: lab\.yaml has no parameter prt$/],
  [
    'lesson.mdx',
    'A step says',
    'import a from "./a.js"\n\nA step says',
    /^lesson\.mdx:14:1: “import a from "\.\/a\.js"”: a lesson imports and exports nothing/,
  ],
  ['lesson.mdx', 'A step says', 'export const a = 1\n\nA step says', /^lesson\.mdx:14:1: “export const a = 1”/],
  ['lesson.mdx', 'A step says', 'A <b>step</b> says', /^lesson\.mdx:14:3: <b> is HTML, which a lesson may not have/],
  ['lesson.mdx', 'run="docker images"', '{...props}', /Command is given something in braces/],
  [
    'lesson.mdx',
    'A step says',
    '![A ship](ship.png) A step says',
    /^lesson\.mdx:14:1: there is no ship\.png in the lesson/,
  ],
  ['lesson.mdx', 'A step says', '![A ship](../ship.png) says', /\.\.\/ship\.png lies outside the lesson’s folder/],
  [
    'lesson.mdx',
    'A step says',
    '![A ship](https://a.org/b.png) says',
    /b\.png lies elsewhere: put it into the lesson’s folder/,
  ],
  [
    'lesson.mdx',
    'A step says',
    '![](lab.yaml) says',
    /lab\.yaml is none of png.*\n.*needs words that say what it shows/,
  ],
  [
    'lesson.mdx',
    'A step says',
    '<Video src="a.mp4" caption="A." />\n\nA step says',
    /there is no a\.mp4 in the lesson/,
  ],
  [
    'lesson.mdx',
    'A step says',
    '```dockrfile\n## FROM\n```\n\nA step says',
    /^lesson\.mdx:14:1: “dockrfile” is no language/,
  ],
  [
    'lesson.mdx',
    'A step says',
    '```sh titel="x"\n# a\n```\n\nA step says',
    /^lesson\.mdx:14:1: “titel="x"” means nothing/,
  ],
  [
    'lesson.mdx',
    'A step says',
    '```sh\n# a {{prt}}\n```\n\nA step says',
    /^lesson\.mdx:14:1: lab\.yaml has no parameter prt$/,
  ],
  ['lesson.mdx', 'A step says', '```sh\n# a\n## b\n```\n\nA note.[^1] A step says\n\n[^1]: Here.\n', /^$/],
  [
    'lesson.mdx',
    'A step says',
    '<OpenFile path="/etc/passwd" line="0">A step</OpenFile> says',
    /line="0" is no number.*\n.*\/etc\/passwd is no path/,
  ],
  ['lesson.mdx', 'goal="', 'goal="Say "hello". ', /^lesson\.mdx:18:16: goal="…" ends at the second quote/],
  // Images that are not there.
  [
    'lesson.mdx',
    'run="docker images"',
    'run="docker run -d --name x reddis"',
    /^lesson\.mdx:16:1: the catalogue has no image reddis; did you mean redis\?$/,
  ],
  ['lesson.mdx', 'run="docker images"', 'run="docker run reddis" expect="fails"', /^$/],
  ['lesson.mdx', 'run="docker images"', 'run="docker pull hub.drydock/redis:8"', /^$/],
  [
    'lesson.mdx',
    'run="docker images"',
    'run="docker pull hub.drydock/library/reddis"',
    /the catalogue has no image hub\.drydock\/library\/reddis; did you mean redis\?$/,
  ],
  ['lesson.mdx', 'A step says', 'A [step](/lessons/ports/#a) says', /^$/],
  ['lesson.mdx', 'A step says', 'A [step](/hub/library/nginx:latest) says on the [hub](/hub/)', /^$/],
  ['lesson.mdx', 'A step says', 'A [step](/hub/library/ngin:latest) says', /\/hub\/library\/ngin:latest leads nowhere/],
  ['lesson.mdx', 'id="run" ', '', /lab\.yaml has no task without an id/],
  ['lesson.mdx', ' right>', '>', /^lesson\.mdx:28:3: the question ends has 0 options that are right, not one$/],
  [
    'lesson.mdx',
    'Only one whose command goes on for ever does that, such as a server.',
    'Wrong.',
    /^lesson\.mdx:32:5: this option does not explain why/,
  ],
  ['lesson.mdx', 'id="never"', 'id="command"', /two options of the question ends have one id/],
];
for (const [file, before, instead, said] of mistakes) {
  test(`${JSON.stringify(instead).slice(0, 60)} instead of ${JSON.stringify(before).slice(0, 40)} is told ${said.source}`, async () => {
    assert.match(await findingsWith(file, before, instead), said);
  });
}

test('images of checks and solutions that nobody has are told, and those that the lab makes are not', async () => {
  const [, solution = ''] = /run: (\[.*\])/.exec(original['lab.yaml']) ?? [];
  const check = (image: string) => findingsWith('lab.yaml', 'image: busybox,', `image: "${image}",`);
  assert.match(
    await check('redis:9'),
    /^lab\.yaml:\d+:\d+: tasks\[0\]\.check: the catalogue has no image redis:9; of redis it has .*8/,
  );
  assert.equal(await check('redis:8'), '');
  assert.match(
    await findingsWith('lab.yaml', solution, '[docker run reddis]'),
    /^lab\.yaml:\d+:\d+: tasks\[0\]\.solution: the catalogue has no image reddis; did you mean redis\?$/,
  );
  const whole = 'container: { name: box, image: busybox, state: running, detached: true }';
  for (const other of ['compose: { has: { services: { web: { image: reddis } } } }', 'absent: { image: reddis }'])
    assert.match(
      await findingsWith('lab.yaml', whole, other),
      /tasks\[0\]\.check: the catalogue has no image reddis; did you mean redis\?/,
    );
  const made = '["docker tag busybox mine:1", "docker run -dp 80:80 -e A=b --rm mine:1"]';
  assert.equal(await findingsWith('lab.yaml', solution, made), '');
});

test('the image of a line is what stands behind the options', () => {
  const lines = {
    'docker run -d --name web -p 80:80 nginx:1.26 sleep 5': 'nginx:1.26',
    'docker run --rm -it --entrypoint="sh -c" busybox': 'busybox',
    'sudo docker container run -dp 80:80 nginx; docker ps': 'nginx',
    'docker pull -q redis': 'redis',
    'docker create -m 64m --cpus=0.5 alpine': 'alpine',
    'docker run $(docker images -q)': null,
    'docker run {{image}}': null,
    'docker ps && docker images': null,
    'docker run': null,
    'echo docker run nginx': null,
  };
  for (const [line, image] of Object.entries(lines)) assert.equal(imageIn(line), image, line);
});

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
    assert.deepEqual(
      lessonsNamed([called], await courseIn(folder)).map(({ id }) => id),
      [name],
    );
  await assert.rejects(
    async () => lessonsNamed(['9'], await courseIn(folder)),
    (error: unknown) => {
      assert.ok(error instanceof Failure && error.exitCode === 2);
      assert.match(error.message, /There is no lesson 9\. There are:\n {2}\S*\/02-using-docker\/08-ports/);
      return true;
    },
  );
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
