// The catalogue builds each image once, whoever asks, and never gives out one that is damaged.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { pino } from 'pino';
import { test } from 'vitest';
import { Catalogue } from '../../../runtime/catalogue/catalogue.ts';
import { cleanCache } from '../../../runtime/catalogue/clean-cache.ts';
import { imageConfiguration } from '../../../runtime/catalogue/configuration.ts';
import { readRecipes } from '../../../runtime/catalogue/recipe.ts';
import { goArchitecture } from '../../../runtime/images/architecture.ts';
import { digestOf } from '../../../runtime/store/blobs.ts';
import { temporaryDirectory, testImages, untilDone, writeRecipes } from '../images/fixture.ts';

const log = pino({ level: 'silent' });

function open(directory: string, scratch = 'scratch'): Catalogue {
  return new Catalogue({
    cacheDirectory: `${directory}/cache`,
    recipesDirectory: `${directory}/recipes`,
    scratchDirectory: `${directory}/${scratch}`,
    log,
  });
}

const layouts = (directory: string) => readdirSync(`${directory}/cache`).filter((name) => !name.endsWith('.lock'));

test('an image is built into an OCI layout whose digests hold', async () => {
  await using temporary = await temporaryDirectory();
  await writeRecipes(`${temporary.path}/recipes`);
  const catalogue = open(temporary.path);
  catalogue.start('minimal', untilDone());
  const entry = await catalogue.ready('busybox');
  await catalogue.ready('workspace');
  assert.equal(catalogue.minimal, true);
  assert.equal(digestOf(entry.configuration), entry.imageId);
  const [layer] = entry.layers;
  assert.ok(layer);
  const blob = readFileSync(layer.blob);
  assert.equal(digestOf(blob), layer.digest);
  assert.equal(digestOf(execFileSync('gzip', ['-dc'], { input: blob, maxBuffer: 1e8 })), layer.diffId);
  const names = execFileSync('tar', ['-tzvf', layer.blob], { encoding: 'utf8' });
  assert.match(names, /^drwxrwxrwt 0\/0 .* tmp\/$/m);
  assert.match(names, /^-rwxr-xr-x 0\/0 .* bin\/\[$|link to bin\/\[$/m);
  assert.ok(entry.tags.includes('latest') && entry.tags.some((tag) => /^1\.\d+\.\d+$/.test(tag)));
  const status = catalogue.status().find((image) => image.reference === 'busybox:latest');
  assert.equal(status?.state, 'ready');
  assert.equal(status?.sizeBytes, entry.sizeBytes);
  assert.deepEqual(readdirSync(`${temporary.path}/scratch`), []);
});

test('a recipe’s variables say the version that was installed', async () => {
  await using temporary = await temporaryDirectory();
  await writeRecipes(`${temporary.path}/recipes`);
  const recipe = readRecipes(`${temporary.path}/recipes`).get('hello');
  assert.ok(recipe);
  const config = { ...recipe.config, Env: ['HELLO_VERSION={version}'] };
  const parts = { base: null, diffId: 'sha256:0', version: '1.26.3', now: new Date() };
  const made = JSON.stringify(imageConfiguration({ ...parts, recipe: { ...recipe, config } }));
  assert.match(made, /"Env":\["PATH=[^"]*","HELLO_VERSION=1\.26\.3"\]/);
  assert.match(made, /"created_by":"ENV HELLO_VERSION=1\.26\.3"/);
});

test('two engines with one cache build an image once', async () => {
  await using temporary = await temporaryDirectory();
  await writeRecipes(`${temporary.path}/recipes`);
  const [first, second] = [open(temporary.path, 'scratch-a'), open(temporary.path, 'scratch-b')];
  const [a, b] = await Promise.all([first.ready('hello'), second.ready('hello')]);
  // Built twice, it would have been made at two moments, and so have two IDs.
  assert.equal(a.imageId, b.imageId);
  assert.equal(layouts(temporary.path).length, 1);
  const { mtimeMs } = statSync(a.layers[0]?.blob ?? '');
  const third = open(temporary.path, 'scratch-c');
  assert.equal(third.entry('hello')?.imageId, a.imageId);
  assert.equal(statSync(a.layers[0]?.blob ?? '').mtimeMs, mtimeMs);
});

test('a recipe that changes is another image; one that does not is not', async () => {
  await using temporary = await temporaryDirectory();
  const recipes = `${temporary.path}/recipes`;
  await writeRecipes(recipes);
  const keys = () => [...readRecipes(recipes).values()].map((recipe) => recipe.key);
  const before = keys();
  assert.deepEqual(keys(), before);
  writeFileSync(`${recipes}/hello/message.txt`, 'other\n');
  assert.equal(keys().filter((key) => !before.includes(key)).length, 1);
  // What is based on a recipe changes with it.
  writeFileSync(`${recipes}/busybox/README`, 'x');
  assert.equal(keys().filter((key) => !before.includes(key)).length, 3);
});

test('a recipe with a mistake is refused by name', async () => {
  await using temporary = await temporaryDirectory();
  const recipes = `${temporary.path}/recipes`;
  await writeRecipes(recipes);
  const mistakes: [string, RegExp][] = [
    ['{', /recipe hello: recipe\.json is not JSON/],
    ['{"summary":"","tags":["latest"],"root":{"kind":"busybox"},"config":{},"pakages":[]}', /hello.*pakages/s],
    [
      '{"summary":"","tags":["latest"],"root":{"kind":"image","name":"hello"},"config":{}}',
      /recipe hello is based on itself/,
    ],
    ['{"summary":"","tags":["latest"],"root":{"kind":"debian","suite":"../x"},"config":{}}', /recipe hello/],
    [
      '{"summary":"","tags":["latest"],"root":{"kind":"image","name":"busybox:9"},"config":{}}',
      /recipe hello is based on busybox:9, and no recipe makes that/,
    ],
    [
      '{"summary":"","tags":["latest"],"root":{"kind":"busybox"},"packages":["curl"],"config":{}}',
      /recipe hello has packages, and is not based on Debian/,
    ],
    ['{"summary":"","variants":{"1":{}},"config":{}}', /recipe hello: .*root/s],
  ];
  for (const [text, error] of mistakes) {
    writeFileSync(`${recipes}/hello/recipe.json`, text);
    assert.throws(() => readRecipes(recipes), error);
  }
});

test('an image that is damaged in the cache is built anew', async () => {
  await using temporary = await temporaryDirectory();
  await writeRecipes(`${temporary.path}/recipes`);
  const entry = await open(temporary.path).ready('hello');
  truncateSync(entry.layers[0]?.blob ?? '', 10);
  const catalogue = open(temporary.path);
  assert.equal(catalogue.entry('hello'), null);
  const again = await catalogue.ready('hello');
  assert.equal(statSync(again.layers[0]?.blob ?? '').size, again.layers[0]?.size);
});

test('images of recipes that have changed leave the cache once nobody has used them for two weeks', async () => {
  await using temporary = await temporaryDirectory();
  const cache = `${temporary.path}/cache`;
  const [old, recent, ours, others] = [
    'hello-0123456789abcdef',
    'hello-1123456789abcdef',
    'hello-2123456789abcdef',
    'more',
  ];
  for (const name of [old, recent, ours, others]) mkdirSync(`${cache}/${name}`, { recursive: true });
  const longAgo = new Date(Date.now() - 15 * 24 * 3600 * 1000);
  for (const name of [old, ours, others]) utimesSync(`${cache}/${name}`, longAgo, longAgo);
  cleanCache(cache, new Set(['hello']), new Set([`${cache}/${ours}`]));
  assert.deepEqual(readdirSync(cache).sort(), [recent, ours, others].sort());
});

test('an image based on another shares its layers and adds what its set-up changed', async () => {
  await using temporary = await temporaryDirectory();
  await writeRecipes(`${temporary.path}/recipes`);
  const catalogue = open(temporary.path);
  const page = await catalogue.ready('page');
  const busybox = await catalogue.ready('busybox');
  assert.equal(page.layers.length, 2);
  assert.equal(page.layers[0]?.digest, busybox.layers[0]?.digest);
  const names = execFileSync('tar', ['-tzf', page.layers[1]?.blob ?? ''], { encoding: 'utf8' })
    .trim()
    .split('\n');
  assert.deepEqual(names.filter((name) => !name.endsWith('/')).sort(), [
    'bin/.wh.vi',
    'srv/index.html',
    'var/spool/.wh..wh..opq',
    'www',
  ]);
  const { config, rootfs } = JSON.parse(page.configuration) as { config: object; rootfs: { diff_ids: string[] } };
  assert.deepEqual(config, {
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    Cmd: ['sh'],
    ExposedPorts: { '80/tcp': {} },
  });
  assert.deepEqual(
    rootfs.diff_ids,
    page.layers.map((layer) => layer.diffId),
  );
  assert.deepEqual(readdirSync(`${temporary.path}/scratch`), []);
});

test('an image that cannot be built says why, and is tried again when it is asked for again', async () => {
  await using temporary = await temporaryDirectory();
  await writeRecipes(`${temporary.path}/recipes`);
  writeFileSync(`${temporary.path}/recipes/page/setup.sh`, 'echo "E: no such thing" >&2\nexit 3\n');
  const catalogue = open(temporary.path);
  await assert.rejects(catalogue.ready('page'), /image page: its setup\.sh: chroot ended with 3: E: no such thing/);
  assert.match(catalogue.status().find((one) => one.reference === 'page:latest')?.step ?? '', /no such thing/);
  await assert.rejects(catalogue.ready('page'), /no such thing/);
  assert.deepEqual(readdirSync(`${temporary.path}/scratch`), []);
});

test('names are found that are offered, and no others', async () => {
  await using images = await testImages();
  const { catalogue } = images;
  assert.deepEqual(catalogue.find('hello', { tag: 'latest' }), { name: 'hello' });
  assert.equal(catalogue.find('hello', { tag: '2' }), 'no tag');
  assert.equal(catalogue.find('workspace', { tag: 'latest' }), 'no repository');
  assert.equal(catalogue.find('nothing', { tag: 'latest' }), 'no repository');
});

test('the variants of a recipe are images of one name, each with its tags and its base', async () => {
  await using temporary = await temporaryDirectory();
  const recipes = `${temporary.path}/recipes`;
  await writeRecipes(recipes);
  mkdirSync(`${recipes}/tool`);
  writeFileSync(
    `${recipes}/tool/recipe.json`,
    JSON.stringify({
      summary: 'a tool in two versions',
      variants: {
        2: { tags: ['latest'], root: { kind: 'image', name: 'page:latest' } },
        1: { root: { kind: 'image', name: 'busybox' } },
      },
      versionFrom: 'tool',
      config: {
        WorkingDir: '/data',
        Volumes: { '/data': {} },
        ExposedPorts: { '99/tcp': {} },
        StopSignal: 'SIGINT',
        Cmd: ['tool', '-v'],
      },
    }),
  );
  writeFileSync(
    `${recipes}/tool/setup.sh`,
    'mkdir -p /var/lib/dpkg\nprintf "Package: a\\nVersion: 9\\n\\nPackage: tool\\nVersion: 5:2.0.7-1+deb1\\n" >/var/lib/dpkg/status\n',
  );
  const catalogue = open(temporary.path);
  assert.deepEqual(catalogue.find('tool', { tag: '1' }), { name: 'tool-1' });
  assert.deepEqual(catalogue.find('tool', { tag: 'latest' }), { name: 'tool-2' });
  assert.equal(catalogue.find('tool', { tag: '2.0' }), 'no tag');
  assert.equal(catalogue.find('tool-1', { tag: 'latest' }), 'no repository');

  const [first, second] = [await catalogue.ready('tool-1'), await catalogue.ready('tool-2')];
  const [busybox, page] = [await catalogue.ready('busybox'), await catalogue.ready('page')];
  assert.deepEqual(
    [first, second].map(({ layers }) => layers.slice(0, -1).map(({ digest }) => digest)),
    [busybox, page].map(({ layers }) => layers.map(({ digest }) => digest)),
  );
  assert.deepEqual(second.tags, ['2', 'latest', '2.0', '2.0.7']);
  // Both have the package in the same version, and the first one answers to it.
  assert.deepEqual(catalogue.find('tool', { tag: '2.0.7' }), { name: 'tool-1' });
  assert.deepEqual(catalogue.find('tool', { digest: second.manifestDigest }), { name: 'tool-2' });
  assert.deepEqual(catalogue.find('tool', { digest: first.manifestDigest }), { name: 'tool-1' });
  assert.equal(catalogue.find('tool', { digest: busybox.manifestDigest }), 'no tag');

  const { history } = JSON.parse(first.configuration) as { history: { created_by: string; empty_layer?: boolean }[] };
  assert.deepEqual(
    history.slice(-6).map((step) => [step.created_by, step.empty_layer ?? false]),
    [
      ['recipe tool-1', false],
      ['WORKDIR /data', true],
      ['VOLUME [/data]', true],
      ['EXPOSE 99/tcp', true],
      ['STOPSIGNAL SIGINT', true],
      ['CMD ["tool","-v"]', true],
    ],
  );
});

test('an image that another architecture is needed for is not in the catalogue', async () => {
  await using temporary = await temporaryDirectory();
  const recipes = `${temporary.path}/recipes`;
  await writeRecipes(recipes);
  const only = (architecture: string): void => {
    const recipe = { summary: '', tags: ['latest'], architecture, root: { kind: 'busybox' }, config: {} };
    writeFileSync(`${recipes}/hello/recipe.json`, JSON.stringify(recipe));
  };
  only(goArchitecture === 'amd64' ? 'arm64' : 'amd64');
  assert.equal(readRecipes(recipes).has('hello'), false);
  only(goArchitecture);
  assert.equal(readRecipes(recipes).has('hello'), true);
});

test("the recipes of the lessons' images are right", () => {
  const recipes = readRecipes(new URL('../../../lessons/images', import.meta.url).pathname);
  const everywhere = [...recipes.values()].filter(({ architecture }) => architecture === undefined);
  assert.deepEqual(everywhere.map(({ name }) => name).sort(), [
    'adminer',
    'busybox',
    'debian-11',
    'debian-12',
    'debian-13',
    'hello-world',
    'httpd',
    'nginx',
    'node',
    'postgres',
    'python',
    'redis-6',
    'redis-7',
    'redis-8',
    'registry',
    'workspace',
    'workspace-redis',
  ]);
  const suites = ['redis-6', 'redis-7', 'redis-8', 'nginx'].map((name) => recipes.get(name)?.suite);
  assert.deepEqual(suites, ['bullseye', 'bookworm', 'trixie', 'trixie']);
});
