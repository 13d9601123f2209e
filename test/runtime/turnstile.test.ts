// So much at once for each key and in all, and nobody waits behind a key that has enough.

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'vitest';
import { Turnstile } from '../../runtime/turnstile.ts';

/** Work that ends when it is told to. */
function workOf(turnstile: Turnstile) {
  const inside: string[] = [];
  const ends = new Map<string, () => void>();
  const pass = (key: string, name: string) =>
    turnstile.pass(key, async () => {
      inside.push(name);
      await new Promise<void>((end) => ends.set(name, end));
      inside.splice(inside.indexOf(name), 1);
    });
  const end = async (name: string) => {
    ends.get(name)?.();
    await turn();
  };
  return { inside, pass, end };
}

test('a key has its share, and others pass who waits for theirs', async () => {
  const { inside, pass, end } = workOf(new Turnstile({ perKey: 2, inAll: 3 }));
  const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'c1'].map((name) => pass(name[0] ?? '', name));
  await turn();
  assert.deepEqual(inside, ['a1', 'a2', 'b1']);
  await end('b1');
  assert.deepEqual(inside, ['a1', 'a2', 'c1'], 'not a3, though it came first');
  await end('a1');
  assert.deepEqual(inside, ['a2', 'c1', 'a3']);
  for (const name of ['a2', 'c1', 'a3', 'a4']) await end(name);
  await Promise.all(all);
  assert.deepEqual(inside, []);
});

test('many keys together keep none out of what each has at least', async () => {
  const { inside, pass, end } = workOf(new Turnstile({ perKey: 3, inAll: 4, atLeast: 1 }));
  const names = ['a1', 'a2', 'b1', 'b2', 'b3', 'c1', 'c2'];
  const all = names.map((name) => pass(name[0] ?? '', name));
  await turn();
  assert.deepEqual(inside, ['a1', 'a2', 'b1', 'b2', 'c1']);
  await end('a1');
  assert.deepEqual(inside, ['a2', 'b1', 'b2', 'c1'], 'there are as many as may be in all');
  await end('c1');
  assert.deepEqual(inside, ['a2', 'b1', 'b2', 'b3', 'c2'], 'who came first, and who has none inside');
  for (const name of ['a2', 'b1', 'b2', 'b3', 'c2']) await end(name);
  await Promise.all(all);
});

test('work that fails makes room too', async () => {
  const turnstile = new Turnstile({ perKey: 1, inAll: 1 });
  await assert.rejects(
    turnstile.pass('a', async () => {
      throw new Error('no');
    }),
    /no/,
  );
  assert.equal(await turnstile.pass('a', async () => 'yes'), 'yes');
});
