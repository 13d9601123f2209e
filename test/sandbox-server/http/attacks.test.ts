// What another site's page, or a script, must not be able to do over HTTP.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { afterAll, test } from 'vitest';
import { ask, askOften, sameOrigin, startTestServer } from '../server.ts';

const server = await startTestServer();
afterAll(() => server[Symbol.asyncDispose]());
const lab = await server.open();
const evil = 'https://evil.example';

/** Sends bytes as they are; resolves with the status of the answer. */
function raw(text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.settings.port, '127.0.0.1', () => socket.write(text));
    let got = '';
    socket.on('data', (chunk) => {
      got += chunk;
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(got)?.[1] ?? 0)));
  });
}

const forged: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  [
    'a form of another site',
    { origin: evil, 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' },
  ],
  ['text/plain JSON of another site', { origin: evil, 'sec-fetch-site': 'cross-site', 'content-type': 'text/plain' }],
  ['fetch no-cors of another site', { origin: evil, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ['another port of this machine', { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' }],
  ['a suffix of our origin', { origin: `${server.origin}.evil.example`, 'sec-fetch-site': 'cross-site' }],
  ['a page without an origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['no Origin', { 'sec-fetch-site': 'same-origin' }],
  ['no Sec-Fetch-Site', { origin: server.origin }],
  ['our Origin but another site', { origin: server.origin, 'sec-fetch-site': 'cross-site' }],
  ['neither', {}],
  ['a method override', { 'x-http-method-override': 'GET', origin: evil }],
];
for (const [what, headers] of forged) {
  test(`F02 server refuses unsafe methods when they come with ${what}`, async () => {
    const body = { lesson: 'playground' };
    assert.equal((await ask(`${server.url}/api/sessions`, 'POST', { headers, cookie: lab.cookie, body })).status, 403);
    const address = `${server.url}/api/sessions/${lab.session}`;
    assert.equal((await ask(address, 'DELETE', { headers, cookie: lab.cookie })).status, 403);
    assert.equal((await ask(`${address}/ticket`, 'POST', { headers, cookie: lab.cookie })).status, 403);
  });
}

test('F02 server reads JSON only', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const headers = { 'content-type': type };
    const answer = await server.ask('POST', '/api/sessions', {
      headers,
      body: { lesson: 'playground' },
      cookie: lab.cookie,
    });
    assert.equal(answer.status, 400, type);
  }
});

test('F02 no answer lets another origin read it', async () => {
  const answer = await ask(`${server.url}/api/progress`, 'GET', { headers: { origin: evil }, cookie: lab.cookie });
  assert.equal(answer.headers['access-control-allow-origin'], undefined);
  const preflight = await ask(`${server.url}/api/sessions`, 'OPTIONS', {
    headers: { origin: evil, 'access-control-request-method': 'POST' },
  });
  assert.equal(preflight.status, 403);
});

test('F13 server answers only to its own names', async () => {
  const { port } = server.settings;
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    `localhost:${port}.evil.example`,
    'localhost',
    '169.254.169.254',
  ]) {
    assert.equal((await ask(`${server.url}/healthz`, 'GET', { headers: { host } })).status, 400, host);
  }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `LOCALHOST:${port}`]) {
    assert.equal((await ask(`${server.url}/healthz`, 'GET', { headers: { host } })).status, 200, host);
  }
});

test('F13 server refuses with 400 methods and targets that mean something to a proxy only', async () => {
  const host = `Host: localhost:${server.settings.port}\r\n`;
  for (const line of [
    'TRACE / HTTP/1.1',
    'CONNECT localhost:22 HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'GET http://evil.example/ HTTP/1.0',
    `GET ${server.origin}/api/progress HTTP/1.1`,
    'GET //etc/passwd HTTP/1.1',
    'GET /%2e%2e/%2e%2e/package.json HTTP/1.1',
    'GET /..%2f..%2fpackage.json HTTP/1.1',
    'GET /..;/package.json HTTP/1.1',
    'GET /a;b HTTP/1.1',
    'GET /a/../b HTTP/1.1',
    'GET /a%3bb HTTP/1.1',
    'GET /a%5cb HTTP/1.1',
    'GET /%00 HTTP/1.1',
    'GET /%ff HTTP/1.1',
    'GET /%zz HTTP/1.1',
    'GET /%25%32%66 HTTP/1.1',
  ]) {
    assert.equal(await raw(`${line}\r\n${host}\r\n`), 400, line);
  }
});

