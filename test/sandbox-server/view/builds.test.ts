// The view of a lab's builds: what is told from which facts, within bounds; and of real builds, as they go on.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { BuildStep, ImageBuild } from '../../../runtime/index.ts';
import type { BuildsView } from '../../../sandbox-server/protocol.ts';
import { buildsView, nextTellingMs, unseenMs } from '../../../sandbox-server/view/builds.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import type { TestPage } from '../page.ts';
import { startTestServer, type TestServer } from '../server.ts';
import { type TestLessons, testLessons, twoHosts } from '../sessions/labs.ts';
import { atPrompt, enterReady, run } from '../sessions/student.ts';

let engine: RunningEngine;
let lessons: TestLessons;
let server: TestServer;
beforeAll(async () => {
  engine = await sharedEngine();
  lessons = await testLessons();
  server = await startTestServer({ engineSocket: engine.socket, lessonsDirectory: lessons.directory });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await lessons[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

const step = (given: Partial<BuildStep>): BuildStep => ({
  name: 'RUN make',
  kind: 'step',
  stage: '',
  state: 'done',
  line: 2,
  beganAt: 1000,
  endedAt: 1500,
  layer: 'aaaaaaaaaaaa',
  bytes: 10,
  needs: [],
  ...given,
});
const build = (given: Partial<ImageBuild>): ImageBuild => ({
  id: 1,
  state: 'done',
  names: ['docker.io/library/web:1'],
  target: '',
  beganAt: 1000,
  endedAt: 2000,
  imageId: null,
  error: '',
  errorLine: null,
  stages: [{ name: '', base: `docker.io/library/busybox:latest@sha256:${'1'.repeat(64)}` }],
  steps: [
    step({ name: 'load build context', kind: 'context', bytes: 50, layer: null, line: null }),
    step({ name: 'FROM docker.io/library/busybox:latest', kind: 'base', layer: null }),
    step({ state: 'cached' }),
    step({}),
  ],
  isCut: false,
  context: { files: 2, bytes: 50 },
  warnings: [],
  ...given,
});
const view = (all: readonly ImageBuild[], nowMs = 9_000) => buildsView({ builds: new Map([['dev', all]]), nowMs });

test('the last build that ended is told, with its steps and what they came to', () => {
  const { builds, more } = view([build({}), build({ id: 2, names: ['a', 'b'], beganAt: 3000, endedAt: 4000 })]);
  assert.equal(more, false);
  assert.deepEqual(
    builds.map(({ id, name }) => [id, name]),
    [[2, 'a and 1 more']],
  );
  const [{ stages, context, cached, steps, tookMs, fresh } = assert.fail()] = view([build({})]).builds;
  assert.deepEqual([cached, steps, tookMs, fresh], [1, 2, 1000, true]);
  assert.deepEqual(context, { files: 2, bytes: 50, state: 'done' });
  assert.deepEqual(
    stages.map((stage) => [
      stage.name,
      stage.base,
      stage.steps.map(({ does, state, tookMs: ms }) => [does, state, ms]),
    ]),
    [
      [
        '',
        'busybox',
        [
          ['RUN make', 'cached', 500],
          ['RUN make', 'done', 500],
        ],
      ],
    ],
  );
  assert.equal(view([build({})], 60_000).builds[0]?.fresh, false);
});

test('a build is not told before it could be seen, and what ended beside one that goes on is', () => {
  const going = build({ id: 3, state: 'going', beganAt: 8_900, endedAt: null });
  assert.deepEqual(
    view([build({ id: 2 }), going]).builds.map(({ id }) => id),
    [2],
  );
  assert.equal(nextTellingMs({ builds: new Map([['dev', [going]]]), nowMs: 9_000 }), unseenMs - 100);
  assert.equal(nextTellingMs({ builds: new Map([['dev', [going]]]), nowMs: 9_900 }), null);
  const beside = [
    build({ id: 1 }),
    build({ id: 2, beganAt: 9_000, endedAt: 9_100 }),
    build({ id: 4, beganAt: 9_000, endedAt: 9_200 }),
  ];
  assert.deepEqual(
    view([...beside, going], 9_900).builds.map(({ id }) => id),
    [3, 2, 4],
  );
});

test('what a hostile Dockerfile says is text of bounded length', () => {
  const hostile = `RUN ${'<b>\u0000\u202e'.repeat(500)}`;
  const many = Array.from({ length: 500 }, (_, n) => step({ name: hostile, stage: `s${n % 20}` }));
  const stages = Array.from({ length: 20 }, (_, n) => ({ name: `s${n}`, base: 'x'.repeat(500) }));
  const told = view(
    Array.from({ length: 20 }, (_, id) =>
      build({ id, state: 'going', endedAt: null, stages, steps: many, names: [hostile] }),
    ),
  );
  assert.equal(told.more, true);
  const text = JSON.stringify(told);
  assert.ok(text.length < 60 * 1024, String(text.length));
  assert.doesNotMatch(text, /\\u0000|\u202e/);
});

async function told(page: TestPage, is: (view: BuildsView) => boolean): Promise<BuildsView> {
  await page.hears('builds', is);
  return page.heard.findLast((one): one is BuildsView => one.type === 'builds' && is(one)) ?? assert.fail();
}

test('a real build is told while it goes on, step by step, and once it has ended', async () => {
  const lab = await server.open(twoHosts);
  const page = await enterReady(server, lab, 'dev');
  const terminal = await atPrompt(page, 'dev');
  const file =
    'FROM busybox AS one\\nRUN echo a > /a\\nRUN while [ ! -e /on/go ]; do sleep 0.05; done\\nFROM busybox\\nCOPY --from=one /a /b\\n';
  await run(
    page,
    terminal,
    `mkdir -p two; printf "${file}" | sed 's#RUN while#RUN --mount=type=cache,target=/on while#' > two/Dockerfile`,
  );
  const go = 'FROM busybox\\nRUN --mount=type=cache,target=/on touch /on/go\\n';
  await run(page, terminal, `mkdir -p go; printf "${go}" > go/Dockerfile`);
  page.type(terminal, 'docker build -q -t web two &\r');
  const going = await told(page, ({ builds }) =>
    builds.some(({ stages }) =>
      stages.some(({ steps }) => steps.some(({ state, does }) => state === 'running' && does.includes('while'))),
    ),
  );
  const [one] = going.builds;
  assert.deepEqual([one?.host, one?.name, one?.state], ['dev', 'web', 'going']);
  assert.deepEqual(
    one?.stages.map(({ name, steps }) => [name, steps.map(({ state }) => state)]),
    [
      ['one', ['done', 'running']],
      ['stage-1', ['waiting']],
    ],
  );
  page.type(terminal, 'docker build -q go\r');
  const done = await told(page, ({ builds }) => builds.some(({ name, state }) => name === 'web' && state === 'done'));
  const web = done.builds.find(({ name }) => name === 'web');
  assert.deepEqual([web?.cached, web?.steps, web?.error], [0, 3, '']);
  assert.match(web?.stages[1]?.steps[0]?.layer ?? '', /^[0-9a-f]{12}$/);

  await run(page, terminal, 'wait');
  await run(page, terminal, 'printf "FROM busybox\\nRUN exit 3\\n" > two/Dockerfile; docker build -q two');
  const failed = await told(page, ({ builds }) => builds.some(({ state }) => state === 'failed'));
  const bad = failed.builds.find(({ state }) => state === 'failed');
  assert.match(bad?.error ?? '', /exit code: 3/);
  assert.deepEqual([bad?.errorLine, bad?.stages[0]?.steps[0]?.state, bad?.name], [2, 'failed', '']);

  // Whoever comes later is told of the last one.
  const other = await server.enter(await server.ticket(lab));
  await other.hears('builds', ({ builds }) => builds.some(({ state }) => state === 'failed'));
}, 90_000);
