// Which lab gives up its place to who waits: one that is not used, that of a crowded network sooner.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { enterMs, queueGraceMs, typedYieldTimes } from '../../../sandbox-server/limits.ts';
import { type Comer, unknownComer } from '../../../sandbox-server/sessions/comer.ts';
import { Shares } from '../../../sandbox-server/sessions/shares.ts';
import { whoYields, type Yielding } from '../../../sandbox-server/sessions/yields.ts';

const yieldMs = 40_000;
const from = (network: string, more: Partial<Comer> = {}): Comer => ({ ...unknownComer, network, ...more });

function lab(unusedForMs: number, more: Partial<Yielding> & { readonly withoutPageMs?: number } = {}): Yielding {
  const { withoutPageMs = 0, ...rest } = more;
  return {
    active: true,
    comer: from('a'),
    hasTyped: false,
    wasEntered: true,
    pages: withoutPageMs > 0 ? 0 : 1,
    lock: { busy: false },
    idle: { withoutPageMs, untypedMs: 0, unusedForMs, unusedMs: 0 },
    ...rest,
  };
}

/** Who yields to a newcomer of `waiting`. */
function yielding(labs: readonly Yielding[], waiting = from('z')): Yielding | undefined {
  const shares = new Shares(
    100,
    labs.map(({ comer }) => comer),
  );
  return whoYields(labs, { yieldMs, waiting, held: (comer) => shares.held(comer) });
}

const yieldsAt = (ms: number, more?: Parameters<typeof lab>[1]) => {
  assert.equal(yielding([lab(ms - 1, more)]), undefined);
  const found = lab(ms + 1, more);
  assert.equal(yielding([found]), found);
};

test('H08 a lab yields sooner the less it was used: never entered, left, never typed into, typed into', () => {
  yieldsAt(enterMs, { wasEntered: false, withoutPageMs: 1_000_000 });
  yieldsAt(queueGraceMs, { withoutPageMs: queueGraceMs + 1 });
  yieldsAt(yieldMs);
  yieldsAt(yieldMs, { withoutPageMs: 1_000 });
  yieldsAt(yieldMs * typedYieldTimes, { hasTyped: true });
});

test('H08 labs of a network that holds many yield in half the time to one that holds fewer, not to their own', () => {
  const [one, two] = [lab(yieldMs / 2 + 1), lab(0)];
  assert.equal(yielding([one, two]), one);
  assert.equal(yielding([one, two], from('a')), undefined);
  assert.equal(yielding([one, lab(0, { comer: from('b') })]), undefined, 'one lab is no crowd');
  const known = { comer: from('a', { known: true }) };
  assert.equal(
    yielding([lab(yieldMs / 2 + 1, known), lab(0, known), lab(0, known)]),
    undefined,
    'known students are none',
  );
});

test('a lab that is being changed, or does not run, is let be; of several the one that is overdue most yields', () => {
  const most = lab(yieldMs * 3);
  const [busy, away] = [lab(yieldMs * 9, { lock: { busy: true } }), lab(yieldMs * 9, { active: false })];
  assert.equal(yielding([lab(yieldMs * 2), most, busy, away]), most);
});

test('H08 newcomers of a network share its places; who is known or invited does not wait for them', () => {
  const shares = new Shares(2, [from('a'), from('a'), from('a', { known: true }), from('b')]);
  assert.deepEqual([shares.held(from('a')), shares.held(from('b')), shares.held(from('c'))], [2, 1, 0]);
  assert.equal(shares.hasRoom(from('a')), false);
  assert.equal(shares.hasRoom(from('b')), true);
  assert.equal(shares.hasRoom(from('a', { known: true })), true);
  assert.equal(shares.hasRoom(from('a', { invited: true })), true);
});
