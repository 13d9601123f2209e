// What the server and the `drydock` command do with the people of the hub: the client's side and the engine's, over a socket.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { hubPeopleRoutes } from '../../../runtime/api/hub-people.ts';
import { type HubPeople, hubPeople } from '../../../runtime/client-hub-people.ts';
import { basic, OwnHub } from '../../support/own-hub.ts';
import { type HubRoutes, serveRoutes } from './hub-routes.ts';
import { fill } from './team.ts';

let hub: OwnHub;
let people: HubPeople;
let served: HubRoutes;

beforeAll(async () => {
  hub = await OwnHub.open();
  served = await serveRoutes(
    hub,
    hubPeopleRoutes((subject) => subject.accounts),
  );
  people = hubPeople(served.call);
});

afterAll(async () => {
  served?.[Symbol.dispose]();
  await hub?.[Symbol.asyncDispose]();
});

const password = 'correct horse';

test('an account is made, listed, entered, given another password, and removed', async () => {
  const ada = await people.createAccount({ name: 'ada', password });
  assert.deepEqual(ada, {
    ...{ name: 'ada', kind: 'account', createdAt: '2026-01-01T00:00:00.000Z' },
    ...{ owned: ['ada'], joined: [] },
  });
  assert.deepEqual(await people.account('ada'), ada);
  await people.createAccount({ name: 'bob', password });
  assert.deepEqual(
    (await people.accounts()).map(({ name }) => name),
    ['ada', 'bob'],
  );
  assert.deepEqual(
    (await people.accounts('ada')).map(({ name }) => name),
    ['bob'],
  );
  assert.equal((await people.checkPassword('ada', password, 'here')).name, 'ada');
  await assert.rejects(people.checkPassword('ada', 'wrong', 'here'), {
    kind: 'unauthorized',
    message: 'incorrect username or password',
  });
  await people.setPassword('ada', 'battery staple');
  await assert.rejects(people.checkPassword('ada', password, 'here'), { kind: 'unauthorized' });
  assert.equal((await people.checkPassword('ada', 'battery staple', 'here')).name, 'ada');
  for (let i = 0; i < 9; i++) await people.checkPassword('ada', 'wrong', 'there').catch(() => undefined);
  await assert.rejects(people.checkPassword('ada', 'wrong', 'there'), { kind: 'unauthorized' });
  await assert.rejects(people.checkPassword('ada', 'battery staple', 'there'), { kind: 'exhausted' });
  await assert.rejects(people.createAccount({ name: 'ada', password }), { kind: 'conflict' });
  await assert.rejects(people.createAccount({ name: 'a/b', password }), { kind: 'invalid' });
  await assert.rejects(people.createAccount({ name: 'carol', password: 'x' }), { kind: 'invalid' });
  await people.removeAccount('bob');
  await people.removeAccount('bob');
  await assert.rejects(people.account('bob'), { kind: 'notFound' });
});

test('an access token is made, listed and revoked', async () => {
  const expiresAt = '2026-02-01T00:00:00.000Z';
  const { secret, ...made } = await people.createToken('ada', { name: 'ci', scope: 'read-write', expiresAt });
  assert.deepEqual(await people.tokens('ada'), [made]);
  assert.deepEqual([made.name, made.scope, made.expiresAt, made.usedAt], ['ci', 'read-write', expiresAt, null]);
  assert.equal((await hub.askToken([], basic('ada', secret))).status, 200);
  assert.equal((await people.tokens('ada'))[0]?.usedAt, '2026-01-01T00:00:00.000Z');
  await people.revokeToken('ada', made.id);
  assert.equal((await hub.askToken([], basic('ada', secret))).status, 401);
  await assert.rejects(people.revokeToken('ada', made.id), { kind: 'notFound' });
  await assert.rejects(people.createToken('nobody', { name: 'x', scope: 'read' }), { kind: 'notFound' });
  await assert.rejects(people.createToken('ada', { name: 'x', scope: 'all' as never }), { kind: 'invalid' });
});

test('a namespace has colleagues, repositories are public or private, and who may what is told', async () => {
  await people.createAccount({ name: 'bob', password });
  assert.deepEqual(await people.createNamespace({ name: 'team', owner: 'ada', visibility: 'private' }), {
    ...{ name: 'team', owner: 'ada', visibility: 'private', members: [] },
  });
  await fill(hub, 'team/app');
  const none = { pull: false, push: false, delete: false };
  assert.deepEqual(await people.rights('ada', 'team/app'), { pull: true, push: true, delete: true });
  assert.deepEqual(await people.rights('bob', 'team/app'), none);
  const { members } = await people.setMember('team', 'bob', 'write');
  assert.deepEqual(members, [{ account: 'bob', access: 'write' }]);
  assert.deepEqual(await people.rights('bob', 'team/app'), { pull: true, push: true, delete: false });
  assert.deepEqual((await people.account('bob')).joined, ['team']);
  await people.setMember('team', 'bob', null);
  assert.deepEqual(await people.rights('bob', 'team/app'), none);
  assert.deepEqual(await people.rights(null, 'team/app'), none);
  await people.setVisibility('team/app', 'public');
  assert.deepEqual(await people.rights(null, 'team/app'), { ...none, pull: true });
  await people.setVisibility('team/app', null);
  assert.deepEqual(await people.rights(null, 'team/app'), none);
  await people.setNamespaceVisibility('team', 'public');
  assert.deepEqual(await people.rights(null, 'team/app'), { ...none, pull: true });
  await people.removeRepository('team/app');
  assert.equal(hub.registry.repositories.find('team/app'), null);
  await assert.rejects(people.setVisibility('none/app', 'public'), { kind: 'notFound' });
  await assert.rejects(people.setVisibility('UPPER/app', 'public'), { kind: 'invalid' });
  await assert.rejects(people.setMember('team', 'ada', 'read'), { kind: 'conflict' });
  await assert.rejects(people.createNamespace({ name: 'library', owner: 'ada', visibility: 'public' }), {
    kind: 'invalid',
  });
  await assert.rejects(people.removeNamespace('ada'), { kind: 'conflict' });
  await people.removeNamespace('team');
  await assert.rejects(people.namespace('team'), { kind: 'notFound' });
});

test('keys change, and pulls are limited, while the hub runs', async () => {
  const { kid } = await hub.accounts.keys.signing();
  await people.rotateKeys();
  assert.notEqual((await hub.accounts.keys.signing()).kid, kid);
  assert.deepEqual(await people.pullLimits(), { nobody: '', account: '' });
  await people.setPullLimits({ nobody: '100;w=21600', account: '' });
  assert.deepEqual(await people.pullLimits(), { nobody: '100;w=21600', account: '' });
  await people.setPullLimit('ada', '5;w=60');
  assert.equal(hub.accounts.accounts.pulls(hub.accounts.accounts.need('ada').id), '5;w=60');
  await people.setPullLimit('ada', '');
  assert.equal(hub.accounts.accounts.pulls(hub.accounts.accounts.need('ada').id), null);
  await assert.rejects(people.setPullLimit('ada', '5'), { kind: 'invalid' });
  await assert.rejects(people.setPullLimits({ nobody: 'many', account: '' }), { kind: 'invalid' });
});
