// Who may do what is the gate's to say: every end point asks it, before it looks at what there is.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Gate, Scope } from '../../../runtime/registry/http/access.ts';
import { Refusal } from '../../../runtime/registry/refusal.ts';
import { type Answer, type AskOptions, OwnRegistry, sha256 } from '../../support/own-registry.ts';
import { codeOf, mediaTypes, pushParts } from './contents.ts';

let served: OwnRegistry;

/** People have what is below their own name, everybody may pull what is `public`, `root` may do everything. */
const gate: Gate = {
  admit(request) {
    const who = request.headers['x-who']?.toString() ?? null;
    const allows = (scope: Scope): boolean => {
      if (who === 'root') return true;
      if (scope.type !== 'repository') return scope.type === 'base' && who !== null;
      const isPull = scope.actions.every((action) => action === 'pull');
      return scope.name.startsWith(`${who}/`) || (isPull && scope.name.endsWith('/public'));
    };
    const scopeText = (scope: Scope): string =>
      scope.type === 'repository' ? `,scope="repository:${scope.name}:${scope.actions.join(',')}"` : '';
    const refuse = (scope: Scope): Refusal =>
      who === null
        ? new Refusal('UNAUTHORIZED', {
            headers: { 'WWW-Authenticate': `Bearer realm="http://x/token"${scopeText(scope)}` },
          })
        : new Refusal('DENIED');
    return { who, allows, refuse };
  },
};

const as = (who: string | null, line: string, options: AskOptions = {}): Promise<Answer> =>
  served.ask(line, { ...options, headers: { ...options.headers, ...(who !== null && { 'X-Who': who }) } });

let text: string;
let digest: string;
let layer: string;

beforeAll(async () => {
  served = await OwnRegistry.open({ gate });
  for (const repository of ['ann/secret', 'ann/public']) {
    const asRoot = { ask: (line: string, options?: AskOptions) => as('root', line, options) };
    text = await pushParts(asRoot, repository, ['a layer']);
    const pushed = await as('ann', `PUT /v2/${repository}/manifests/v1`, {
      body: text,
      headers: { 'Content-Type': mediaTypes.ociManifest },
    });
    assert.equal(pushed.status, 201);
  }
  digest = sha256(text);
  layer = sha256('a layer');
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
});

/** Each request that there is, to a repository, with the actions that it needs. */
const requests = (repository: string): readonly (readonly [string, string])[] => [
  [`GET /v2/${repository}/tags/list`, 'pull'],
  [`GET /v2/${repository}/manifests/v1`, 'pull'],
  [`HEAD /v2/${repository}/manifests/${digest}`, 'pull'],
  [`GET /v2/${repository}/blobs/${layer}`, 'pull'],
  [`HEAD /v2/${repository}/blobs/${layer}`, 'pull'],
  [`GET /v2/${repository}/referrers/${digest}`, 'pull'],
  [`POST /v2/${repository}/blobs/uploads/`, 'pull,push'],
  [`POST /v2/${repository}/blobs/uploads/?mount=${layer}&from=ann/public`, 'pull,push'],
  [`POST /v2/${repository}/blobs/uploads/?digest=${layer}`, 'pull,push'],
  [`GET /v2/${repository}/blobs/uploads/x`, 'pull,push'],
  [`PATCH /v2/${repository}/blobs/uploads/x`, 'pull,push'],
  [`PUT /v2/${repository}/blobs/uploads/x?digest=${layer}`, 'pull,push'],
  [`DELETE /v2/${repository}/blobs/uploads/x`, 'pull,push'],
  [`PUT /v2/${repository}/manifests/v2`, 'pull,push'],
  [`DELETE /v2/${repository}/manifests/v1`, 'delete'],
  [`DELETE /v2/${repository}/blobs/${layer}`, 'delete'],
];

describe('a repository that somebody may not use', () => {
  test('is refused by every end point with a challenge that names what is needed, whether it is there or not', async () => {
    for (const repository of ['ann/secret', 'ann/nowhere']) {
      for (const [line, actions] of requests(repository)) {
        const answer = await as(null, line);
        assert.equal(answer.status, 401, line);
        const challenge = `Bearer realm="http://x/token",scope="repository:${repository}:${actions}"`;
        assert.equal(answer.header('www-authenticate'), challenge, line);
        if (!line.startsWith('HEAD')) assert.equal(codeOf(answer), 'UNAUTHORIZED');
      }
    }
  });

  test('is denied to others who have logged in, in the same words whether it is there or not', async () => {
    for (const method of requests('').keys()) {
      const [there = '', nowhere = ''] = ['ann/secret', 'ann/nowhere'].map((name) => requests(name)[method]?.[0] ?? '');
      const [first, second] = [await as('ben', there), await as('ben', nowhere)];
      assert.deepEqual([first.status, first.body.toString()], [403, second.body.toString()], there);
    }
  });
});

