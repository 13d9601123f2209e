// How many images somebody may pull in a time: as Docker Hub tells it, and off unless it is set.

import assert from 'node:assert/strict';
import type http from 'node:http';
import { afterAll, beforeAll, test } from 'vitest';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { noPullLimits, parsePullLimit, pullLimitText } from '../../../runtime/registry/accounts/pull-limits.ts';
import { basic, OwnHub } from '../../support/own-hub.ts';
import type { Answer } from '../../support/own-registry.ts';
import { mediaTypes } from './contents.ts';
import { digest, fill } from './team.ts';

let hub: OwnHub;
const ada = basic('ada', 'correct horse');

beforeAll(async () => {
  hub = await OwnHub.open({ pullLimits: { nobody: { pulls: 2, seconds: 60 }, account: { pulls: 3, seconds: 3600 } } });
  await createAccount(hub.accounts, { name: 'ada', password: 'correct horse' });
  await fill(hub, 'ada/app');
});

afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
});

async function ask(
  method: string,
  who: http.OutgoingHttpHeaders = {},
  source = 'one',
  more: http.OutgoingHttpHeaders = {},
): Promise<Answer> {
  const token = await hub.tokenHeader(['repository:ada/app:pull'], who);
  return await hub.ask(`${method} /v2/ada/app/manifests/1`, {
    headers: { ...token, ...more, 'X-Test-Source': source },
  });
}
const told = ({ status, header }: Answer): unknown[] => [
  status,
  header('ratelimit-limit'),
  header('ratelimit-remaining'),
];

test('each pull takes one, a look takes none, and when none is left it is told in words, with the time', async () => {
  assert.deepEqual(told(await ask('HEAD')), [200, '2;w=60', '2;w=60']);
  assert.deepEqual(told(await ask('GET')), [200, '2;w=60', '1;w=60']);
  const known = await hub.ask('GET /v2/ada/app/manifests/1', {
    headers: await hub.tokenHeader(['repository:ada/app:pull']),
  });
  const etag = { 'If-None-Match': known.header('etag') };
  assert.deepEqual(told(await ask('GET', {}, 'one', etag)), [304, '2;w=60', '1;w=60']);
  hub.clock.pass(20_000);
  assert.deepEqual(told(await ask('GET')), [200, '2;w=60', '0;w=60']);
  const refused = await ask('GET');
  assert.deepEqual([...told(refused), refused.header('retry-after')], [429, '2;w=60', '0;w=60', '40']);
  assert.deepEqual(refused.json(), {
    errors: [
      {
        code: 'TOOMANYREQUESTS',
        message: 'You have reached your pull rate limit. You may increase the limit by authenticating.',
        detail: null,
      },
    ],
  });
  assert.deepEqual(told(await ask('HEAD')), [200, '2;w=60', '0;w=60'], 'to look is always allowed');
  assert.deepEqual(told(await ask('GET', {}, 'two')), [200, '2;w=60', '1;w=60'], 'another source has its own');
  const blob = await hub.ask(`GET /v2/ada/app/blobs/${digest}`, {
    headers: { ...(await hub.tokenHeader(['repository:ada/app:pull'])), 'X-Test-Source': 'one' },
  });
  assert.equal(blob.status, 200, 'layers are not counted');
  hub.clock.pass(40_000);
  assert.deepEqual(told(await ask('GET')), [200, '2;w=60', '1;w=60']);
});

test('an account has a limit of its own, wherever it comes from', async () => {
  assert.deepEqual(told(await ask('GET', ada, 'three')), [200, '3;w=3600', '2;w=3600']);
  assert.deepEqual(told(await ask('GET', ada, 'four')), [200, '3;w=3600', '1;w=3600']);
  const straight = await hub.ask('GET /v2/ada/app/manifests/1', { headers: ada });
  assert.deepEqual(told(straight), [200, '3;w=3600', '0;w=3600']);
  const refused = await ask('GET', ada);
  assert.equal(refused.status, 429);
  assert.match(refused.body.toString(), /"You have reached your pull rate limit."/);
});

test('an account, such as a lab’s, may have a limit of its own', async () => {
  const { accounts, sessions } = hub.accounts;
  const lab = await hub.accounts.change(() => sessions.ensure('lab-1'));
  await hub.accounts.change(() => accounts.setPulls(accounts.need('lab-1'), '1;w=10'));
  const who = basic(lab.name, lab.password);
  assert.deepEqual(told(await ask('GET', who)), [200, '1;w=10', '0;w=10']);
  assert.equal((await ask('GET', who)).status, 429);
  await hub.accounts.change(() => accounts.setPulls(accounts.need('lab-1'), null));
  assert.deepEqual(told(await ask('GET', who)), [200, '3;w=3600', '1;w=3600']);
});

test('what is not there, or not allowed, is no pull', async () => {
  const headers = await hub.tokenHeader(['repository:ada/app:pull']);
  for (const [line, status] of [
    ['GET /v2/ada/app/manifests/none', 404],
    ['GET /v2/ada/none/manifests/1', 401],
  ] as const)
    assert.equal((await hub.ask(line, { headers: { ...headers, 'X-Test-Source': 'five' } })).status, status);
  assert.deepEqual(told(await ask('HEAD', {}, 'five')), [200, '2;w=60', '2;w=60']);
});

test('a limit can be set, changed and taken away while the hub runs', async () => {
  hub.accounts.pulls.limits = noPullLimits;
  const free = await ask('GET');
  assert.deepEqual(told(free), [200, '', '']);
  assert.equal(free.header('content-type'), mediaTypes.ociManifest);
  hub.accounts.pulls.limits = { nobody: parsePullLimit('100;w=21600'), account: null };
  assert.deepEqual(told(await ask('GET', {}, 'six')), [200, '100;w=21600', '99;w=21600']);
  assert.equal(parsePullLimit(''), null);
  assert.equal(pullLimitText({ pulls: 100, seconds: 21600 }), '100;w=21600');
  for (const text of ['100', '100;w=0', '-1;w=5', 'a;w=b', '100;w=', '99999999;w=1'])
    assert.throws(() => parsePullLimit(text), { kind: 'invalid' });
});
