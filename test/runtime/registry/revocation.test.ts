// What was given out is of no use any more as soon as the password, the access token or the account is not what it was.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, test } from 'vitest';
import { type TokenScope, tokenScopes } from '../../../runtime/registry/accounts/access-tokens.ts';
import { HubAccounts } from '../../../runtime/registry/accounts/hub-accounts.ts';
import { changePassword, createAccount } from '../../../runtime/registry/accounts/people.ts';
import { basic, bearer, OwnHub, type TokenAnswer } from '../../support/own-hub.ts';
import type { Answer } from '../../support/own-registry.ts';

let hub: OwnHub;
const ada = basic('ada', 'correct horse');
const minuteMs = 60_000;

beforeAll(async () => {
  hub = await OwnHub.open();
  await createAccount(hub.accounts, { name: 'ada', password: 'correct horse' });
});

afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
});

const tokenOf = (answer: Answer): TokenAnswer => {
  assert.equal(answer.status, 200, answer.body.toString());
  return answer.json() as TokenAnswer;
};
const base = (headers: ReturnType<typeof bearer>): Promise<Answer> => hub.ask('GET /v2/', { headers });

test('keys change: what the old one signed is valid until it ends, and what it signs then is not known', async () => {
  const keys = `${hub.directory}/hub-keys.json`;
  assert.equal(fs.statSync(keys).mode & 0o777, 0o600);
  const { token, refresh_token = '' } = tokenOf(await hub.askToken([], ada, '&offline_token=true'));
  const kid = await hub.accounts.keys.rotate();
  assert.notEqual(decodeProtectedHeader(token).kid, kid);
  assert.equal(fs.statSync(keys).mode & 0o777, 0o600);
  const kept = JSON.parse(fs.readFileSync(keys, 'utf8')) as { keys: { jwk: { d?: string } }[] };
  assert.deepEqual(
    kept.keys.map(({ jwk }) => 'd' in jwk),
    [true, false],
  );
  assert.equal((await base(bearer(token))).status, 200);
  const next = tokenOf(await hub.postToken({ grant_type: 'refresh_token', refresh_token }));
  assert.equal(decodeProtectedHeader(next.token).kid, kid);
  hub.clock.pass(181 * 24 * 60 * minuteMs);
  await hub.accounts.keys.rotate();
  hub.clock.pass(181 * 24 * 60 * minuteMs);
  await hub.accounts.keys.rotate();
  assert.equal((JSON.parse(fs.readFileSync(keys, 'utf8')) as { keys: unknown[] }).keys.length, 2);
});

test('a new password ends all logins with the old one, at once', async () => {
  await createAccount(hub.accounts, { name: 'carol', password: 'first secret' });
  const { token, refresh_token = '' } = tokenOf(
    await hub.askToken([], basic('carol', 'first secret'), '&offline_token=true'),
  );
  await changePassword(hub.accounts, 'carol', 'second secret');
  assert.equal((await base(bearer(token))).status, 401);
  assert.equal((await hub.postToken({ grant_type: 'refresh_token', refresh_token })).status, 401);
  assert.equal((await base(basic('carol', 'first secret'))).status, 401);
  assert.equal((await base(basic('carol', 'second secret'))).status, 200);
});

test('what an account had is of no use to another of its name', async () => {
  await createAccount(hub.accounts, { name: 'dave', password: 'first secret' });
  const { token, refresh_token = '' } = tokenOf(
    await hub.askToken([], basic('dave', 'first secret'), '&offline_token=true'),
  );
  await hub.accounts.change(() => hub.accounts.removeAccount('dave'));
  assert.equal((await base(bearer(token))).status, 401);
  assert.equal((await base(basic('dave', 'first secret'))).status, 401);
  await createAccount(hub.accounts, { name: 'dave', password: 'first secret' });
  assert.equal((await base(bearer(token))).status, 401);
  assert.equal((await hub.postToken({ grant_type: 'refresh_token', refresh_token })).status, 401);
  assert.equal((await base(basic('dave', 'first secret'))).status, 200);
});

test('an access token is shown once, kept as a hash, listed with its last use, and may what its scope says', async () => {
  const { accounts, tokens } = hub.accounts;
  const account = accounts.need('ada');
  const made = tokens.add(account, { name: 'laptop', scope: 'read-write', expires: null });
  assert.match(made.secret, /^ddpat_[\w-]{43}$/);
  assert.deepEqual(tokens.list(account), [
    { id: made.id, name: 'laptop', scope: 'read-write', created: hub.clock.wallMs, expires: null, used: null },
  ]);
  for (const file of ['registry.db', 'registry.db-wal', 'hub-keys.json'])
    assert.ok(!fs.readFileSync(`${hub.directory}/${file}`).includes(made.secret), file);
  hub.clock.pass(1000);
  const used = hub.clock.wallMs;
  const granted = async (): Promise<unknown> =>
    decodeJwt(tokenOf(await hub.askToken(['repository:ada/app:pull,push,delete'], basic('ada', made.secret))).token)
      .access;
  assert.deepEqual(await granted(), [{ type: 'repository', name: 'ada/app', actions: ['pull', 'push'] }]);
  assert.equal(tokens.list(account)[0]?.used, used);
  assert.equal((await base(basic('bob', made.secret))).status, 401, 'it is of one account');
  await hub.accounts.change(() => tokens.revoke(account, made.id));
  assert.equal((await base(basic('ada', made.secret))).status, 401);
  assert.throws(() => tokens.revoke(account, made.id), { kind: 'notFound' });
});

