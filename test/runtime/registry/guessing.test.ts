// Guessing is slow, for each account and each source, and shuts nobody out: the clock is the test's.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { Guesses } from '../../../runtime/registry/accounts/guesses.ts';
import { hashPassword, isOutdated, isPassword } from '../../../runtime/registry/accounts/passwords.ts';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { basic, OwnHub } from '../../support/own-hub.ts';
import type { Answer } from '../../support/own-registry.ts';

let hub: OwnHub;

beforeAll(async () => {
  hub = await OwnHub.open();
  await createAccount(hub.accounts, { name: 'ada', password: 'correct horse' });
});

afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
});

const login = (name: string, password: string, source: string): Promise<Answer> =>
  hub.askToken([], { ...basic(name, password), 'X-Test-Source': source });

test('ten wrong passwords from one source, and then one in six seconds; a right one is not even looked at', async () => {
  for (let i = 0; i < 10; i++) assert.equal((await login('ada', `wrong ${i}`, 'one')).status, 401);
  const refused = await login('ada', 'correct horse', 'one');
  assert.equal(refused.status, 429);
  assert.equal(refused.header('retry-after'), '6');
  assert.deepEqual(refused.json(), {
    errors: [
      { code: 'TOOMANYREQUESTS', message: 'too many failed login attempts; try again in 6 seconds', detail: null },
    ],
  });
  const straight = await hub.ask('GET /v2/', { headers: { ...basic('ada', 'correct horse'), 'X-Test-Source': 'one' } });
  assert.equal(straight.status, 429, 'by the registry too');
  const posted = { grant_type: 'password', username: 'ada', password: 'correct horse' };
  assert.equal((await hub.postToken(posted, { 'X-Test-Source': 'one' })).status, 429);
  assert.equal((await login('ada', 'correct horse', 'another')).status, 200, 'from another source it goes on');
  hub.clock.pass(6000);
  assert.equal((await login('ada', 'correct horse', 'one')).status, 200);
  for (let i = 0; i < 40; i++) assert.equal((await login('ada', 'correct horse', 'one')).status, 200);
});

test('what nobody can guess, an access token or what a lab has, is taken while others guess, and is not counted', async () => {
  const { accounts, tokens, sessions } = hub.accounts;
  const { secret } = tokens.add(accounts.need('ada'), { name: 'laptop', scope: 'read', expires: null });
  const lab = await hub.accounts.change(() => sessions.ensure('lab-1'));
  for (const name of ['ada', lab.name])
    for (let i = 0; i < 10; i++) assert.equal((await login(name, `wrong ${i}`, 'shared')).status, 401);
  assert.equal((await login('ada', 'correct horse', 'shared')).status, 429);
  assert.equal((await login(lab.name, 'wrong', 'shared')).status, 429);
  assert.equal((await login('ada', secret, 'shared')).status, 200);
  assert.equal((await login(lab.name, lab.password, 'shared')).status, 200);
  const other = `ddpat_${'x'.repeat(43)}`;
  for (let i = 0; i < 20; i++) assert.equal((await login('ada', other, 'robot')).status, 401);
  assert.equal((await login('ada', 'correct horse', 'robot')).status, 200);
});

test('many at once are counted before the first is looked at', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => login('ada', `wrong ${i}`, 'flood')));
  assert.equal(answers.filter(({ status }) => status === 401).length, 10);
  assert.equal(answers.filter(({ status }) => status === 429).length, 30);
});

test('a name that is nobody is as much work and as slow to guess as one that is', async () => {
  for (let i = 0; i < 10; i++) assert.equal((await login('nobody', `wrong ${i}`, 'two')).status, 401);
  assert.equal((await login('nobody', 'wrong', 'two')).status, 429);
  assert.equal(await isPassword(null, ''), false);
  assert.equal(await isPassword(null, 'anything'), false);
});

test('from many sources an account is guessed 30 times and then once in ten seconds; who has logged in before goes on', () => {
  let now = 0;
  const guesses = new Guesses(() => now);
  guesses.tried('ada', 'home');
  guesses.right('ada', 'home');
  for (let i = 0; i < 30; i++) {
    assert.equal(guesses.waitMs('ada', `source ${i}`), 0);
    guesses.tried('ada', `source ${i}`);
  }
  assert.equal(guesses.waitMs('ada', 'source 30'), 10_000);
  assert.equal(guesses.waitMs('bob', 'source 30'), 0);
  assert.equal(guesses.waitMs('ada', 'home'), 0);
  now += 10_000;
  assert.equal(guesses.waitMs('ada', 'source 30'), 0);
});

test('a source that guesses at many accounts is slowed down, and right passwords take nothing from it', () => {
  let now = 0;
  const guesses = new Guesses(() => now);
  for (let i = 0; i < 500; i++) {
    guesses.tried(`student ${i}`, 'class');
    guesses.right(`student ${i}`, 'class');
  }
  for (let i = 0; i < 60; i++) {
    assert.equal(guesses.waitMs(`account ${i}`, 'class'), 0);
    guesses.tried(`account ${i}`, 'class');
  }
  assert.equal(guesses.waitMs('account 60', 'class'), 5000);
  now += 5000;
  assert.equal(guesses.waitMs('account 60', 'class'), 0);
});

test('what is remembered of many sources and names is bounded', () => {
  const guesses = new Guesses(() => 0);
  for (let i = 0; i < 200_000; i++) guesses.tried(`account ${i}`, `source ${i}`);
  assert.ok(guesses.size <= 20_000);
});

test('a password that was hashed with less work is hashed anew at the next login', async () => {
  const { accounts } = hub.accounts;
  const account = accounts.need('ada');
  const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  accounts.setPassword(account, reference, true);
  hub.clock.pass(10 * 60_000);
  assert.equal((await login('ada', 'wrong', 'anew')).status, 401);
  assert.equal(accounts.password(account), reference);
  assert.equal((await login('ada', 'password', 'anew')).status, 200);
  assert.match(accounts.password(account) ?? '', /\$m=19456,t=2,p=1\$/);
  assert.equal((await login('ada', 'password', 'anew')).status, 200);
});

test('a hash is a PHC string of argon2id with a salt of its own, and says what it costs', async () => {
  const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  assert.notEqual(one, other);
  assert.equal(await isPassword(one, 'correct horse'), true);
  assert.equal(await isPassword(one, 'correct horsf'), false);
  assert.equal(await isPassword(one, ''), false);
  assert.equal(isOutdated(one), false);
  // Of the reference implementation's own tests: `password`, `somesalt`.
  const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  assert.equal(await isPassword(reference, 'password'), true);
  assert.equal(isOutdated(reference), true);
  const decomposed = await hashPassword('Ma\u0308rz 2026');
  assert.equal(await isPassword(decomposed, 'M\u00e4rz 2026'), true, 'however the keyboard has put it together');
});
