// An answer that is held: asked for once, shared, and asked for again when it is stale.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { HeldAnswer } from '../../../sandbox-server/hosts/held-answer.ts';
import { maxHeldAnswerMs } from '../../../sandbox-server/limits.ts';

/** Answers 1, 2, 3, … when it is told to. */
function questions() {
  const asked: PromiseWithResolvers<number>[] = [];
  const ask = () => {
    const question = Promise.withResolvers<number>();
    asked.push(question);
    return question.promise;
  };
  return { asked, ask };
}

test('everybody who asks gets the one answer, until it is dropped', async () => {
  const { asked, ask } = questions();
  const held = new HeldAnswer(ask);
  const [first, second] = [held.get(), held.get()];
  asked[0]?.resolve(1);
  assert.deepEqual([await first, await second, await held.get(), asked.length], [1, 1, 1, 1]);
  held.drop();
  const third = held.get();
  asked[1]?.resolve(2);
  assert.deepEqual([await third, asked.length], [2, 2]);
});

test('what changes while the answer is on its way makes it stale, for whoever asks after that', async () => {
  const { asked, ask } = questions();
  const held = new HeldAnswer(ask);
  const before = held.get();
  held.drop();
  const after = held.get();
  asked[1]?.resolve(2);
  asked[0]?.resolve(1);
  assert.deepEqual([await before, await after, await held.get()], [1, 2, 2]);
});

test('a failure is told to who asked, and is not held', async () => {
  const { asked, ask } = questions();
  const held = new HeldAnswer(ask);
  const failing = assert.rejects(held.get(), /away/);
  asked[0]?.reject(new Error('away'));
  await failing;
  const again = held.get();
  asked[1]?.resolve(2);
  assert.equal(await again, 2);
});

test('it is asked for anew after a while, should nobody have said that it is stale', async () => {
  let now = 0;
  let asked = 0;
  const held = new HeldAnswer(
    async () => ++asked,
    () => now,
  );
  assert.equal(await held.get(), 1);
  now = maxHeldAnswerMs;
  assert.equal(await held.get(), 1);
  now += 1;
  assert.equal(await held.get(), 2);
});
