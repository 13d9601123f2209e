// What is private looks like what is not there (B04), changes of who may what hold at once, and `library/` is the engine's (B10).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { afterAll, beforeAll, test } from 'vitest';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { Refusal } from '../../../runtime/registry/refusal.ts';
import type { OwnHub } from '../../support/own-hub.ts';
import { OwnRegistry, sha256 } from '../../support/own-registry.ts';
import { mediaTypes, pushBlob } from './contents.ts';
import { cases } from './every-route.ts';
import { blob, digest, fillBlob, manifest, manifestDigest, openTeam, password, scopesOf, type Team } from './team.ts';

let team: Team;
let hub: OwnHub;

beforeAll(async () => {
  team = await openTeam();
  hub = team.hub;
});

afterAll(async () => {
  await team?.[Symbol.asyncDispose]();
});

test('B04 for a stranger a private repository and one that is not there are the same, in status, words and headers', async () => {
  const told = async (repository: string, headers: http.OutgoingHttpHeaders): Promise<string[]> => {
    const answers: string[] = [];
    for (const casesOf of Object.values(cases)) {
      for (const { line, body } of casesOf(repository)) {
        const { status, headers: sent, body: text } = await team.ask(line, body, headers);
        const { date: _date, ...others } = sent;
        answers.push(JSON.stringify([status, others, text.toString()]).replaceAll(repository, 'REPOSITORY'));
      }
    }
    return answers;
  };
  const strangers = ['nobody', 'stranger', 'lab', 'other lab'] as const;
  const seen = ['lab-1/public', 'library/image', 'team/public'];
  for (const kind of strangers) {
    const { headers = {} } = team.people.get(kind) ?? {};
    const [there, missing] = ['team/private', 'team/missing'];
    for (const [one, other] of [
      [await hub.tokenHeader(scopesOf(there), headers), await hub.tokenHeader(scopesOf(missing), headers)],
      [headers, headers],
    ])
      assert.deepEqual(await told(there, one ?? {}), await told(missing, other ?? {}), kind);
    const catalog = await hub.ask('GET /v2/_catalog', {
      headers: await hub.tokenHeader(['registry:catalog:*'], headers),
    });
    assert.deepEqual(catalog.json(), {
      repositories: kind === 'lab' ? ['lab-1/private', ...seen] : seen,
    });
  }
  const own = await hub.tokenHeader(['registry:catalog:*'], team.people.get('reader')?.headers);
  assert.deepEqual((await hub.ask('GET /v2/_catalog', { headers: own })).json(), {
    repositories: ['lab-1/public', 'library/image', 'team/private', 'team/public'],
  });
});

test('B04 a blob of a private repository is neither found nor mounted by its digest', async () => {
  const secret = 'only in private';
  await fillBlob(hub, 'team/private', secret);
  const scopes = ['repository:stranger/mine:pull,push', 'repository:team/private:pull'];
  const headers = await hub.tokenHeader(scopes, team.people.get('stranger')?.headers);
  for (const from of ['', '&from=team/private', '&from=team/missing']) {
    const mount = await team.ask(
      `POST /v2/stranger/mine/blobs/uploads/?mount=${sha256(secret)}${from}`,
      undefined,
      headers,
    );
    assert.equal(mount.status, 202, from);
  }
  assert.equal((await team.ask(`GET /v2/stranger/mine/blobs/${sha256(secret)}`, undefined, headers)).status, 404);
  const readers = await hub.tokenHeader(
    ['repository:reader/mine:pull,push', 'repository:team/private:pull'],
    team.people.get('reader')?.headers,
  );
  const mount = `POST /v2/reader/mine/blobs/uploads/?mount=${sha256(secret)}&from=team/private`;
  assert.equal((await team.ask(mount, undefined, readers)).status, 201);
});

test('what becomes private is refused at once, also with a token from before, and what becomes public is there', async () => {
  const headers = await hub.tokenHeader(['repository:team/public:pull']);
  const pull = async (): Promise<number> =>
    (await team.ask('GET /v2/team/public/manifests/1', undefined, headers)).status;
  assert.equal(await pull(), 200);
  await hub.accounts.change(() => hub.accounts.setVisibility('team/public', 'private'));
  assert.equal(await pull(), 401);
  await hub.accounts.change(() => hub.accounts.setVisibility('team/public', null));
  assert.equal(await pull(), 200);
  await hub.accounts.change(() => hub.accounts.namespaces.setVisibility('team', 'private'));
  assert.equal(await pull(), 401);
  await hub.accounts.change(() => hub.accounts.namespaces.setVisibility('team', 'public'));
});

test('a colleague who has left may no more, with the token from before', async () => {
  const headers = await hub.tokenHeader(['repository:team/private:pull,push'], team.people.get('writer')?.headers);
  const push = async (): Promise<number> => (await team.ask('PUT /v2/team/private/manifests/2', '{}', headers)).status;
  assert.equal(await push(), 400);
  const { namespaces, accounts } = hub.accounts;
  await hub.accounts.change(() => namespaces.setMember('team', accounts.need('writer'), 'read'));
  assert.equal(await push(), 401);
  await hub.accounts.change(() => namespaces.setMember('team', accounts.need('writer'), null));
  assert.equal((await team.ask('GET /v2/team/private/manifests/1', undefined, headers)).status, 401);
  await hub.accounts.change(() => namespaces.setMember('team', accounts.need('writer'), 'write'));
});

test('who loses their right while a manifest is on its way has not pushed it', async () => {
  let asked = Promise.withResolvers<void>();
  let isAllowed = true;
  const allows = (): boolean => {
    asked.resolve();
    return isAllowed;
  };
  await using served = await OwnRegistry.open({
    gate: { admit: () => ({ who: 'gone', allows, refuse: () => new Refusal('DENIED') }) },
  });
  await pushBlob(served, 'gone/app', blob);
  asked = Promise.withResolvers();
  const request = http.request(`${served.url}/v2/gone/app/manifests/1`, { method: 'PUT' });
  request.setHeader('Content-Type', mediaTypes.ociManifest);
  request.write(manifest.slice(0, 10));
  await asked.promise;
  isAllowed = false;
  request.end(manifest.slice(10));
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  assert.equal(response.statusCode, 403);
  assert.throws(() => served.registry.manifests.need('gone/app', '1'), { code: 'MANIFEST_UNKNOWN' });
});

test('B10 nobody writes to library/, whatever they are called', async () => {
  for (const name of ['library', 'docker', 'hub', 'v2'])
    await assert.rejects(createAccount(hub.accounts, { name, password }), { kind: 'invalid' });
  await assert.rejects(
    hub.accounts.change(() => hub.accounts.namespaces.add('library', hub.accounts.accounts.need('ada'), 'public')),
    { kind: 'invalid' },
  );
  for (const [kind, { headers, isSomebody }] of team.people) {
    if (!isSomebody) continue;
    const token = await hub.tokenHeader(['repository:library/image:pull,push,delete'], headers);
    for (const [line, body] of [
      ['PUT /v2/library/image/manifests/1', manifest],
      [`POST /v2/library/image/blobs/uploads/?digest=${digest}`, blob],
      [`POST /v2/library/image/blobs/uploads/?mount=${digest}&from=team/public`, ''],
      ['DELETE /v2/library/image/manifests/1', undefined],
      ['PUT /v2/image/manifests/1', manifest],
    ] as const)
      assert.equal((await team.ask(line, body, token)).status, 401, `${kind}: ${line}`);
  }
  assert.equal(hub.registry.manifests.need('library/image', '1').digest, manifestDigest);
});
