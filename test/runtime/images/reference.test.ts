// What users type for an image, and what Docker makes of it (github.com/distribution/reference).

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { globMatches } from '../../../runtime/images/glob.ts';
import { canonical, familiar, parseReference, referenceOf } from '../../../runtime/images/reference.ts';
import { WorkBudget } from '../../../runtime/work-budget.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

const good: readonly (readonly [typed: string, whole: string, short: string])[] = [
  ['nginx', 'docker.io/library/nginx:latest', 'nginx'],
  ['nginx:1.26', 'docker.io/library/nginx:1.26', 'nginx:1.26'],
  ['library/nginx', 'docker.io/library/nginx:latest', 'nginx'],
  ['docker.io/nginx', 'docker.io/library/nginx:latest', 'nginx'],
  ['docker.io/library/nginx:x', 'docker.io/library/nginx:x', 'nginx:x'],
  ['index.docker.io/library/nginx', 'docker.io/library/nginx:latest', 'nginx'],
  ['index.docker.io/someone/app', 'docker.io/someone/app:latest', 'someone/app'],
  ['someone/app:v1.0_x-y', 'docker.io/someone/app:v1.0_x-y', 'someone/app:v1.0_x-y'],
  ['localhost/app', 'localhost/app:latest', 'localhost/app'],
  ['localhost:5000/app:1', 'localhost:5000/app:1', 'localhost:5000/app:1'],
  ['127.0.0.1:5000/a/b/c', '127.0.0.1:5000/a/b/c:latest', '127.0.0.1:5000/a/b/c'],
  ['[::1]:5000/app', '[::1]:5000/app:latest', '[::1]:5000/app'],
  ['hub.drydock/me/app', 'hub.drydock/me/app:latest', 'hub.drydock/me/app'],
  ['Hub/app', 'Hub/app:latest', 'Hub/app'],
  ['a__b', 'docker.io/library/a__b:latest', 'a__b'],
  ['a--b.c_d', 'docker.io/library/a--b.c_d:latest', 'a--b.c_d'],
  [`nginx@${digest}`, `docker.io/library/nginx@${digest}`, `nginx@${digest}`],
  [`nginx:1@${digest}`, `docker.io/library/nginx@${digest}`, `nginx:1@${digest}`],
  ['docker.io/library/a/b', 'docker.io/library/a/b:latest', 'library/a/b'],
];

for (const [typed, whole, short] of good) {
  test(`"${typed}" is ${whole}`, () => {
    const reference = parseReference(typed);
    assert.equal(canonical(reference), whole);
    assert.equal(familiar(reference), short);
    assert.deepEqual(parseReference(canonical(reference)), parseReference(whole));
  });
}

const bad: readonly (readonly [typed: string, error: RegExp])[] = [
  ['', /^invalid reference format$/],
  [':latest', /^invalid reference format$/],
  ['nginx:', /^invalid reference format$/],
  ['nginx:-x', /^invalid reference format$/],
  ['nginx:a b', /^invalid reference format$/],
  [`nginx:${'t'.repeat(129)}`, /^invalid reference format$/],
  ['nginx@sha256:abc', /^invalid reference format$/],
  ['Nginx', /^invalid reference format: repository name \(library\/Nginx\) must be lowercase$/],
  ['me/App', /^invalid reference format: repository name \(me\/App\) must be lowercase$/],
  ['a___b', /^invalid reference format$/],
  ['a..b', /^invalid reference format$/],
  ['-a', /^invalid reference format$/],
  ['a/', /^invalid reference format$/],
  ['/a', /^invalid reference format$/],
  ['a//b', /^invalid reference format$/],
  ['../../etc/passwd', /^invalid reference format$/],
  ['a\nb', /^invalid reference format$/],
  ['a\0b', /^invalid reference format$/],
  ['a@b@c', /^invalid reference format$/],
  ['ex ample.com/a', /^invalid reference format$/],
  ['a.b:port/c', /^invalid reference format$/],
  ['f'.repeat(64), /cannot specify 64-byte hexadecimal strings$/],
  ['a'.repeat(256), /must not be more than 255 characters/],
];

for (const [typed, message] of bad) {
  test(`${JSON.stringify(typed.slice(0, 40))} is no reference`, () => {
    assert.throws(() => parseReference(typed), { kind: 'invalid', message });
  });
}

test('a repository and a tag or digest make one reference', () => {
  assert.equal(canonical(referenceOf('nginx', '1')), 'docker.io/library/nginx:1');
  assert.equal(canonical(referenceOf('nginx', '')), 'docker.io/library/nginx:latest');
  assert.equal(canonical(referenceOf('nginx:2', '')), 'docker.io/library/nginx:2');
  assert.equal(canonical(referenceOf('nginx', digest)), `docker.io/library/nginx@${digest}`);
  assert.throws(() => referenceOf('nginx', 'no tag'), /invalid tag format/);
});

test('globs match as far as a slash, and as far as their budget', () => {
  assert.ok(globMatches('ngin*', 'nginx:latest', new WorkBudget()));
  assert.ok(globMatches('*:1.?', 'nginx:1.2', new WorkBudget()));
  assert.ok(globMatches('localhost:5000/*', 'localhost:5000/app', new WorkBudget()));
  assert.ok(globMatches('*/*p', 'me/app', new WorkBudget()));
  assert.ok(globMatches('*b*c', 'abxbxc', new WorkBudget()));
  assert.ok(!globMatches('*', 'me/app', new WorkBudget()));
  assert.ok(!globMatches('nginx', 'nginx:latest', new WorkBudget()));
  assert.ok(!globMatches(`${'*a'.repeat(200)}b`, 'a'.repeat(400), new WorkBudget()));
  const long = () => globMatches(`*${'a'.repeat(2000)}b`, 'a'.repeat(4000), new WorkBudget(10_000));
  assert.throws(long, { kind: 'invalid', message: /10000 steps/ });
});
