// `WWW-Authenticate`: what registries send, and what they could send.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { parseChallenges } from '../../../runtime/registries/challenge.ts';

const plain = (header: string): unknown[] =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test('a challenge is read with its parameters, quoted or not, and several of one header', () => {
  const hub =
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"';
  assert.deepEqual(plain(hub), [
    [
      'bearer',
      {
        realm: 'https://auth.docker.io/token',
        service: 'registry.docker.io',
        scope: 'repository:a/b:pull,push',
      },
    ],
  ]);
  assert.deepEqual(plain('Basic realm="a \\"quoted\\" one"'), [['basic', { realm: 'a "quoted" one' }]]);
  assert.deepEqual(plain('BASIC'), [['basic', {}]]);
  assert.deepEqual(plain('Negotiate, Basic Realm = x, charset=UTF-8 , Bearer realm=""'), [
    ['negotiate', {}],
    ['basic', { realm: 'x', charset: 'UTF-8' }],
    ['bearer', { realm: '' }],
  ]);
});

test('of what is not well formed the beginning is read, and nothing throws or takes long', () => {
  assert.deepEqual(plain(''), []);
  assert.deepEqual(plain('="x"'), []);
  assert.deepEqual(plain('a="x"'), []);
  assert.deepEqual(plain('Basic realm="never closed'), [['basic', {}]]);
  assert.deepEqual(plain('Basic realm=\u0001'), [['basic', {}]]);
  assert.deepEqual(plain(`Basic realm="${'x'.repeat(10_000)}"`), []);
  assert.equal(plain('A '.repeat(4000)).length, 8);
  const before = performance.now();
  plain(`Basic realm="${'\\'.repeat(8000)}`);
  assert.ok(performance.now() - before < 1000);
});
