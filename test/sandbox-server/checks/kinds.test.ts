// Every kind of check over plain facts: when it holds, what it says was found, what it asks for.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { type Check, checkKinds, everyCheck } from '../../../lessons/schema.ts';
import { detailsFrom } from '../../../sandbox-server/checks/docker-facts.ts';
import { emptyHost, factsOf } from '../../../sandbox-server/checks/facts.ts';
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
  ['{ container: { name: cache, networks: [bridge] } }', true],
  ['{ container: { name: cache, networks: [bridge, back] } }', false, /; it is on bridge\.$/],
  ['{ container: { name: cache, mounts: ["store:/data", "./site:/site:ro"] } }', true],
  [
    '{ container: { name: cache, mounts: [{ anonymous: true, destination: /tmp/x }, { type: bind, readOnly: true }] } }',
    true,
  ],
  [
    '{ container: { name: cache, mounts: ["store:/data:ro"] } }',
    false,
    /; its mounts are store at \/data, \/home\/student\/site at \/site \(read-only\), a volume without a name at \/tmp\/x\.$/,
  ],
  ['{ container: { name: cache, mounts: none } }', false, /; its mounts are store/],
  ['{ container: { name: cache, mounts: ["/store:/data"] } }', false, /its mounts are/],
  ['{ container: { name: cache, health: unhealthy, restart: on-failure, restartsAtLeast: 2 } }', true],
  [
    '{ container: { name: cache, health: healthy, restart: always, restartsAtLeast: 3 } }',
    false,
    /; it is unhealthy, its restart policy is on-failure:3 and it was restarted 2 times\.$/,
  ],
  ['{ container: { name: cache, restart: "on-failure:2" } }', false, /its restart policy is on-failure:3/],
  ['{ container: { name: cache, pids: 50, cpuShares: 1024, memoryReservation: none, user: "" } }', true],
  [
    '{ container: { name: cache, pids: none, cpuShares: 512, memoryReservation: 32m, user: "1000" } }',
    false,
    /no memory is reserved for it, its CPU shares are 1024, its processes are limited to 50 and its user is root\.$/,
  ],
  [
    '{ container: { name: cache, readOnly: true, autoRemove: true } }',
    false,
    /; its file system can be written to and it stays when it ends\.$/,
  ],
  ['{ container: { name: cache, error: Already Allocated } }', true],
  ['{ container: { name: cache, error: no such file } }', false, /its error is Bind for 0\.0\.0\.0:6379 failed/],
  ['{ container: { name: done, health: healthy } }', null],
  ['{ container: { name: cache, publishes: 6379 } }', false, /made with the published ports 6379:6379/],
  [
    '{ container: { name: cache, publishes: "127.0.0.1:6379:6379" } }',
    false,
    /made with the published ports 6379:6379/,
  ],
  ['{ container: { host: prod, name: local, port: "127.0.0.1:8080:80" } }', true],
  ['{ container: { host: prod, name: local, port: "8080:80" } }', true],
  ['{ container: { host: prod, name: local, port: 80 } }', true],
  ['{ container: { host: prod, name: local, port: "53:53/udp" } }', true],
  ['{ container: { host: prod, name: local, port: "[::1]:9000:90" } }', true],
  [
    '{ container: { host: prod, name: local, port: "0.0.0.0:8080:80" } }',
    false,
    /published 127\.0\.0\.1:8080:80, 53:53\/udp, \[::1\]:9000:90/,
  ],
  ['{ container: { host: prod, name: local, port: "53:53" } }', false, /published/],
  ['{ container: { host: prod, name: local, port: none } }', false, /published/],
  ['{ ran: { image: busybox, oomKilled: true } }', true],
  ['{ ran: { image: nginx, oomKilled: true } }', false, /exit code 137, and not for want of memory\.$/],
  ['{ volume: { name: store, driver: local, labels: { keep: "yes" }, usedBy: [cache, done], empty: false } }', true],
  [
    '{ volume: { name: store, usedBy: [web, cache] } }',
    false,
    /^The volume store is used by .*cache.*; web does not have it\.$/,
  ],
  ['{ volume: { name: left, usedBy: [web] } }', false, /^No container uses the volume left\.$/],
  ['{ volume: { name: left, unused: true, options: { type: tmpfs } } }', true],
  ['{ volume: { name: store, unused: true } }', false, /^The volume store is still used by cache/],
  ['{ volume: { name: left, unused: false } }', false, /^No container uses the volume left\.$/],
  ['{ volume: { name: store, empty: true } }', false, /^There is something in the volume store\.$/],
  ['{ volume: { name: left, empty: true } }', null],
  ['{ volume: { name: store, driver: nfs } }', false, /^The volume store has the driver local\.$/],
  ['{ volume: { name: store, labels: { x: y } } }', false, /^Found the volume store, but its label x is not there\.$/],
  ['{ volume: { name: gone } }', false, /^There is no volume gone on this host yet\.$/],
  ['{ volume: { name: unasked } }', null],
  ['{ absent: { volume: gone } }', true],
  ['{ absent: { volume: store } }', false, /^The volume store is still there\.$/],
  ['{ absent: { network: back } }', true],
  ['{ absent: { network: bridge } }', false, /^The network bridge is still there\.$/],
  ['{ absent: { image: nginx } }', true],
  ['{ absent: { image: app } }', false, /^The image app is still there\.$/],
  ['{ absent: { volume: unasked } }', null],
  ['{ removed: { volume: store } }', true],
  ['{ removed: { volume: gone } }', true],
  ['{ removed: { volume: left } }', false, /^The volume left is still there\.$/],
  ['{ removed: { network: bridge } }', false, /^The network bridge is still there\.$/],
  ['{ network: { name: bridge, containers: [{ name: cache, alias: database, address: 172.17.0.2 }] } }', true],
  [
    '{ network: { name: bridge, internal: false, subnet: 172.17.0.0/16, gateway: 172.17.0.1, labels: { tier: data } } }',
    true,
  ],
  ['{ network: { name: quiet, internal: true, empty: true } }', true],
  [
    '{ network: { name: bridge, containers: [{ name: cache, alias: db }] } }',
    false,
    /^On the network bridge, cache is not called db; it is called cache and database\.$/,
  ],
  [
    '{ network: { name: bridge, containers: [{ name: cache, address: 10.0.0.1 }] } }',
    false,
    /cache has the address 172\.17\.0\.2\.$/,
  ],
  ['{ network: { name: bridge, internal: true } }', false, /^Found the network bridge, but it is not internal\.$/],
  ['{ network: { name: bridge, subnet: 10.9.0.0/24 } }', false, /but its subnet is 172\.17\.0\.0\/16\.$/],
  ['{ network: { name: bridge, labels: { tier: web } } }', false, /but its label tier is data\.$/],
  ['{ network: { name: bridge, empty: true } }', false, /^On the network bridge there is cache\.$/],
  ['{ connection: { from: cache, to: db, port: 6379 } }', true],
  [
    '{ connection: { from: cache, to: web, port: 6379 } }',
    false,
    /^The container cache finds web at 172\.18\.0\.4, but nothing listens there on port 6379\.$/,
  ],
  [
    '{ connection: { from: cache, to: 172.17.0.9, port: 6379 } }',
    false,
    /^The container cache finds 172\.17\.0\.9, but gets no answer on port 6379\.$/,
  ],
  [
    '{ connection: { from: cache, to: stranger, port: 6379 } }',
    false,
    /finds nobody by the name stranger: they share no network/,
  ],
  ['{ connection: { from: cache, to: nobody, port: 6379 } }', false, /no running container is called so\.$/],
  ['{ connection: { from: done, to: db, port: 6379 } }', false, /^The container done does not run\.$/],
  ['{ connection: { from: nope, to: db, port: 6379 } }', false, /^There is no container named nope\.$/],
  [
    '{ connection: { from: cache, to: db, port: 6379, works: false } }',
    false,
    /^The container cache reaches db at 172\.18\.0\.3 on port 6379\.$/,
  ],
  [
    '{ connection: { from: cache, to: web, port: 6379, works: false } }',
    false,
    /^The container cache reaches web at 172\.18\.0\.4, though nothing listens there on port 6379\.$/,
  ],
  ['{ connection: { from: cache, to: stranger, port: 6379, works: false } }', true],
  ['{ connection: { from: cache, to: 172.17.0.9, port: 6379, works: false } }', true],
  [
    '{ connection: { from: cache, to: nobody, port: 6379, works: false } }',
    false,
    /^There is no running container that is called nobody\.$/,
  ],
  ['{ connection: { from: done, to: db, port: 6379, works: false } }', false, /does not run/],
  ['{ connection: { from: cache, to: unasked, port: 1 } }', null],
  ['{ file: { container: cache, path: /etc/app.conf, contains: port 80 } }', true],
  [
    '{ file: { container: cache, path: /etc/app.conf, contains: port 90 } }',
    false,
    /^The file \/etc\/app\.conf in the container cache is there, but something else stands in it\.$/,
  ],
  ['{ file: { container: cache, path: /none } }', false, /^There is no file \/none in the container cache yet\.$/],
  ['{ file: { container: cache, path: /none, exists: false } }', true],
  ['{ file: { container: nope, path: /none, exists: false } }', false, /^There is no container named nope\.$/],
  ['{ file: { volume: store, path: a.sql, matches: "^CREATE", means: a table } }', true],
  ['{ file: { volume: gone, path: a.sql } }', false, /^There is no volume gone on this host yet\.$/],
  ['{ yaml: { path: config.json, has: { currentContext: prod } } }', true],
  [
    '{ yaml: { path: config.json, has: { currentContext: dev } } }',
    false,
    /^In config\.json, currentContext is prod, not dev\.$/,
  ],
  ['{ yaml: { path: config.json, has: { auths: ~ } } }', false, /^In config\.json, auths is not there\.$/],
  ['{ yaml: { path: none, has: { a: 1 } } }', false, /^There is no file none in the home directory yet\.$/],
  ['{ yaml: { path: broken.yaml, has: { a: 1 } } }', false, /^broken\.yaml cannot be read as YAML: line \d: /],
  ['{ yaml: { path: unasked, has: { a: 1 } } }', null],
  ['{ compose: { has: { services: { web: { image: nginx, ports: ["8080:80"], depends_on: [db] } } } } }', true],
  [
    '{ compose: { has: { services: { db: { environment: { POSTGRES_PASSWORD: secret }, volumes: ["pgdata:/var/lib/postgresql/data"], mem_limit: 64m, healthcheck: { test: [CMD-SHELL, pg_isready], interval: 1m30s } } }, volumes: { pgdata: ~ } } } }',
    true,
  ],
  [
    '{ compose: { has: { services: { web: { ports: ["80:8080"] } } } } }',
    false,
    /^In compose\.yaml, services\.web\.ports has 8080:80, not 80:8080\.$/,
  ],
  [
    '{ compose: { has: { services: { web: { image: httpd } } } } }',
    false,
    /^In compose\.yaml, services\.web\.image is nginx:1\.27, not httpd\.$/,
  ],
  ['{ compose: { has: { services: { adminer: ~ } } } }', false, /^In compose\.yaml, services\.adminer is not there\.$/],
  [
    '{ compose: { has: { services: { db: { mem_limit: 32m } } } } }',
    false,
    /services\.db\.mem_limit is 64m, not 32m\.$/,
  ],
  ['{ compose: { hasNot: { services: { db: { ports: ~ } } } } }', true],
  [
    '{ compose: { hasNot: { services: { web: { ports: ~ } } } } }',
    false,
    /^In compose\.yaml, services\.web\.ports should not be there\.$/,
  ],
  [
    '{ process: { executable: redis-server, container: cache, means: redis, atLeast: 2 } }',
    false,
    /^There is 1 of the at least 2 processes that are wanted in the container cache: redis\.$/,
  ],
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

