// The view of a lab's registries: what is told from which facts, within bounds; and on real hosts, as it happens.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { HubRepositoryNow, ImageMove } from '../../../runtime/index.ts';
import type { RegistriesView } from '../../../sandbox-server/protocol.ts';
import { registriesView } from '../../../sandbox-server/view/registries.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import type { TestPage } from '../page.ts';
import { startTestServer, type TestServer } from '../server.ts';
import { type TestLessons, testLessons, twoHosts } from '../sessions/labs.ts';
import { atPrompt, end, enterReady, reset, run } from '../sessions/student.ts';

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

const sha = (digit: string): string => `sha256:${digit.repeat(64)}`;
const move = (given: Partial<ImageMove>): ImageMove => ({
  id: 1,
  direction: 'push',
  registry: 'hub.drydock',
  repository: 'ann/web',
  reference: '1',
  state: 'done',
  beganAt: 1000,
  endedAt: 2000,
  digest: sha('1'),
  imageId: sha('a'),
  layers: [{ id: 'aaaaaaaaaaaa', bytes: 10, movedBytes: 10, state: 'moved' }],
  ...given,
});
const repository = (name: string, tags: number): HubRepositoryNow => ({
  name,
  visibility: 'private',
  tags: Array.from({ length: tags }, (_, n) => ({
    name: `t${n}`,
    digest: sha('2'),
    imageId: null,
    bytes: null,
    movedAt: n,
  })),
});
const view = (repositories: readonly HubRepositoryNow[], moves: readonly ImageMove[], nowMs = 9_000) =>
  registriesView({ repositories, moves: new Map([['dev', moves]]), nowMs });

test('a lab that pulls by Docker Hub’s names alone uses no registry', () => {
  const { registries, moves } = view(
    [],
    [move({ direction: 'pull', registry: 'docker.io', repository: 'library/redis' })],
  );
  assert.deepEqual({ registries, moves }, { registries: [], moves: [] });
});

test('the hub is told with the lab’s repositories, another registry with what was sent to it', () => {
  const own = { registry: 'localhost:5000', repository: 'web' };
  const told = view(
    [repository('ann/web', 1)],
    [
      move({}),
      move({ ...own, id: 2, endedAt: 3000 }),
      move({ ...own, id: 3, endedAt: 4000, digest: sha('3') }),
      move({ ...own, id: 4, endedAt: 5000, reference: '2' }),
      move({ ...own, id: 5, endedAt: 6000, reference: sha('4'), direction: 'pull' }),
      move({ ...own, id: 6, registry: 'localhost:6000', state: 'failed', digest: null }),
    ],
  );
  assert.deepEqual(told.registries, [
    {
      name: 'hub.drydock',
      hub: true,
      repositories: [{ name: 'ann/web', visibility: 'private', tags: [{ name: 't0', digest: '222222222222' }] }],
    },
    {
      name: 'localhost:5000',
      hub: false,
      repositories: [
        {
          name: 'web',
          visibility: null,
          tags: [
            { name: '2', digest: '111111111111' },
            { name: '1', digest: '333333333333' },
          ],
        },
      ],
    },
  ]);
  assert.deepEqual(
    told.moves.map(({ id, registry, state }) => ({ id, registry, state })),
    [{ id: 6, registry: 'localhost:6000', state: 'failed' }],
  );
  assert.equal(told.more, false);
});

test('a move is fresh while it goes and for a moment after', () => {
  const isFresh = (given: Partial<ImageMove>, nowMs: number) => view([], [move(given)], nowMs).moves[0]?.fresh;
  assert.equal(isFresh({ endedAt: 2000 }, 11_000), true);
  assert.equal(isFresh({ endedAt: 2000 }, 12_500), false);
  assert.equal(isFresh({ endedAt: null, state: 'going' }, 500_000), true);
});

test('whatever a student has there, the message has bounds, and names are one line of text', () => {
  const layers = Array.from({ length: 127 }, (_, n) => ({
    id: `${n}`.padEnd(12, 'x'),
    bytes: 1,
    movedBytes: 0,
    state: 'waiting' as const,
  }));
  const long = 'n'.repeat(5000);
  const moves = Array.from({ length: 24 }, (_, n) =>
    move({ id: n, registry: `r${n}:5000`, repository: `${long}\u202e`, reference: `a\nb${n}${long}`, layers }),
  );
  const told = view(
    Array.from({ length: 30 }, (_, n) => repository(`ann/${n}${long}`, 100)),
    moves,
  );
  assert.equal(told.more, true);
  assert.equal(told.registries.length, 4);
  assert.ok(told.registries.every(({ repositories }) => repositories.length <= 12));
  assert.equal(told.moves.length, 1);
  assert.equal(told.moves[0]?.layers.length, 40);
  const text = JSON.stringify(told);
  assert.ok(text.length < 60 * 1024, `${text.length}`);
  assert.doesNotMatch(text, /\\n|\u202e/);
});

/** The last that a page was told, once it is as `is` wants it. */
async function told(page: TestPage, is: (view: RegistriesView) => boolean): Promise<RegistriesView> {
  await page.hears('registries', () => {
    const last = page.last('registries');
    return last !== undefined && is(last);
  });
  const last = page.last('registries');
  assert.ok(last);
  return last;
}

test('what hosts push and pull is told as it happens, to a page that comes later too, and goes with a reset', async () => {
  const lab = await server.open(twoHosts);
  const page = await enterReady(server, lab, 'dev');
  const [dev, prod] = [await atPrompt(page, 'dev'), await atPrompt(page, 'prod')];
  await run(page, dev, 'docker pull busybox');
  assert.deepEqual((await told(page, () => true)).registries, []);
  const web = 'hub.drydock/$HUB_NAMESPACE/web:1';
  await run(page, dev, `docker tag busybox ${web}; docker push ${web}`);
  const pushed = await told(page, ({ moves }) => moves[0]?.state === 'done');
  assert.equal(pushed.moves[0]?.host, 'dev');
  assert.equal(pushed.moves[0]?.fresh, true);
  assert.deepEqual(
    pushed.moves[0]?.layers.map(({ state }) => state),
    ['moved'],
  );
  const [hub] = (await told(page, ({ registries }) => registries[0]?.repositories[0]?.tags.length === 1)).registries;
  assert.equal(hub?.hub, true);
  assert.match(hub?.repositories[0]?.name ?? '', /^student-\w{6}\/web$/);
  await run(page, prod, `docker pull ${web}`);
  await told(page, ({ moves }) => moves.length === 2 && moves[1]?.host === 'prod' && moves[1].direction === 'pull');
  const { namespace = '' } = page.last('parameters')?.parameters ?? {};
  await engine.client.hub.setVisibility(`${namespace}/web`, 'private');
  await told(page, ({ registries }) => registries[0]?.repositories[0]?.visibility === 'private');

  const later = await server.enter(await server.ticket(lab));
  assert.equal((await told(later, () => true)).moves.length, 2);
  await reset(page, 'start');
  await told(page, ({ registries, moves }) => registries.length === 0 && moves.length === 0);
  await end(server, lab);
});
