// What is due with a lab that is left alone, and which labs of a student give way to another.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { maxOpenPerStudent, maxSessionsPerStudent, untypedIdleTimes } from '../../../sandbox-server/limits.ts';
import { givesWay, type Opened } from '../../../sandbox-server/sessions/give-way.ts';
import { dueOf, type Resting } from '../../../sandbox-server/sessions/rest.ts';

const times = { freezeMs: 10, idleMs: 100, keepMs: 1_000 };

interface Left {
  readonly withoutPageMs?: number;
  readonly untypedMs?: number;
  readonly phase?: Resting['phase'];
  readonly rest?: Resting['rest'];
  readonly busy?: boolean;
  readonly hosts?: number;
}

function due({ withoutPageMs = 0, untypedMs = withoutPageMs, busy = false, hosts = 1, ...left }: Left) {
  const phase = left.phase ?? { phase: 'ready' as const };
  const names = new Map(Array.from({ length: hosts }, (_, n) => [`host-${n}`, `s-${n}`] as const));
  const idle = { withoutPageMs, untypedMs, unusedForMs: untypedMs, unusedMs: withoutPageMs };
  return dueOf({ idle, phase, rest: left.rest ?? 'awake', lock: { busy }, hosts: names }, times);
}

const failed = { phase: 'failed', message: '' } as const;
const starting = { phase: 'starting' } as const;

test('a lab without a page is frozen, then stored, then ended; one that is being changed is let be', () => {
  assert.equal(due({ withoutPageMs: 5 }), 'nothing');
  assert.equal(due({ withoutPageMs: 50 }), 'freeze');
  assert.equal(due({ withoutPageMs: 50, rest: 'frozen', phase: starting }), 'nothing');
  assert.equal(due({ withoutPageMs: 500, rest: 'frozen', phase: starting }), 'store');
  assert.equal(due({ withoutPageMs: 500, rest: 'stored', phase: starting }), 'nothing');
  assert.equal(due({ withoutPageMs: 5_000, rest: 'stored', phase: starting }), 'end');
  assert.equal(due({ withoutPageMs: 5_000, busy: true }), 'nothing');
});

test('a lab that was not taken up, or not frozen, or has failed, holds its place no longer than another', () => {
  for (const phase of [starting, failed]) {
    assert.equal(due({ withoutPageMs: 50, phase }), 'freeze');
    assert.equal(due({ withoutPageMs: 500, phase }), 'store');
    assert.equal(due({ withoutPageMs: 500, phase, hosts: 0 }), 'end');
  }
});

test('a page that is left open holds no lab for ever, be it ready or failed', () => {
  const untypedMs = times.idleMs * untypedIdleTimes;
  for (const phase of [{ phase: 'ready' } as const, starting, failed]) {
    assert.equal(due({ untypedMs, phase }), 'nothing');
    assert.equal(due({ untypedMs: untypedMs + 1, phase }), 'store');
  }
  assert.equal(due({ untypedMs: untypedMs + 1, phase: failed, hosts: 0 }), 'end');
});

test('who waits for a place has it for as long as a page is there', () => {
  const phase = { phase: 'queued', place: 1 } as const;
  assert.equal(due({ phase, hosts: 0, untypedMs: 5_000 }), 'nothing');
  assert.equal(due({ phase, hosts: 0, withoutPageMs: 500 }), 'end');
  assert.equal(due({ phase, rest: 'stored', withoutPageMs: 500 }), 'leave the queue');
});

type Kind = 'open' | 'starting' | 'frozen' | 'stored' | 'queued' | 'unknown';

/** Labs, the one used longest ago first. */
function labs(...kinds: readonly Kind[]) {
  return kinds.map((kind, place): Opened & { readonly kind: Kind } => ({
    id: `${place}`,
    kind,
    active: kind === 'open',
    rest: kind === 'frozen' || kind === 'stored' ? kind : 'awake',
    idle: { untypedMs: 1_000 - place },
    lock: { busy: kind === 'starting' },
  }));
}

function way(kinds: readonly Kind[], isNew = true) {
  const { ends, goesToRest } = givesWay(labs(...kinds).reverse(), isNew, ({ kind }) => kind === 'queued');
  return { ends: ends.map(({ id }) => id), goesToRest: goesToRest.map(({ id }) => id) };
}

test('labs that take memory, or are about to, give way to one more, the one used longest ago first', () => {
  assert.equal(maxOpenPerStudent, 3);
  assert.deepEqual(way(['open', 'open']), { ends: [], goesToRest: [] });
  for (const kind of ['open', 'starting', 'frozen', 'queued'] as const)
    assert.deepEqual(way([kind, 'open', 'stored', 'open'], false), { ends: [], goesToRest: ['0'] }, kind);
  assert.deepEqual(way(['stored', 'open', 'open', 'queued', 'starting'], false), { ends: [], goesToRest: ['1', '2'] });
});

test('labs that are not known yet, after a start of the server, do not give way', () => {
  assert.deepEqual(way(['unknown', 'unknown', 'unknown', 'open'], false), { ends: [], goesToRest: [] });
});

test('one lab ends when a student has as many as are kept and begins another', () => {
  const kinds = ['open', ...Array.from({ length: maxSessionsPerStudent - 1 }, () => 'stored' as const)] as const;
  assert.deepEqual(way(kinds), { ends: ['0'], goesToRest: [] });
  assert.deepEqual(way(kinds, false), { ends: [], goesToRest: [] });
});
