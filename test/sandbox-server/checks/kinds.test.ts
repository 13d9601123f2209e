// Every kind of check over plain facts: when it holds, what it says was found, what it asks for.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { type Check, checkKinds, everyCheck } from '../../../lessons/schema.ts';
import { detailsFrom } from '../../../sandbox-server/checks/docker-facts.ts';
import { found } from '../../../sandbox-server/checks/found.ts';
import { judge } from '../../../sandbox-server/checks/judge.ts';
import { someLineMatches } from '../../../sandbox-server/checks/match-lines.ts';
import { inWords } from '../../../sandbox-server/checks/wanted.ts';
import { checkOf, facts } from './plain-facts.ts';

/** A check, whether it holds, and what is said where it does not. */
const cases: readonly (readonly [string, boolean | null, RegExp?])[] = [
  ['{ container: { name: cache, image: redis, state: running, port: none } }', true],
  ['{ container: { name: cache, labels: { tier: data }, network: bridge } }', true],
  [
    '{ container: { name: cache, labels: { tier: web } } }',
    false,
    /cache from redis:7, running, no port published; its label tier is data\.$/,
  ],
  ['{ container: { name: cache, labels: { toString: web } } }', false, /its label toString is not there/],
  ['{ container: { name: cache, network: none } }', false, /it is on bridge\.$/],
  [`{ container: { name: cache, command: 'redis-server --save ""', memory: 64m, cpus: 0.5, env: { MODE: b } } }`, true],
  ['{ container: { name: cache, command: redis-server } }', false, /its command is redis-server --save ""\.$/],
  ['{ container: { name: cache, env: { MODE: a } } }', false, /its variable MODE is b\.$/],
  [
    '{ container: { name: cache, env: { NONE: a }, memory: 32m } }',
    false,
    /its variable NONE is not there and its memory is limited to 64m\.$/,
  ],
  ['{ container: { name: cache, cpus: none } }', false, /its CPU time is limited to 0\.5 CPUs\.$/],
  ['{ container: { name: done, memory: 64m } }', null],
  ['{ container: { name: done, exitCode: 3 } }', true],
  ['{ container: { name: done, exitCode: 0 } }', false, /done from redis:7, exited with code 3/],
  ['{ container: { name: nope } }', false, /^Found no container named nope\.$/],
  ['{ container: { image: nginx, state: running } }', false, /^Found no container from the image nginx\.$/],
  ['{ container: { image: redis, state: running, port: "6379:6379" } }', false, /^Found the container cache /],
  ['{ container: { host: prod, name: cache } }', false, /Found no container named cache/],
  ['{ containers: { image: redis, count: 2 } }', true],
  [
    '{ containers: { image: redis, count: 3 } }',
    false,
    /^Wanted are exactly 3 containers from the image redis; found 2: cache and done\.$/,
  ],
  [
    '{ containers: { image: redis, state: running, atLeast: 2 } }',
    false,
    /at least 2 running containers from the image redis; found 1: cache/,
  ],
  ['{ containers: { name: cache, count: 0 } }', false, /Wanted are no containers named cache; found 1: cache/],
  ['{ containers: { image: redis, command: x, atLeast: 1 } }', null],
  ['{ container: { name: cache, detached: true, state: running } }', true],
  ['{ container: { name: cache, detached: false } }', false, /; it was started in the background\.$/],
  [
    '{ container: { name: done, detached: true } }',
    false,
    /exited with code 3, .*; it was started in the foreground\.$/,
  ],
  ['{ container: { host: prod, name: unstarted, detached: true } }', false, /; it has never run\.$/],
  ['{ container: { host: prod, name: unstarted, detached: false } }', false, /; it has never run\.$/],
  ['{ container: { host: prod, name: unasked, detached: true } }', null],
  ['{ containers: { image: redis, detached: true, count: 1 } }', true],
  ['{ containers: { host: prod, image: redis, detached: true, count: 1 } }', null],
  ['{ container: { name: cache, sameImage: "redis:7.0" } }', true],
  [
    '{ container: { name: cache, sameImage: "redis:8" } }',
    false,
    /cache from redis:7, .*; its image is redis:7, which is not the same as redis:8\.$/,
  ],
  ['{ container: { sameImage: "redis:8" } }', false, /^Found no container from the image redis:8\.$/],
  ['{ ran: { sameImage: "bb:1", exitCode: 0 } }', true],
  ['{ ran: { sameImage: "bb:2" } }', false, /^No container from bb:2 has run yet\.$/],
  ['{ ran: { image: busybox } }', true],
  ['{ ran: { image: busybox, name: gone, exitCode: 0 } }', true],
  ['{ ran: { image: redis, exitCode: 3 } }', true],
  ['{ ran: { image: busybox, exitCode: 1 } }', false, /A container from busybox ended with exit code 0/],
  ['{ ran: { image: busybox, name: here } }', false, /No container from busybox named here has run yet/],
  ['{ exec: { container: cache, matches: "^redis-cli set", means: the command redis-cli } }', true],
  [
    '{ exec: { container: cache, matches: "^ls", means: the command ls } }',
    false,
    /docker exec has run redis-cli set a 1, exit code 0; not yet the command ls/,
  ],
  ['{ exec: { container: cache, matches: "redis-cli", means: x, exitCode: 1 } }', false, /exit code 0/],
  ['{ exec: { container: done, matches: x, means: x } }', false, /Nothing has run to its end in done with docker exec/],
  ['{ exec: { container: nope, matches: x, means: x } }', false, /no container named nope/],
  ['{ log: { container: cache, matches: Ready, means: a line } }', true],
  ['{ log: { container: cache, matches: "GET", means: a visit } }', false, /shows no visit yet/],
  [
    '{ image: { name: app, from: debian, layers: 3, user: node, workdir: /app, exposes: 3000, command: node app.js } }',
    true,
  ],
  ['{ image: { name: app, env: { NODE_ENV: production }, labels: { maker: me }, smallerThan: 61m } }', true],
  [`{ image: { name: app, digest: "sha256:${'d'.repeat(64)}", sameAs: "app:2" } }`, true],
  ['{ image: { name: app, sameAs: debian } }', false, /^Found the image app, but it is another image than debian\.$/],
  ['{ image: { name: debian, from: app } }', false, /it was not made from app/],
  ['{ image: { name: debian, from: debian } }', false, /it was not made from debian/],
  ['{ image: { name: app, from: nginx } }', false, /there is no image nginx to compare it with/],
  [
    '{ image: { name: app, layers: 2, user: root, workdir: /, exposes: 80, smallerThan: 10m } }',
    false,
    /it has 3 layers, its user is node, its working directory is \/app, it exposes 3000\/tcp and its size is 60m\.$/,
  ],
  ['{ image: { name: nginx } }', false, /There is no image nginx on this host yet/],
  ['{ image: { name: unasked } }', null],
  ['{ network: { name: bridge, driver: bridge, containers: [cache] } }', true],
  [
    '{ network: { name: bridge, containers: [cache, web, db] } }',
    false,
    /On the network bridge there is no running container web or db/,
  ],
  ['{ network: { name: bridge, driver: host } }', false, /has the driver bridge/],
  ['{ network: { name: back } }', false, /no network back on this host yet/],
  ['{ file: { path: a.txt } }', true],
  ['{ file: { path: a.txt, contains: two } }', true],
  ['{ file: { path: a.txt, matches: "^two$", means: a two } }', true],
  ['{ file: { path: a.txt, equals: "one\\ntwo" } }', true],
  ['{ file: { path: a.txt, equals: "one\\ntwo\\n\\n" } }', true],
  ['{ file: { path: windows.txt, equals: "one\\n\\ttwo\\n" } }', true],
  ['{ file: { path: windows.txt, contains: "one\\n\\ttwo" } }', true],
  [
    '{ file: { path: windows.txt, equals: "one\\n  two" } }',
    false,
    /line 2 has a tab where a space is wanted\. Is it saved\?$/,
  ],
  [
    '{ file: { path: pasted.txt, equals: "FROM debian\\nCMD a" } }',
    false,
    /line 1, after FROM, has a no-break space \(U\+00A0\) where a space is wanted/,
  ],
  [
    '{ file: { path: pasted.txt, equals: "FROM\\u00a0debian\\nCMD \\"a\\"" } }',
    false,
    /line 2, after CMD, has a curly quote “ where “"” is wanted/,
  ],
  ['{ file: { path: a.txt, equals: "one\\ntwo\\nthree" } }', false, /line 3 is missing: three\./],
  ['{ file: { path: a.txt, equals: "one" } }', false, /line 2 is too much: two\./],
  [
    '{ file: { path: a.txt, equals: "one\\ntwoo" } }',
    false,
    /line 2, after two, has the end of the line where “o” is wanted/,
  ],
  ['{ file: { path: folder } }', true],
  ['{ file: { path: none, exists: false } }', true],
  ['{ file: { path: none } }', false, /There is no file none in the home directory yet/],
  ['{ file: { path: a.txt, exists: false } }', false, /The file a\.txt is still there/],
  ['{ file: { path: a.txt, contains: three } }', false, /something else stands in it\. Is it saved\?/],
  ['{ file: { path: a.txt, matches: "^three", means: a three } }', false, /shows no three\. Is it saved\?/],
  ['{ file: { path: empty, contains: x } }', false, /The file empty is empty/],
  ['{ file: { path: folder, contains: x } }', false, /no file of text/],
  ['{ file: { path: unasked } }', null],
  ['{ http: { port: 8080, contains: hello } }', true],
  ['{ http: { port: 8080, path: /x, status: 404 } }', true],
  ['{ http: { port: 8080, path: /x } }', false, /Port 8080 answers \/x with status 404, not 200/],
  ['{ http: { port: 8080, contains: bye } }', false, /“bye” does not stand in the answer/],
  ['{ http: { port: 9 } }', false, /Port 9 of the host does not answer: nothing listens there\./],
  ['{ http: { port: 10 } }', null],
  ['{ process: { executable: redis-server, container: cache, means: redis } }', true],
  ['{ process: { matches: "-bash", container: none, means: a shell } }', true],
  [
    '{ process: { executable: redis-server, container: none, means: a redis outside of containers } }',
    false,
    /There is no process yet, on this host, that is a redis outside/,
  ],
  ['{ process: { host: prod, executable: x, means: x } }', null],
  ['{ command: { run: [/usr/bin/id], matches: student, means: the student } }', true],
  ['{ command: { run: [/usr/bin/id], exitCode: 1, means: the student } }', false, /no sign yet of the student\.$/],
  [
    '{ command: { run: [/usr/bin/id], matches: root, means: root } }',
    false,
    /no sign yet of root; found uid=1000\(student\)/,
  ],
  ['{ ran: { image: busybox, byDocker: false } }', true],
  ['{ ran: { image: nginx, name: killed, exitCode: 137, byDocker: true } }', true],
  [
    '{ ran: { image: nginx, name: killed, exitCode: 137, byDocker: false } }',
    false,
    /^A container from nginx ended with exit code 137, because Docker was told to end it\.$/,
  ],
  [
    '{ ran: { image: redis, name: done, exitCode: 3, byDocker: false } }',
    false,
    /done from redis:7, exited with code 3/,
  ],
  ['{ container: { name: cache, publishes: "6379:6379" } }', true],
  [
    '{ container: { name: cache, publishes: "6380:6379" } }',
    false,
    /; it was made with the published ports 6379:6379\.$/,
  ],
  ['{ container: { name: done, publishes: "6379:6379" } }', null],
  ['{ container: { name: cache, oomKilled: false } }', true],
  ['{ container: { name: cache, oomKilled: true } }', false, /it was not ended by the kernel for want of memory\.$/],
  ['{ removed: { name: cache } }', true],
  ['{ removed: { name: nope } }', true],
  ['{ removed: { host: prod, name: done } }', false, /The container done is still there, exited\./],
  ['{ absent: { host: prod, name: cache } }', true],
  ['{ absent: { host: prod, name: done } }', false, /The container done is still there, exited/],
  ['{ absent: nope }', true],
  ['{ absent: cache }', false, /The container cache is still there, running/],
  ['{ not: { container: { name: cache } } }', false, /^Found a container named cache, which should not be so\.$/],
  ['{ not: { file: { path: unasked } } }', null],
  ['{ all: [{ file: { path: unasked } }, { absent: cache }] }', false, /still there/],
  ['{ all: [{ file: { path: unasked } }, { absent: nope }] }', null],
  ['{ any: [{ file: { path: unasked } }, { absent: nope }] }', true],
  [
    '{ any: [{ absent: cache }, { file: { path: none } }] }',
    false,
    /still there, running\. Wanted is no container named cache or a file none\.$/,
  ],
];
for (const [check, holds, said] of cases) {
  test(`${check} is ${holds === null ? 'not known' : holds}`, () => {
    const parsed = checkOf(check);
    assert.equal(judge(parsed, facts), holds);
    if (said === undefined) assert.equal(found(parsed, facts), '');
    else assert.match(found(parsed, facts), said);
    assert.ok(inWords(parsed).length > 3, 'it says in words what it expects');
  });
}