/** Those of registries.test.ts and builds.test.ts. */
const elsewhere: readonly string[] = ['repository', 'pushed', 'pulled', 'built', 'dockerfile', 'dockerignore'];

test('every kind has such a case', () => {
  const seen = new Set(
    cases.flatMap(([check]) => everyCheck(checkOf(check)).map((each) => Object.keys(each)[0] ?? '')),
  );
  assert.deepEqual(
    checkKinds.filter((kind) => kind !== 'after' && !elsewhere.includes(kind) && !seen.has(kind)),
    [],
  );
});

test('a container whose command is not there: what may have become its command is told', () => {
  const containers = factsOf(facts, undefined).containers.map((each) => ({ ...each, exitCode: 127 }));
  const misread = { ...facts, hosts: new Map([['dev', { ...emptyHost, containers }]]) };
  assert.match(
    found(checkOf('{ container: { name: done, state: running } }'), facts),
    /exited with code 3, no port published\.$/,
  );
  assert.match(
    found(checkOf('{ container: { name: done, state: running } }'), misread),
    /exited with code 127, .* What stands behind an image’s name is its command, and options stand before it\.$/,
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

test('what has run counts since the task that is named', () => {
  const check: Check = { ran: { image: 'nginx', name: 'killed', since: 'before' } };
  assert.equal(judge(check, facts), true);
  const unseen: Check = { ran: { image: 'busybox', since: 'before' } };
  assert.equal(judge(unseen, facts), false, 'nobody knows when it was');
  const later: Check = { ran: { image: 'nginx', name: 'killed', since: 'later' } };
  assert.equal(judge(later, facts), false, 'its turn has not come');
  assert.equal(found(later, facts), '');
  const afterLater = { ...facts, doneTasks: new Set(['before', 'later']) };
  assert.equal(judge(later, afterLater), false, 'it ended before that');
  assert.match(found(later, afterLater), /^A container from nginx ended with exit code 137, but too early/);
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
  const everywhere = { address: '', container: 80, protocol: 'tcp' };
  assert.deepEqual(detailsFrom({ Config: config, HostConfig: { ...limits, PortBindings }, State: state }), {
    command: 'a b',
    env: [],
    publishes: [
      { ...everywhere, host: 8080 },
      { ...everywhere, address: '::1', host: 8081 },
      { address: '', host: 53, container: 53, protocol: 'udp' },
    ],
    memoryBytes: 0,
    memoryReservationBytes: 0,
    cpus: 0.5,
    cpuShares: 0,
    pids: 0,
    oomKilled: true,
    health: 'none',
    restart: 'no',
    restarts: 0,
    readOnly: false,
    autoRemove: false,
    user: '',
    error: '',
    aliases: {},
  });
  const without = detailsFrom({ Config: config, HostConfig: { ...limits, PortBindings: null }, State: state });
  assert.deepEqual(without.publishes, []);
});
