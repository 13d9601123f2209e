// Tokens as distribution's specification has them (`docs/spec/auth/token.md`, `oauth.md`, `scope.md`), asked for and shown.

import assert from 'node:assert/strict';
import net from 'node:net';
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, test } from 'vitest';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { basic, bearer, OwnHub, type TokenAnswer } from '../../support/own-hub.ts';
import type { Answer } from '../../support/own-registry.ts';

let hub: OwnHub;
const ada = basic('ada', 'correct horse');
const minuteMs = 60_000;

beforeAll(async () => {
  hub = await OwnHub.open();
  await createAccount(hub.accounts, { name: 'ada', password: 'correct horse' });
  await createAccount(hub.accounts, { name: 'bob', password: 'battery staple' });
});

afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
});

const tokenOf = (answer: Answer): TokenAnswer => {
  assert.equal(answer.status, 200, answer.body.toString());
  return answer.json() as TokenAnswer;
};
const errorOf = (answer: Answer): { code: string; message: string } =>
  (answer.json() as { errors: { code: string; message: string }[] }).errors[0] ?? { code: '', message: '' };
const accessOf = (token: string): unknown => decodeJwt(token).access;
const base = (headers: ReturnType<typeof bearer>): Promise<Answer> => hub.ask('GET /v2/', { headers });

test('who shows nothing is told where to get a token', async () => {
  const answer = await hub.ask('GET /v2/');
  assert.equal(answer.status, 401);
  assert.equal(answer.header('www-authenticate'), `Bearer realm="${hub.url}/token",service="hub.drydock"`);
  assert.equal(errorOf(answer).code, 'UNAUTHORIZED');
});

test('a request for a repository names the scope that it needs', async () => {
  const answer = await hub.ask('GET /v2/ada/app/manifests/1');
  assert.equal(
    answer.header('www-authenticate'),
    `Bearer realm="${hub.url}/token",service="hub.drydock",scope="repository:ada/app:pull"`,
  );
  const post = await hub.ask('POST /v2/ada/app/blobs/uploads/');
  assert.match(post.header('www-authenticate'), /,scope="repository:ada\/app:pull,push"$/);
  const remove = await hub.ask('DELETE /v2/ada/app/manifests/1');
  assert.match(remove.header('www-authenticate'), /,scope="repository:ada\/app:delete"$/);
  assert.match((await hub.ask('GET /v2/_catalog')).header('www-authenticate'), /,scope="registry:catalog:\*"$/);
});

