// The parts of the API that need no engine: versions, routes, frames, queries, event filters.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { describe, test } from 'vitest';
import { frame, OutputEncoder } from '../../../runtime/api/frames.ts';
import { feedSlowly } from '../../../runtime/api/pipeline.ts';
import { flag, integer } from '../../../runtime/api/query.ts';
import { Router } from '../../../runtime/api/router.ts';
import { compareVersions, splitVersion } from '../../../runtime/api/versions.ts';
import type { DockerEvent } from '../../../runtime/client.ts';
import { eventFilter } from '../../../runtime/events-filter.ts';
import { temporaryDirectory } from '../images/fixture.ts';

describe('versions', () => {
  test('are optional, and split off', () => {
    assert.deepEqual(splitVersion('/v1.47/info'), { version: '1.47', path: '/info' });
    assert.deepEqual(splitVersion('/info'), { version: '1.51', path: '/info' });
    assert.deepEqual(splitVersion('/volumes'), { version: '1.51', path: '/volumes' });
  });
  test('compare by number, not by letter', () => {
    assert.ok(compareVersions('1.9', '1.24') < 0);
    assert.ok(compareVersions('1.100', '1.51') > 0);
    assert.equal(compareVersions('1.51', '1.51'), 0);
  });
  test('too new and too old are refused in Docker’s words', () => {
    assert.throws(() => splitVersion('/v1.60/info'), {
      kind: 'invalid',
      message: 'client version 1.60 is too new. Maximum supported API version is 1.51',
    });
    assert.throws(() => splitVersion('/v1.23/info'), {
      message:
        'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    });
  });
});

describe('routes', () => {
  const none = () => undefined;
  const router = new Router<null>({
    'GET /images/json': none,
    'GET /images/{name}/json': none,
    'DELETE /images/{name}': none,
    'POST /containers/{name}/start': none,
    'POST /containers/{name}/attach': { takesOver: none },
  });
  test('take names with slashes and colons', () => {
    assert.deepEqual(router.match('GET', '/images/127.0.0.1:5000/a/b:c/json').params, { name: '127.0.0.1:5000/a/b:c' });
    assert.deepEqual(router.match('DELETE', '/images/a/json').params, { name: 'a/json' });
  });
  test('prefer what stands first', () => assert.deepEqual(router.match('GET', '/images/json').params, {}));
  test('say which of them may take the connection over', () => {
    assert.equal(router.match('POST', '/containers/a/attach').mayTakeOver, true);
    assert.equal(router.match('POST', '/containers/a/start').mayTakeOver, false);
  });
  test('answer HEAD where they answer GET', () =>
    assert.deepEqual(router.match('HEAD', '/images/a/json').params, { name: 'a' }));
  for (const [method, path] of [
    ['GET', '/nope'],
    ['GET', '//images/json'],
    ['GET', '/images/json/'],
    ['TRACE', '/images/json'],
    ['POST', '/containers//start'],
  ] as const)
    test(`know no ${method} ${path}`, () =>
      assert.throws(() => router.match(method, path), { kind: 'notFound', message: /^page not found/ }));
});

describe('frames', () => {
  test('say stream and length', () => {
    assert.equal(
      frame(2, Buffer.from('err\n')).toString('hex'),
      `0200000000000004${Buffer.from('err\n').toString('hex')}`,
    );
  });
  test('are left out for a terminal', async () => {
    for (const [multiplexed, expected] of [
      [true, '0100000000000001' + '61'],
      [false, '61'],
    ] as const) {
      const encoder = new OutputEncoder(multiplexed);
      encoder.end({ stream: 1, data: Buffer.from('a') });
      const pieces: Buffer[] = await encoder.toArray();
      assert.equal(Buffer.concat(pieces).toString('hex'), expected);
    }
  });
});

describe('queries', () => {
  test('read flags as Docker does', () => {
    for (const no of ['', 'a=', 'a=0', 'a=false', 'a=False', 'a=no', 'a=none'])
      assert.equal(flag(new URLSearchParams(no), 'a'), false, no);
    for (const yes of ['a=1', 'a=true', 'a=yes', 'a=x']) assert.equal(flag(new URLSearchParams(yes), 'a'), true, yes);
  });
  test('refuse what is no number', () => {
    assert.equal(integer(new URLSearchParams('t=-1'), 't'), -1);
    assert.equal(integer(new URLSearchParams(''), 't'), null);
    assert.throws(() => integer(new URLSearchParams('t=ten'), 't'), { kind: 'invalid' });
  });
});

describe('event filters', () => {
  const event = (Type: string, Action: string, ID: string, Attributes: Record<string, string>): DockerEvent => ({
    ...{ Type, Action, Actor: { ID, Attributes }, time: 1, timeNano: 1e9 },
  });
  const start = event('container', 'start', 'abc123', { name: 'web', image: 'nginx:1.27', a: '1' });
  const exec = event('container', 'exec_create: ls -l', 'abc123', { name: 'web', image: 'nginx:1.27' });
  const pull = event('image', 'pull', 'nginx:1.27', { name: 'nginx' });
  const wants = (filters: Record<string, string[]>, given: DockerEvent) =>
    eventFilter(new Map(Object.entries(filters)))(given);

  test('want all where there are none', () => assert.ok(wants({}, start)));
  test('go by type, event, container, image and label', () => {
    assert.ok(wants({ type: ['container', 'network'] }, start) && !wants({ type: ['container'] }, pull));
    assert.ok(wants({ event: ['start'] }, start) && !wants({ event: ['die'] }, start));
    assert.ok(wants({ event: ['exec_create'] }, exec) && !wants({ event: ['exec'] }, exec));
    assert.ok(
      wants({ container: ['web'] }, start) &&
        wants({ container: ['abc'] }, start) &&
        !wants({ container: ['db'] }, start),
    );
    assert.ok(!wants({ container: ['nginx'] }, pull));
    assert.ok(
      wants({ image: ['nginx'] }, start) &&
        wants({ image: ['nginx:1.27'] }, pull) &&
        !wants({ image: ['ngin'] }, start),
    );
    assert.ok(wants({ label: ['a=1'] }, start) && !wants({ label: ['a=1', 'b'] }, start));
  });
  test('must all be met', () => assert.ok(!wants({ type: ['container'], event: ['die'] }, start)));
});

test('a body is whole though the memory of what came on the connection is given back', async () => {
  await using folder = await temporaryDirectory();
  const pieces: Buffer[] = [];
  const server = http.createServer(async (request, response) => {
    for await (const piece of request) pieces.push(piece); // and not looked at before all are there
    response.end();
  });
  server.on('connection', feedSlowly);
  const socketPath = `${folder.path}/socket`;
  server.listen(socketPath);
  await once(server, 'listening');
  const body = randomBytes(5_000_000);
  const ways: http.OutgoingHttpHeaders[] = [{ 'Content-Length': body.length }, { 'Transfer-Encoding': 'chunked' }];
  for (const headers of ways) {
    const request = http.request({ socketPath, method: 'PUT', headers });
    request.end(body);
    const [response] = await once(request, 'response');
    await response.toArray();
    assert.ok(Buffer.concat(pieces.splice(0)).equals(body), JSON.stringify(headers));
  }
  server.close();
  server.closeAllConnections();
});