test('every kind has such a case', () => {
  const seen = new Set(
    cases.flatMap(([check]) => everyCheck(checkOf(check)).map((each) => Object.keys(each)[0] ?? '')),
  );
  assert.deepEqual(
    checkKinds.filter((kind) => kind !== 'after' && !seen.has(kind)),
    [],
  );
});

test('what was removed counts since the task that is named', () => {
  const check: Check = { removed: { name: 'cache', since: 'before' } };
  assert.equal(judge(check, facts), true);
  const later = { ...facts, doneTasks: new Set(['before', 'later']) };
  assert.equal(judge({ removed: { name: 'cache', since: 'later' } }, later), false, 'it is another one');
  assert.equal(judge({ removed: { name: 'nope', since: 'later' } }, later), true);
  assert.equal(judge({ removed: { name: 'nope', since: 'later' } }, facts), false, 'its turn has not come');
  assert.equal(found({ removed: { name: 'cache', since: 'later' } }, facts), '');
});

test('a regular expression that takes for ever is given up, and matches nothing', () => {
  const began = performance.now();
  assert.equal(someLineMatches('^(a|a)*(a|a)*(a|a)*$', `${'a'.repeat(200)}b`), false);
  assert.ok(performance.now() - began < 5_000);
  assert.equal(someLineMatches('^b$', 'a\r\nb\r\n'), true);
  assert.equal(someLineMatches('a', 'a'.repeat(5_000)), false, 'a line that no log has');
});

test('details are read from what docker inspect answers', () => {
  const config = { Cmd: ['a', 'b'], Env: null };
  const PortBindings = {
    '80/tcp': [
      { HostIp: '', HostPort: '8080' },
      { HostIp: '::1', HostPort: '8081' },
    ],
    '53/udp': [{ HostPort: '53' }],
    '90/tcp': null,
  };
  const limits = { Memory: 0, NanoCpus: 0, CpuQuota: 50_000, CpuPeriod: 0 };
  const state = { OOMKilled: true };
  assert.deepEqual(detailsFrom({ Config: config, HostConfig: { ...limits, PortBindings }, State: state }), {
    command: 'a b',
    env: [],
    publishes: ['8080:80', '8081:80'],
    memoryBytes: 0,
    cpus: 0.5,
    oomKilled: true,
  });
  const without = detailsFrom({ Config: config, HostConfig: { ...limits, PortBindings: null }, State: state });
  assert.deepEqual(without.publishes, []);
});