test('a login with an access token ends with it, and never may more than it', async () => {
  const { accounts, tokens } = hub.accounts;
  const account = accounts.need('ada');
  const made = tokens.add(account, { name: 'ci', scope: 'read', expires: hub.clock.wallMs + 60 * minuteMs });
  const login = tokenOf(await hub.askToken([], basic('ada', made.secret), '&offline_token=true'));
  const form = { grant_type: 'refresh_token', refresh_token: login.refresh_token ?? '' };
  const again = await hub.postToken({ ...form, scope: 'repository:ada/app:pull,push' });
  assert.equal(tokenOf(again).scope, 'repository:ada/app:pull');
  hub.clock.pass(60 * minuteMs);
  assert.equal((await hub.postToken(form)).status, 401);
  assert.equal((await base(basic('ada', made.secret))).status, 401);
});

test('access tokens have bounds: in number, name and time', () => {
  const { accounts, tokens } = hub.accounts;
  const account = accounts.need('ada');
  const add = (name: string, expires: number | null = null, scope: TokenScope = 'read') =>
    tokens.add(account, { name, scope, expires });
  for (const name of ['', '  ', 'x'.repeat(81), 'a\nb', '\u202e']) assert.throws(() => add(name), { kind: 'invalid' });
  assert.throws(() => add('late', hub.clock.wallMs), { kind: 'invalid' });
  for (let i = 0; i < 50; i++) add(`token ${i}`, hub.clock.wallMs + minuteMs, tokenScopes[i % 3] ?? 'read');
  assert.throws(() => add('one more'), { kind: 'exhausted' });
  hub.clock.pass(minuteMs);
  assert.equal(tokens.list(account).filter(({ name }) => name.startsWith('token ')).length, 50);
  add('when those have expired');
  assert.equal(tokens.list(account).length, 1);
});

test('a lab has a name and password of its own: the same each time, after a restart too, and gone with it', async () => {
  const { sessions } = hub.accounts;
  const lab = await hub.accounts.change(() => sessions.ensure('lab-1'));
  assert.deepEqual(await hub.accounts.change(() => sessions.ensure('lab-1')), lab);
  const opened = await HubAccounts.open({ registry: hub.registry, keysPath: `${hub.directory}/hub-keys.json` });
  assert.deepEqual(opened.sessions.ensure('lab-1'), lab);
  const headers = await hub.tokenHeader(['repository:lab-1/app:pull,push'], basic(lab.name, lab.password));
  const begun = await hub.ask('POST /v2/lab-1/app/blobs/uploads/', { headers });
  assert.equal(begun.status, 202);
  assert.equal((await hub.ask('POST /v2/lab-2/app/blobs/uploads/', { headers })).status, 401);
  for (const other of ['x', 'ä']) assert.equal((await base(basic('lab-1', other.repeat(43)))).status, 401);
  await hub.accounts.change(() => hub.accounts.removeAccount('lab-1'));
  assert.equal((await base(headers)).status, 401);
  assert.equal((await base(basic(lab.name, lab.password))).status, 401);
  assert.equal(hub.registry.uploads.size, 0);
  const next = await hub.accounts.change(() => sessions.ensure('lab-1'));
  assert.notEqual(next.password, lab.password);
  assert.throws(() => sessions.ensure('ada'), { kind: 'conflict' });
  assert.match(sessions.freeName(), /^student-[a-z2-9]{6}$/);
});

test('what an account and its namespaces held goes with it', async () => {
  await createAccount(hub.accounts, { name: 'eve', password: 'first secret' });
  const { accounts, namespaces } = hub.accounts;
  await hub.accounts.change(() => {
    namespaces.add('eves-team', accounts.need('eve'), 'private');
    namespaces.setMember('eves-team', accounts.need('ada'), 'write');
    hub.accounts.setVisibility('eves-team/app', 'public');
  });
  assert.deepEqual(namespaces.of(accounts.need('ada')).joined, ['eves-team']);
  await hub.accounts.change(() => hub.accounts.removeAccount('eve'));
  assert.equal(hub.registry.repositories.find('eves-team/app'), null);
  assert.throws(() => namespaces.need('eves-team'), { kind: 'notFound' });
  assert.deepEqual(namespaces.of(accounts.need('ada')).joined, []);
  await assert.rejects(
    hub.accounts.change(() => hub.accounts.setVisibility('eves-team/app', 'public')),
    { kind: 'notFound' },
  );
});

test('names of accounts and namespaces are taken once, and are parts of repository names', async () => {
  const create = (name: string): Promise<unknown> => createAccount(hub.accounts, { name, password: 'correct horse' });
  await assert.rejects(create('ada'), { kind: 'conflict' });
  for (const name of ['', 'a', 'Ada', 'a/b', 'a:b', '-a', 'a--b', 'docker.io', 'x'.repeat(41), 'ä', 'a\n'])
    await assert.rejects(create(name), { kind: 'invalid' }, name);
  const { accounts, namespaces } = hub.accounts;
  await hub.accounts.change(() => namespaces.add('guild', accounts.need('ada'), 'public'));
  await assert.rejects(create('guild'), { kind: 'conflict' });
  await assert.rejects(
    hub.accounts.change(() => namespaces.add('ada', accounts.need('ada'), 'public')),
    { kind: 'conflict' },
  );
  for (const password of ['short', 'x'.repeat(129)])
    await assert.rejects(createAccount(hub.accounts, { name: 'frank', password }), { kind: 'invalid' });
});

test('a file of keys that holds something else is told, without what it holds', async () => {
  const keysPath = `${hub.directory}/broken.json`;
  fs.writeFileSync(keysPath, '{"version":1,"keys":[],"secret":"canary"}');
  await assert.rejects(HubAccounts.open({ registry: hub.registry, keysPath }), (error: Error) => {
    assert.match(error.message, /broken.json does not hold the keys/);
    assert.doesNotMatch(`${error.stack} ${error.cause}`, /canary/);
    return true;
  });
});
