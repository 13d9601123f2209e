// Builds in words: a sentence for each, for its stages, and for what has begun or ended.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { BuildsView, ViewBuild } from '../../sandbox-server/protocol.ts';
import { buildNews, buildsInWords, buildWords, cacheWords } from '../../site/src/components/engine-view/build-words.ts';

const step = { does: 'RUN npm ci', state: 'done', line: 3, tookMs: 1200, layer: 'a', bytes: 10 } as const;
const build: ViewBuild = {
  id: 1,
  host: 'dev',
  name: 'web:1',
  state: 'done',
  fresh: true,
  beganAt: 0,
  tookMs: 2100,
  cached: 1,
  steps: 2,
  error: '',
  errorLine: null,
  warnings: 0,
  context: { files: 2, bytes: 3400, state: 'done' },
  stages: [{ name: 'build', base: 'node:22', steps: [{ ...step, does: 'COPY . .', state: 'cached' }, step] }],
};
const view = (...builds: ViewBuild[]): BuildsView => ({ type: 'builds', builds, more: false });

test('a build is told with what came from the cache, what it made, and what it was given', () => {
  assert.deepEqual(buildsInWords(view(build)), [
    'dev has built web:1 in 2.1 s: 1 of 2 steps from the cache. Its build context: 2 files, 3.4 kB.',
    'Its stage build, from node:22: COPY . . (cached); RUN npm ci (1.2 s).',
  ]);
  assert.deepEqual(buildsInWords(undefined), []);
  assert.equal(cacheWords({ ...build, cached: 2 }), 'all 2 steps from the cache');
  assert.equal(cacheWords({ ...build, cached: 0 }), '2 steps, none from the cache');
  assert.equal(cacheWords({ ...build, cached: 0, steps: 0 }), 'no step of its own');
  assert.equal(buildWords({ ...build, warnings: 1 }), 'built in 2.1 s: 1 of 2 steps from the cache, 1 warning');
});

test('one that goes on, that has failed, or that was given up says so', () => {
  const going: ViewBuild = {
    ...build,
    state: 'going',
    tookMs: null,
    stages: [
      {
        name: '',
        base: 'x',
        steps: [
          { ...step, state: 'cached' },
          { ...step, state: 'running' },
        ],
      },
    ],
  };
  assert.match(
    buildsInWords(view(going)).join(' '),
    /^dev is building web:1: 1 of 2 steps done\. .*Its stage, from x: RUN npm ci \(cached\); RUN npm ci \(running\)\.$/,
  );
  const failed: ViewBuild = { ...build, state: 'failed', name: '', error: 'exit code: 3', errorLine: 4 };
  assert.match(
    buildsInWords(view(failed))[0] ?? '',
    /^dev could not build an image without a name: it failed after 2\.1 s at line 4: exit code: 3\./,
  );
  assert.match(
    buildsInWords(view({ ...build, state: 'stopped' }))[0] ?? '',
    /^dev began to build web:1: given up after 2\.1 s\./,
  );
});

test('what has begun or ended is news once', () => {
  const going: ViewBuild = { ...build, state: 'going', tookMs: null };
  assert.equal(buildNews(undefined, view(going)), 'dev is building web:1: 2 of 2 steps done.');
  assert.equal(buildNews(view(going), view(going)), '');
  assert.equal(buildNews(view(going), view(build)), 'dev has built web:1 in 2.1 s: 1 of 2 steps from the cache.');
  assert.equal(buildNews(view(build), view(build)), '');
  assert.equal(buildNews(undefined, view({ ...build, fresh: false })), '', 'a reload is no news');
});