test('a token says whose it is, for what and for how long, and is signed by a key with a name', async () => {
  const answer = await hub.askToken(['repository:ada/app:pull,push'], ada);
  assert.equal(answer.header('cache-control'), 'no-store');
  const { token, access_token, expires_in, issued_at, refresh_token } = tokenOf(answer);
  assert.equal(access_token, token);
  assert.equal(expires_in, 300);
  assert.equal(issued_at, '2026-01-01T00:00:00.000Z');
  assert.equal(refresh_token, undefined);
  const { alg, kid, typ } = decodeProtectedHeader(token);
  assert.deepEqual([alg, typ], ['ES256', 'JWT']);
  assert.match(kid ?? '', /^[\w-]{43}$/);
  const { iss, sub, aud, exp = 0, nbf = 0, iat = 0, jti, access } = decodeJwt(token);
  assert.deepEqual([iss, sub, aud, exp - iat], ['hub.drydock', 'ada', 'hub.drydock', 300]);
  assert.ok(nbf <= iat && iat === hub.clock.wallMs / 1000);
  assert.match(jti ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual(access, [{ type: 'repository', name: 'ada/app', actions: ['pull', 'push'] }]);
  assert.equal((await base(bearer(token))).status, 200);
});

test('who has no account gets a token too, for nobody', async () => {
  const { token } = tokenOf(await hub.askToken([]));
  assert.equal(decodeJwt(token).sub, '');
  assert.equal((await base(bearer(token))).status, 200);
});

test('several scopes come as several parameters or in one, and are granted each by itself, cut to what the account may', async () => {
  const wanted = [
    'repository:ada/app:pull,push,delete',
    'repository:bob/app:pull,push repository:ada/other:pull',
    'repository:ada/app:pull',
    'registry:catalog:*',
  ];
  assert.deepEqual(accessOf(tokenOf(await hub.askToken(wanted, ada)).token), [
    { type: 'repository', name: 'ada/app', actions: ['pull', 'push', 'delete'] },
    { type: 'repository', name: 'ada/other', actions: ['pull'] },
    { type: 'registry', name: 'catalog', actions: ['*'] },
  ]);
});

test('a scope that makes no sense is granted nothing, and the others are', async () => {
  const wanted = [
    ...['', ':', 'repository', 'repository:', 'repository::pull', 'repository:ada/app', 'repository:ADA/app:pull'],
    ...['repository:ada/../bob:pull', 'repository(plugin):ada/app:pull', 'thing:ada/app:pull', 'registry:other:*'],
    ...['repository:ada/app:fly', 'repository:ada/b:pull,fly', `repository:ada/${'x'.repeat(500)}:pull`],
  ];
  assert.deepEqual(accessOf(tokenOf(await hub.askToken(wanted, ada)).token), [
    { type: 'repository', name: 'ada/b', actions: ['pull'] },
  ]);
});

test('who asks for * gets all that the account may', async () => {
  const { token } = tokenOf(await hub.askToken(['repository:ada/app:*', 'repository:bob/app:*'], ada));
  assert.deepEqual(accessOf(token), [
    { type: 'repository', name: 'ada/app', actions: ['pull', 'push', 'delete', '*'] },
  ]);
});

test('a token is of use for what it was asked for alone', async () => {
  const headers = await hub.tokenHeader(['repository:ada/app:pull'], ada);
  assert.equal((await hub.ask('GET /v2/ada/app/manifests/1', { headers })).status, 404);
  for (const line of ['POST /v2/ada/app/blobs/uploads/', 'GET /v2/ada/other/tags/list', 'GET /v2/_catalog']) {
    const answer = await hub.ask(line, { headers });
    assert.equal(answer.status, 401, line);
    assert.match(answer.header('www-authenticate'), /,scope="[^"]+",error="insufficient_scope"$/);
    assert.equal(errorOf(answer).code, 'UNAUTHORIZED');
  }
});

test('a wrong password gets no token, in words that the docker command prints', async () => {
  for (const headers of [basic('ada', 'wrong horse'), basic('nobody', 'correct horse'), { Authorization: 'Basic ?' }]) {
    const answer = await hub.askToken([], headers);
    assert.equal(answer.status, 401);
    assert.equal(answer.header('www-authenticate'), 'Basic realm="hub.drydock"');
    assert.equal(errorOf(answer).code, 'UNAUTHORIZED');
  }
  assert.equal(errorOf(await hub.askToken([], basic('ada', 'wrong'))).message, 'incorrect username or password');
});

test('by POST: a password gets a token and, where it is asked for, a refresh token', async () => {
  const form = { grant_type: 'password', username: 'ada', password: 'correct horse', client_id: 'docker' };
  const scope = 'repository:ada/app:pull,push repository:bob/app:push';
  const plain = tokenOf(await hub.postToken({ ...form, service: 'hub.drydock', scope }));
  assert.equal(plain.scope, 'repository:ada/app:pull,push');
  assert.equal(plain.refresh_token, undefined);
  const offline = tokenOf(await hub.postToken({ ...form, access_type: 'offline' }));
  assert.equal((await base(bearer(offline.access_token))).status, 200);
  assert.ok(offline.refresh_token);
});

test('a refresh token gets tokens for days, and is of no use itself', async () => {
  const { refresh_token = '' } = tokenOf(await hub.askToken([], ada, '&offline_token=true&account=ada'));
  assert.notEqual(refresh_token, '');
  hub.clock.pass(30 * 24 * 60 * minuteMs);
  const form = { grant_type: 'refresh_token', refresh_token, client_id: 'docker', service: 'hub.drydock' };
  const again = tokenOf(await hub.postToken({ ...form, scope: 'repository:ada/app:push' }));
  assert.equal(again.refresh_token, refresh_token);
  assert.equal(decodeJwt(again.token).sub, 'ada');
  assert.deepEqual(accessOf(again.token), [{ type: 'repository', name: 'ada/app', actions: ['push'] }]);
  const shown = await base(bearer(refresh_token));
  assert.equal(shown.status, 401);
  assert.match(shown.header('www-authenticate'), /error="invalid_token"/);
  const asBearer = await hub.postToken({ ...form, refresh_token: again.token });
  assert.deepEqual([asBearer.status, (asBearer.json() as { error: string }).error], [401, 'invalid_grant']);
  hub.clock.pass(151 * 24 * 60 * minuteMs);
  assert.equal((await hub.postToken(form)).status, 401);
});

test('nobody gets no refresh token', async () => {
  assert.equal(tokenOf(await hub.askToken([], {}, '&offline_token=true')).refresh_token, undefined);
});

test('what is no request for a token is refused as OAuth says', async () => {
  const refusalOf = async (asked: Promise<Answer>): Promise<unknown[]> => {
    const answer = await asked;
    return [answer.status, (answer.json() as { error?: string }).error];
  };
  assert.deepEqual(await refusalOf(hub.postToken({ grant_type: 'code' })), [400, 'unsupported_grant_type']);
  assert.deepEqual(await refusalOf(hub.postToken({})), [400, 'unsupported_grant_type']);
  assert.deepEqual(await refusalOf(hub.ask('POST /token', { body: '{}' })), [400, 'invalid_request']);
  assert.deepEqual(await refusalOf(hub.ask('GET /token?service=other.example')), [400, 'invalid_request']);
  const wrong = { grant_type: 'password', username: 'ada', password: 'no' };
  assert.deepEqual(await refusalOf(hub.postToken(wrong)), [401, 'invalid_grant']);
  assert.deepEqual(await refusalOf(hub.postToken({ ...wrong, username: 'x'.repeat(40_000) })), [
    413,
    'invalid_request',
  ]);
  assert.equal((await hub.ask('DELETE /token')).status, 405);
});

test('a token ends after five minutes, and one that a clock set back has made is still of use', async () => {
  const headers = await hub.tokenHeader([], ada);
  hub.clock.pass(5 * minuteMs - 1000);
  assert.equal((await base(headers)).status, 200);
  hub.clock.pass(1000);
  const late = await base(headers);
  assert.equal(late.status, 401);
  assert.match(late.header('www-authenticate'), /^Bearer realm="[^"]+",service="hub.drydock",error="invalid_token"$/);
  const before = await hub.tokenHeader([], ada);
  hub.clock.wallMs -= minuteMs;
  assert.equal((await base(before)).status, 200);
  hub.clock.wallMs -= 1000;
  assert.equal((await base(before)).status, 401, 'a token of the far future is none');
  hub.clock.wallMs += minuteMs + 1000;
});

test('a token that somebody else has signed, changed, or made without a signature is none', async () => {
  const headers = await hub.tokenHeader(['repository:ada/app:pull'], ada);
  const token = String(headers.Authorization).slice('Bearer '.length);
  const [head = '', payload = '', signature = ''] = token.split('.');
  const { kid = '' } = decodeProtectedHeader(token);
  const claims = decodeJwt(token);
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const { privateKey } = await generateKeyPair('ES256');
  const foreign = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid }).sign(privateKey);
  const wrong = [
    foreign,
    `${head}.${encode({ ...claims, sub: 'bob' })}.${signature}`,
    `${encode({ alg: 'none', typ: 'JWT', kid })}.${payload}.`,
    `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${payload}.${signature}`,
    `${head}.${payload}.`,
    `${head}.${payload}.${signature.slice(0, -4)}AAAA`,
    ...['', 'x', '...', 'a.b.c', token.slice(1), 'x'.repeat(8000)],
  ];
  assert.equal((await base(bearer(token))).status, 200);
  for (const text of wrong) {
    const answer = await base(bearer(text));
    assert.equal(answer.status, 401, text.slice(0, 200));
    assert.match(answer.header('www-authenticate'), /error="invalid_token"/);
  }
});

