// What checks ask the engine for: what open tasks hang on, and no more.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { Check, Task } from '../../../lessons/schema.ts';
import { found } from '../../../sandbox-server/checks/found.ts';
import { dearNeeds, dockerNeeds } from '../../../sandbox-server/checks/needs.ts';
import { facts, taskOf } from './plain-facts.ts';

test('only what open tasks hang on is asked for, and what leaves traces only where the rest holds', () => {
  const http = taskOf('{ all: [{ container: { name: web, memory: 1m } }, { http: { port: 80 } }] }');
  const there = taskOf('{ all: [{ container: { name: cache } }, { http: { port: 80 } }] }');
  const other = taskOf(
    '{ any: [{ absent: nope }, { file: { path: a } }] }',
    '[{ when: { file: { path: b } }, say: x }]',
  );
  assert.deepEqual(dearNeeds([http], facts), []);
  assert.deepEqual(dearNeeds([there], facts), [{ http: { port: '80', path: '/', status: 200 } }]);
  assert.deepEqual(dearNeeds([other], facts), [{ file: { path: 'b' } }], 'the slips of the task in hand');
  assert.deepEqual(dearNeeds([http, other], facts), [], 'and of no other');
  const needs = dockerNeeds([http, taskOf('{ image: { host: prod, name: a, from: b } }')], 'dev', true);
  assert.equal(needs.details, true);
  assert.equal(needs.images.size, 0);
  assert.deepEqual(
    [...dockerNeeds([taskOf('{ image: { host: prod, name: a, from: b } }')], 'prod', false).images],
    ['a', 'b'],
  );
});

test('a check that waits for its task asks for nothing before its turn', () => {
  const check: Check = { after: { tasks: ['first'], check: { file: { path: 'a' } } } };
  const task: Task = { ...taskOf('{ absent: x }'), check };
  assert.deepEqual(dearNeeds([task], facts), []);
  assert.equal(found(check, facts), '');
  assert.deepEqual(dearNeeds([task], { ...facts, doneTasks: new Set(['first']) }), [{ file: { path: 'a' } }]);
});

test('files of a container or volume that is not there, and what is in such a volume, are not asked for', () => {
  for (const check of [
    '{ file: { container: nope, path: /x } }',
    '{ file: { volume: gone, path: x, exists: false } }',
    '{ yaml: { container: nope, path: /x, has: { a: 1 } } }',
    '{ volume: { name: gone, empty: true } }',
    '{ volume: { name: store, empty: true, unused: true } }',
    '{ volume: { name: store } }',
  ])
    assert.deepEqual(dearNeeds([taskOf(check)], facts), [], check);
  for (const check of ['{ file: { container: cache, path: /x } }', '{ volume: { name: left, empty: true } }'])
    assert.equal(dearNeeds([taskOf(check)], facts).length, 1, check);
  const needs = dockerNeeds(
    [
      taskOf('{ all: [{ file: { volume: a, path: x } }, { absent: { volume: b } }, { removed: { network: c } }] }'),
      taskOf('{ network: { name: d, containers: [{ name: e, alias: f }] } }'),
    ],
    'dev',
    true,
  );
  assert.deepEqual([[...needs.volumes], [...needs.networks], needs.details], [['a', 'b'], ['d', 'c'], true]);
});