test('F13 a route is reached under one name alone, so that no limit and no header is left out', async () => {
  for (const address of ['/%61pi/progress', '/a%70i/progress', '/api/%70rogress', '/api//progress']) {
    const answer = await server.ask('GET', address, { cookie: lab.cookie });
    assert.equal(answer.status, 400, address);
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/, address);
    assert.equal(answer.headers['cache-control'], 'no-store', address);
  }
  const body = { lesson: 'playground', question: 'q', choice: '1' };
  assert.equal((await server.ask('PUT', '/%61pi/progress/quiz', { cookie: lab.cookie, body })).status, 400);
  assert.equal((await server.ask('GET', '/caf%C3%A9%20au%20lait/')).status, 404, 'what must be escaped may be');
  for (const address of ['/api/progress?%61=%2f', '/api/no/such/route', '/healthz']) {
    assert.equal((await server.ask('GET', address)).headers['cache-control'], 'no-store', address);
  }
});

test('F13 X-Forwarded-For is not believed when it comes from anybody', async () => {
  await using strict = await startTestServer();
  const statuses: number[] = [];
  // Until it is refused: how many that takes depends on how fast the machine answers.
  for (let round = 0; round < 20 && !statuses.includes(429); round++) {
    const addresses = Array.from({ length: 20 }, (_, count) => `10.0.${round}.${count}`);
    const asked = addresses.map((address) => askOften(strict.settings.port, 'GET /healthz', address));
    statuses.push(...(await Promise.all(asked)).flat());
  }
  assert.ok(statuses.includes(429), 'all count for the one address they came from');
});

test('server refuses bodies, headers and JSON that are too large or no good', async () => {
  const large = { lesson: 'x'.repeat(10_000) };
  assert.equal((await server.ask('POST', '/api/sessions', { body: large, cookie: lab.cookie })).status, 413);
  for (const body of [
    '{',
    '[]',
    '1',
    '{"lesson":1}',
    '{"lesson":"playground","more":1}',
    '{"lesson":"playground","rows":0}',
  ]) {
    assert.equal((await server.ask('POST', '/api/sessions', { body, cookie: lab.cookie })).status, 400, body);
  }
  assert.equal(
    (await server.ask('POST', '/api/sessions', { body: { lesson: '../etc' }, cookie: lab.cookie })).status,
    404,
  );
  const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, count) => [`x-${count}`, 'y'.repeat(20)]));
  assert.equal((await server.ask('GET', '/healthz', { headers: many })).status, 431);
  assert.equal((await server.ask('GET', '/healthz')).status, 200, 'and it goes on');
});

test('every answer says what a browser may do with it', async () => {
  const answers = [
    await server.ask('GET', '/no/such/page'),
    await server.ask('GET', '/api/progress'),
    await server.ask('GET', '/api/no/such/route'),
    await ask(`${server.url}/api/sessions`, 'POST', { headers: sameOrigin(evil) }),
  ];
  for (const { headers } of answers) {
    assert.match(String(headers['content-security-policy']), /default-src '(self|none)'.*frame-ancestors 'none'/);
    assert.doesNotMatch(String(headers['content-security-policy']), /script-src[^;]*unsafe/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
  }
});

test('a request that would rather speak another protocol is answered in this one', async () => {
  const headers = { connection: 'Upgrade', upgrade: 'h2c' };
  assert.equal((await ask(`${server.url}/healthz`, 'GET', { headers })).status, 200);
});
