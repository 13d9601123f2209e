// What folders of images say, and that what is wrong with one is told with its file and line.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { readRecipes } from '../../../runtime/catalogue/recipe.ts';
import { goArchitecture } from '../../../runtime/images/architecture.ts';
import { temporaryDirectory } from '../images/fixture.ts';

type Files = Readonly<Record<string, string>>;

function write(directory: string, name: string, files: Files): void {
  rmSync(`${directory}/${name}`, { recursive: true, force: true });
  mkdirSync(`${directory}/${name}`, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(`${directory}/${name}/${file}`, text);
}

const base = { Dockerfile: 'FROM drydock/base:busybox\n' };

test('a folder with a Dockerfile alone is an image', async () => {
  await using temporary = await temporaryDirectory();
  write(temporary.path, 'app', base);
  const { recipes, mistakes } = await readRecipes([temporary.path]);
  assert.deepEqual([...mistakes], []);
  const app = recipes.get('app');
  assert.deepEqual([app?.repository, app?.tags, app?.offered], ['app', ['latest'], true]);
  assert.deepEqual([...(app?.bases.keys() ?? [])], ['docker.io/drydock/base:busybox']);
});

test('variants are images of one name, each with its tags, its arguments and its base', async () => {
  await using temporary = await temporaryDirectory();
  write(temporary.path, 'low', { ...base, 'image.yaml': 'tags: [latest, 1.10]\n' });
  write(temporary.path, 'tool', {
    Dockerfile: `ARG ON=low:1.10\nFROM $ON\nFROM mirror.example:5000/team/app@sha256:${'a'.repeat(64)}\nCOPY --from=0 / /\n`,
    'image.yaml': 'variants:\n  "2": { tags: [latest] }\n  1: { args: { ON: "busybox:7" } }\n',
  });
  const { recipes } = await readRecipes([temporary.path]);
  const [first, second] = [recipes.get('tool-1'), recipes.get('tool-2')];
  assert.deepEqual([first?.tags, second?.tags], [['1'], ['2', 'latest']]);
  assert.deepEqual([first?.repository, second?.repository], ['tool', 'tool']);
  assert.deepEqual(
    [...(second?.bases.values() ?? [])].map(({ name }) => name),
    ['low'],
  );
  assert.deepEqual(first?.foreign.length, 2);
  assert.ok(first?.foreign.includes('docker.io/library/busybox:7'));
});

test('a tag that an image of the catalogue has not is its registry’s', async () => {
  await using temporary = await temporaryDirectory();
  write(temporary.path, 'low', base);
  write(temporary.path, 'app', { Dockerfile: 'FROM low:9-alpine AS build\nFROM low\nCOPY --from=build / /\n' });
  const { recipes, mistakes } = await readRecipes([temporary.path]);
  assert.deepEqual([...mistakes], []);
  const app = recipes.get('app');
  assert.deepEqual([...(app?.bases.keys() ?? [])], ['docker.io/library/low:latest']);
  assert.deepEqual(app?.foreign, ['docker.io/library/low:9-alpine']);
});

test('a recipe that changes is another image, and so is what is built on it; one that does not is not', async () => {
  await using temporary = await temporaryDirectory();
  const keys = async (): Promise<string[]> =>
    [...(await readRecipes([temporary.path])).recipes.values()].map(({ key }) => key);
  write(temporary.path, 'low', base);
  write(temporary.path, 'high', { Dockerfile: 'FROM low\n' });
  write(temporary.path, 'other', base);
  const before = await keys();
  assert.deepEqual(await keys(), before);
  writeFileSync(`${temporary.path}/other/notes`, 'x');
  assert.equal((await keys()).filter((key) => !before.includes(key)).length, 1);
  writeFileSync(`${temporary.path}/low/notes`, 'x');
  assert.equal((await keys()).filter((key) => !before.includes(key)).length, 3);
});

test('a mistake is told with its file and line', async () => {
  await using temporary = await temporaryDirectory();
  const mistakes: [Files, RegExp][] = [
    [{}, /app: there is no Dockerfile, nor an image\.yaml with `from` or `archive`/],
    [{ ...base, 'image.yaml': 'summary: [' }, /app\/image\.yaml:1:\d+: this is no YAML/],
    [
      { ...base, 'image.yaml': 'summary: a\nsumary: b\n' },
      /app\/image\.yaml:2:1: sumary: there is no such key; there are summary, tags/,
    ],
    [{ ...base, 'image.yaml': 'tags:\n  - a b\n' }, /app\/image\.yaml:2:5: tags\.0: is no tag/],
    [{ ...base, 'image.yaml': 'tags: latest\n' }, /app\/image\.yaml:1:1: tags: is a list/],
    [{ ...base, 'image.yaml': 'offered: no\n' }, /app\/image\.yaml:1:1: offered: is true or false/],
    [
      { ...base, 'image.yaml': 'variants:\n  1: { arg: { A: b } }\n' },
      /image\.yaml:2:8: variants\.1\.arg: there is no such key; there are tags, args/,
    ],
    [
      { ...base, 'image.yaml': 'from: redis:8\n' },
      /app: there is a Dockerfile, and image\.yaml names an image from elsewhere/,
    ],
    [{ 'image.yaml': 'from: Redis:8\n' }, /app\/image\.yaml: from: .*must be lowercase/],
    [{ 'image.yaml': 'archive: ../a.tar\n' }, /app\/image\.yaml:1:1: archive: is a file or a directory of this folder/],
    [{ 'image.yaml': 'archive: a.tar\n' }, /app\/image\.yaml: archive: there is no a\.tar in this folder/],
    [
      { 'image.yaml': 'from: a\narchive: b\n' },
      /image\.yaml:2:1: archive: an image comes from a registry or out of an archive/,
    ],
    [{ Dockerfile: 'FROM busybox\nCPY a b\n' }, /app\/Dockerfile:2: .*unknown instruction: CPY/],
    [{ Dockerfile: 'FROM app\n' }, /the image app is built on itself: app on app/],
    [
      { Dockerfile: 'FROM drydock/base:trixy\n' },
      /app\/Dockerfile: there is no drydock\/base:trixy: there are busybox, and of Debian bullseye/,
    ],
  ];
  write(temporary.path, 'low', base);
  for (const [files, wanted] of mistakes) {
    write(temporary.path, 'app', files);
    const { recipes, mistakes: found } = await readRecipes([temporary.path]);
    assert.match(found.get('app') ?? 'no mistake', wanted);
    assert.ok(recipes.has('low'));
  }
});

test('a folder that cannot be read is told, and the others are there', async () => {
  await using temporary = await temporaryDirectory();
  write(temporary.path, 'low', base);
  for (const name of ['Dockerfile', 'image.yaml', '.dockerignore/deep']) {
    write(temporary.path, 'app', name === 'Dockerfile' ? {} : base);
    mkdirSync(`${temporary.path}/app/${name}`, { recursive: true });
    const { recipes, mistakes } = await readRecipes([temporary.path]);
    assert.ok(recipes.has('low'), name);
    if (name.startsWith('.')) assert.ok(recipes.has('app'), name);
    else assert.match(mistakes.get('app') ?? 'no mistake', /app cannot be read: EISDIR/);
  }
});

test('a large file is not read: its size and time count', async () => {
  await using temporary = await temporaryDirectory();
  write(temporary.path, 'app', { ...base, model: '' });
  const key = async (): Promise<string | undefined> => (await readRecipes([temporary.path])).recipes.get('app')?.key;
  truncateSync(`${temporary.path}/app/model`, 3 * 1024 ** 3);
  const before = await key();
  assert.ok(before);
  assert.equal(await key(), before);
  truncateSync(`${temporary.path}/app/model`, 3 * 1024 ** 3 + 1);
  assert.notEqual(await key(), before);
});

test('nothing outside of a folder is read', async () => {
  await using temporary = await temporaryDirectory();
  for (const [name, said] of Object.entries({ Dockerfile: '', 'image.yaml': '', 'a.tar': 'archive: a.tar\n' })) {
    write(temporary.path, 'app', said === '' ? {} : { 'image.yaml': said });
    symlinkSync('/etc/hostname', `${temporary.path}/app/${name}`);
    const { mistakes } = await readRecipes([temporary.path]);
    assert.match(mistakes.get('app') ?? 'no mistake', new RegExp(`app/${name} is a link`));
  }
});

test('of folders of one name in several places the first counts, and the other is told', async () => {
  await using temporary = await temporaryDirectory();
  const [ours, theirs] = [`${temporary.path}/a`, `${temporary.path}/b`];
  write(ours, 'app', base);
  write(theirs, 'app', base);
  write(theirs, 'more', base);
  const { recipes, mistakes } = await readRecipes([ours, theirs, `${temporary.path}/none`]);
  assert.deepEqual([recipes.get('app')?.directory, recipes.get('more')?.directory], [`${ours}/app`, `${theirs}/more`]);
  assert.match(mistakes.get(`${theirs}/app`) ?? '', /a\/app has an image of this name already/);
});

test('an image that another architecture is needed for is not in the catalogue', async () => {
  await using temporary = await temporaryDirectory();
  const only = async (architecture: string): Promise<boolean> => {
    write(temporary.path, 'app', { ...base, 'image.yaml': `architecture: ${architecture}\n` });
    return (await readRecipes([temporary.path])).recipes.has('app');
  };
  assert.equal(await only(goArchitecture === 'amd64' ? 'arm64' : 'amd64'), false);
  assert.equal(await only(goArchitecture), true);
});

test("the recipes of the lessons' images are right", async () => {
  const { recipes, mistakes } = await readRecipes([new URL('../../../lessons/images', import.meta.url).pathname]);
  assert.deepEqual([...mistakes.values()], []);
  const everywhere = [...recipes.values()].filter(({ architecture }) => architecture === undefined);
  assert.deepEqual(everywhere.map(({ name }) => name).sort(), [
    ...['adminer', 'base-bookworm', 'base-bullseye', 'base-busybox', 'base-trixie', 'base-trixie-with-manuals'],
    ...['busybox', 'debian-11', 'debian-12', 'debian-13', 'hello-world', 'httpd', 'nginx', 'node', 'postgres'],
    ...['python', 'redis-6', 'redis-7', 'redis-8', 'registry', 'workspace', 'workspace-redis'],
  ]);
  const below = ['redis-6', 'redis-7', 'redis-8', 'nginx'].map((name) => [
    ...(recipes
      .get(name)
      ?.bases.values()
      .map((one) => one.name) ?? []),
  ]);
  assert.deepEqual(below, [['debian-11'], ['debian-12'], ['debian-13'], ['debian-13']]);
  assert.deepEqual(
    [...recipes.values()].flatMap(({ foreign }) => foreign),
    [],
  );
});