test('a name and password are taken straight away too, and a wrong one is told of tokens', async () => {
  assert.equal((await base(ada)).status, 200);
  const wrong = await base(basic('ada', 'wrong horse'));
  assert.equal(wrong.status, 401);
  assert.match(wrong.header('www-authenticate'), /^Bearer realm=/);
  assert.equal(errorOf(wrong).message, 'incorrect username or password');
  const other = await hub.ask('POST /v2/bob/app/blobs/uploads/', { headers: ada });
  assert.deepEqual([other.status, errorOf(other).code], [403, 'DENIED']);
  for (const Authorization of ['Basic', 'Basic !', 'Digest x', 'Bearer', 'x'.repeat(2000)])
    assert.equal((await base({ Authorization })).status, 401, Authorization.slice(0, 20));
});

test('nobody is sent to an address that only their request names', async () => {
  for (const Host of ['evil.example', `${hub.domain}.evil.example`, '127.0.0.1', `x@${hub.domain}`]) {
    for (const path of ['/v2/', '/token']) {
      const answer = await hub.ask(`GET ${path}`, { headers: { Host } });
      assert.equal(answer.status, 400, Host);
      assert.doesNotMatch(JSON.stringify(answer.headers) + answer.body, /evil/);
    }
  }
  const socket = net.connect(Number(new URL(hub.url).port), '127.0.0.1');
  socket.end(`GET /v2/ HTTP/1.1\r\nHost: ${hub.domain}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`);
  const twice = Buffer.concat(await socket.toArray()).toString();
  assert.match(twice, /^HTTP\/1.1 400 /);
  assert.doesNotMatch(twice, /evil/);
  await using other = await OwnHub.open({ origins: ['http://hub.drydock', 'https://learn.example'] });
  for (const [Host, origin] of [
    ['hub.drydock', 'http://hub.drydock'],
    ['Hub.Drydock', 'http://hub.drydock'],
    ['learn.example', 'https://learn.example'],
  ]) {
    const answer = await other.ask('GET /v2/', { headers: { Host } });
    assert.equal(answer.header('www-authenticate'), `Bearer realm="${origin}/token",service="hub.drydock"`);
  }
});