test('what is public may be pulled by all and pushed by none but its owner', async () => {
  for (const [line, actions] of requests('ann/public')) {
    const { status } = await as(null, line);
    assert.equal(status === 200, actions === 'pull', `${line}: ${status}`);
  }
  assert.equal((await as('ann', 'POST /v2/ann/public/blobs/uploads/')).status, 202);
});

test('a blob is mounted from where its asker may pull it, and elsewhere it is as if it were not there (B04)', async () => {
  const secret = sha256('a secret layer');
  await as('ann', `POST /v2/ann/secret/blobs/uploads/?digest=${secret}`, { body: 'a secret layer' });
  const unknown = sha256('nobody has it');
  for (const from of ['&from=ann/secret', '', '&from=ann/nowhere']) {
    const answers: Answer[] = [];
    for (const wanted of [secret, unknown])
      answers.push(await as('ben', `POST /v2/ben/x/blobs/uploads/?mount=${wanted}${from}`));
    for (const answer of answers) {
      assert.equal(answer.status, 202);
      const { date: _, location: __, 'docker-upload-uuid': ___, ...headers } = answer.headers;
      const { date: _1, location: __1, 'docker-upload-uuid': ___1, ...others } = answers[1]?.headers ?? {};
      assert.deepEqual(headers, others);
    }
  }
  assert.equal((await as('ben', `POST /v2/ben/x/blobs/uploads/?mount=${layer}`)).status, 201);
  assert.equal((await as('ann', `POST /v2/ann/x/blobs/uploads/?mount=${secret}`)).status, 201);
});

test('the base is for those who have logged in, the catalogue for those who may have it', async () => {
  assert.deepEqual([(await as(null, 'GET /v2/')).status, (await as('ben', 'GET /v2/')).status], [401, 200]);
  assert.deepEqual(
    [(await as(null, 'GET /v2/_catalog')).status, (await as('ben', 'GET /v2/_catalog')).status],
    [401, 403],
  );
  assert.equal((await as('root', 'GET /v2/_catalog')).status, 200);
});

test('who did what is remembered', async () => {
  await as('ann', 'GET /v2/ann/secret/manifests/v1');
  await as(null, 'GET /v2/ann/public/manifests/v1');
  await as('ann', 'DELETE /v2/ann/secret/manifests/v1');
  const [deleted, pulled, ...before] = served.registry.audit.list({ repository: 'ann/secret', most: 100 });
  assert.deepEqual(
    [deleted?.who, deleted?.action, deleted?.reference, deleted?.digest],
    ['ann', 'delete', 'v1', digest],
  );
  assert.deepEqual([pulled?.who, pulled?.action, pulled?.reference, pulled?.bytes], ['ann', 'pull', 'v1', text.length]);
  assert.ok(before.some(({ who, action, reference }) => who === 'ann' && action === 'push' && reference === 'v1'));
  const [ofPublic] = served.registry.audit.list({ repository: 'ann/public', most: 1 });
  assert.deepEqual([ofPublic?.who, ofPublic?.action], [null, 'pull']);
});

test('a path that is no end point, a name that can be none, and a method that is none are told apart', async () => {
  for (const [line, status, code] of [
    ['GET /v2/x', 404, 'UNSUPPORTED'],
    ['GET /v1/', 404, 'UNSUPPORTED'],
    ['GET /v2/a/b/tags', 404, 'UNSUPPORTED'],
    ['GET /v2/Upper/tags/list', 400, 'NAME_INVALID'],
    ['GET /v2/a/../b/tags/list', 400, 'NAME_INVALID'],
    ['GET /v2/a%2f%2e%2e/tags/list', 400, 'NAME_INVALID'],
    ['GET /v2/a//b/tags/list', 400, 'NAME_INVALID'],
    [`GET /v2/${'a/'.repeat(200)}b/tags/list`, 400, 'NAME_INVALID'],
    ['GET /v2/%zz/tags/list', 400, 'NAME_INVALID'],
    ['POST /v2/ann/x/manifests/v1', 405, 'UNSUPPORTED'],
    ['PUT /v2/ann/x/tags/list', 405, 'UNSUPPORTED'],
    ['GET /v2/ann/x/blobs/uploads/', 405, 'UNSUPPORTED'],
  ] as const) {
    const answer = await as('root', line);
    assert.deepEqual([answer.status, codeOf(answer)], [status, code], line);
  }
});
