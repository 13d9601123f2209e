// Previews share nothing with the site: neither cookies nor addresses nor connections (F08, F11).

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, test } from 'vitest';
import {
  type PreviewLab,
  PreviewVisit,
  previewUrl,
  rawExchange,
  startPreviewLab,
} from '../sandbox-server/previews/lab.ts';
import { ask, type OpenedLab } from '../sandbox-server/server.ts';
import { until } from '../support/until.ts';

let there: PreviewLab;
let lab: OpenedLab;
let visit: PreviewVisit;

beforeAll(async () => {
  there = await startPreviewLab([8080]);
  ({ lab } = there);
  ({ visit } = await PreviewVisit.open(there.server, lab, 8080));
});

afterAll(async () => {
  await there?.[Symbol.asyncDispose]();
});

const port = () => there.server.settings.port;

describe('F08', () => {
  test('a preview is its student’s alone', async () => {
    assert.equal((await visit.ask('GET', '/', { cookie: '' })).status, 403);
    assert.equal((await visit.ask('GET', '/', { cookie: lab.cookie })).status, 403, 'the site’s cookie is none here');
    const [name = ''] = visit.host.split('.');
    for (const value of ['', '.', name, `${name}.`, `${name}.${'A'.repeat(43)}`])
      assert.equal((await visit.ask('GET', '/', { cookie: `__Host-drydock-preview=${value}` })).status, 403, value);
    const other = await there.server.open();
    const asked = { cookie: other.cookie, body: { port: 8080 } };
    assert.equal((await there.server.ask('POST', `/api/sessions/${lab.session}/previews`, asked)).status, 404);
  });

  test('a Host header of another preview, of none, or of another site leads nowhere', async () => {
    const { visit: other } = await PreviewVisit.open(there.server, lab, 8081);
    assert.equal(
      (await visit.ask('GET', '/', { headers: { host: other.host } })).status,
      403,
      'the cookie is of one preview',
    );
    for (const host of [
      `${'0'.repeat(32)}.preview.localhost:${port()}`,
      `x.preview.localhost:${port()}`,
      `${visit.host.split('.')[0]}.x.preview.localhost:${port()}`,
    ])
      assert.equal((await visit.ask('GET', '/', { headers: { host } })).status, 404, host);
    for (const host of [
      `preview.localhost:${port()}`,
      'evil.example',
      `${visit.host}.evil.example`,
      visit.host.split(':')[0] ?? '',
    ])
      assert.equal((await visit.ask('GET', '/', { headers: { host } })).status, 400, host);
    assert.equal((await visit.ask('GET', '/', { headers: { host: visit.host.toUpperCase() } })).status, 200);
  });

  test('a token lets into its own preview alone', async () => {
    const { visit: other } = await PreviewVisit.open(there.server, lab, 8081);
    const { pathname, search } = new URL(await previewUrl(there.server, lab, 8080));
    assert.equal((await other.ask('GET', pathname + search, { cookie: '' })).status, 403);
    assert.equal((await visit.ask('GET', '/__drydock/enter?token=', { cookie: '' })).status, 403);
  });

  test('the site’s routes are not on a preview’s origin, and its origin is none of the site’s', async () => {
    const { text } = await visit.ask('GET', '/api/progress');
    assert.match(text, /^GET \/api\/progress HTTP/m, 'the container answers');
    const address = `${there.server.url}/api/sessions/${lab.session}/ticket`;
    for (const site of ['cross-site', 'same-site', 'same-origin']) {
      const headers = { origin: visit.origin, 'sec-fetch-site': site };
      assert.equal((await ask(address, 'POST', { cookie: lab.cookie, headers })).status, 403, site);
    }
    const preflight = { origin: visit.origin, 'access-control-request-method': 'POST' };
    const answer = await ask(address, 'OPTIONS', { headers: preflight });
    assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [403, undefined]);
    assert.equal(await there.server.connect(lab.cookie, { origin: visit.origin }).refused, 403, 'nor its socket');
  });

  test('the site may show previews in frames, and nothing else; a preview nobody but the site', async () => {
    const { headers } = await there.server.ask('GET', '/');
    assert.match(
      String(headers['content-security-policy']),
      new RegExp(`frame-src http://\\*\\.preview\\.localhost:${port()};`),
    );
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
    const policy = String((await visit.ask('GET', '/')).headers['content-security-policy']);
    assert.equal(policy, `frame-ancestors 'self' ${there.server.origin} http://127.0.0.1:${port()}`);
  });

  test('our cookies and what only a proxy may say are not passed on', async () => {
    const cookie = `${visit.cookie}; drydock=a; __Host-drydock=b; theirs=1; DryDock-Preview=c; other=2`;
    const headers = {
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'for=6.6.6.6',
      'x-real-ip': '6.6.6.6',
      via: 'evil',
      connection: 'close, x-hop',
      'x-hop': '1',
      te: 'trailers',
      'keep-alive': '9',
      'proxy-authorization': 'Basic eA==',
      upgrade: 'h2c',
      'x-original-url': '/admin',
    };
    const { text } = await visit.ask('GET', '/', { cookie, headers });
    assert.match(text, /^cookie: theirs=1; other=2$/im);
    assert.doesNotMatch(
      text,
      /drydock|6\.6\.6\.6|evil|x-hop|x-original|^(te|via|forwarded|keep-alive|upgrade|proxy-|http2)/im,
    );
    assert.match(text, /^connection: close$/im);
  });

  test('what an answer says beyond its own page is not passed on', async () => {
    const { headers, text } = await visit.ask('GET', '/evil');
    assert.equal(text, 'evil');
    assert.deepEqual(headers['set-cookie'], ['mine=1; Path=/; Secure; SameSite=None; Partitioned']);
    for (const name of [
      ...['strict-transport-security', 'clear-site-data', 'alt-svc', 'x-accel-redirect', 'x-sendfile'],
      ...['service-worker-allowed', 'x-frame-options', 'x-hop', 'proxy-authenticate'],
    ])
      assert.equal(headers[name], undefined, name);
    assert.equal(headers['x-kept'], 'yes');
    assert.equal(headers['cache-control'], 'private, max-age=60', 'no cache between may give it to others');
    assert.match(
      String(headers['content-security-policy']),
      /^img-src x\.example, frame-ancestors 'self' http:\/\/localhost/,
    );
    assert.equal(headers['origin-agent-cluster'], '?1');
  });

  test('a redirect to another port of localhost leads to that port of the student’s host, and a page that fetches nowhere', async () => {
    const { status, headers } = await visit.ask('GET', '/lesson', { headers: { 'sec-fetch-mode': 'navigate' } });
    assert.equal(status, 302);
    const way = new URL(String(headers.location));
    assert.match(way.origin, new RegExp(`^http://[0-9a-f]{32}\\.preview\\.localhost:${port()}$`));
    assert.notEqual(way.origin, visit.origin);
    const entered = await ask(`http://127.0.0.1:${port()}${way.pathname}${way.search}`, 'GET', {
      headers: { host: way.host },
    });
    assert.deepEqual([entered.status, entered.headers.location], [303, '/lessons/first-container/']);
    const fetched = await visit.ask('GET', '/lesson', { headers: { 'sec-fetch-mode': 'cors' } });
    assert.equal(fetched.headers.location, '//localhost:1/lessons/first-container/');
  });

  test('the site cannot be framed', async () => {
    assert.equal((await there.server.ask('GET', '/')).headers['x-frame-options'], 'DENY');
  });

  test('an address that is no path, and methods of proxies, are refused', async () => {
    for (const line of [
      'GET http://169.254.169.254/latest HTTP/1.1',
      `GET http://localhost:${port()}/healthz HTTP/1.1`,
      'GET evil HTTP/1.1',
      'TRACE / HTTP/1.1',
      'CONNECT localhost:22 HTTP/1.1',
    ]) {
      const answer = await visit.raw(`${line}\r\nHEADConnection: close\r\n\r\n`);
      assert.match(answer, /^(HTTP\/1\.1 4\d\d |$)/, line);
    }
    // The target is the preview's, whatever the path says.
    assert.match(
      await visit.raw('GET //169.254.169.254/x HTTP/1.1\r\nHEADConnection: close\r\n\r\n'),
      /GET \/\/169\.254\.169\.254\/x HTTP\/1\.1/,
    );
  });

  test('a request that could be read as two is refused, and a container’s answer too', async () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
    for (const [what, head, body] of [
      ['CL.TE', `Content-Length: ${smuggled.length + 5}\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${smuggled}`],
      ['TE.CL', `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n`, `5c\r\n${smuggled}\r\n0\r\n\r\n`],
      ['two lengths', `Content-Length: 5\r\nContent-Length: 6\r\n`, 'hello!'],
      ['a strange coding', `Transfer-Encoding: xchunked\r\n`, `0\r\n\r\n${smuggled}`],
      ['two codings', `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n`, `0\r\n\r\n${smuggled}`],
      ['a space before the colon', `Transfer-Encoding : chunked\r\n`, `0\r\n\r\n${smuggled}`],
      ['a bare line feed', `X: y\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${smuggled}`],
      ['a folded line', `X: y\r\n Transfer-Encoding: chunked\r\n`, `0\r\n\r\n${smuggled}`],
    ] as const) {
      const answer = await visit.raw(`POST / HTTP/1.1\r\nHEADConnection: close\r\n${head}\r\n${body}`);
      assert.match(answer, /^HTTP\/1\.1 400 /, what);
      assert.doesNotMatch(answer, /smuggled HTTP/, what);
    }
    assert.equal((await visit.ask('GET', '/two')).status, 502);
    assert.equal((await visit.ask('GET', '/garbage')).status, 502);
    const half = await visit.raw('GET /half HTTP/1.1\r\nHEAD\r\n');
    assert.match(half, /content-length: 1000\r\n.*\r\nhalf$/s, 'half an answer is not made to look whole');
  });

  test('an answer that is none, whatever it is, ends in words, and the server goes on', async () => {
    for (const code of ['099', '0', '1000', '-1', 'abc', '101', '199', '204', '304', '600', '999']) {
      const { status } = await visit.ask('GET', `/status?${code}`);
      assert.ok([502, Number(code)].includes(status), `${code}: ${status}`);
    }
    for (const path of ['/nothing', '/bad-header', '/garbage'])
      assert.ok((await visit.ask('GET', path)).status > 0, path);
    assert.equal((await visit.ask('GET', '/')).status, 200);
  });

  test('requests on one connection go to the container one by one, whatever the first one left', async () => {
    const second = `GET /second HTTP/1.1\r\nHost: ${visit.host}\r\nConnection: close\r\n\r\n`;
    const answer = await visit.raw(`GET /first HTTP/1.1\r\nHEAD\r\n${second}`);
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    assert.deepEqual(statuses[0], '200');
    assert.equal(statuses.filter((status) => status === '403').length, 1, 'the second has no cookie');
  });

  test('an upgrade to anything but a WebSocket is no tunnel', async () => {
    for (const protocol of ['h2c', 'tcp', 'TLS/1.0', 'drydock']) {
      const answer = await visit.raw(
        `GET /x HTTP/1.1\r\nHEADConnection: Upgrade, close\r\nUpgrade: ${protocol}\r\n\r\nGET /tunnelled HTTP/1.1\r\n`,
      );
      assert.match(answer, /^HTTP\/1\.1 200 /, protocol);
      assert.doesNotMatch(answer, /upgrade: /i, protocol);
      assert.doesNotMatch(answer, /GET \/tunnelled/, protocol);
    }
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: ${visit.origin}\r\n${key}`;
    const refused = await visit.raw(`GET /no HTTP/1.1\r\nHEAD${upgrade}\r\nGET /tunnelled HTTP/1.1\r\n\r\n`);
    assert.match(refused, /^HTTP\/1\.1 502 /, 'a container that does not switch gets nothing more');
    assert.doesNotMatch(refused, /tunnelled/);
    const opened = await visit.raw(`GET /ws HTTP/1.1\r\nHEAD${upgrade}\r\nbytes`, /bytes$/);
    assert.match(opened, /^HTTP\/1\.1 101 .*\r\n\r\nbytes$/s);
    assert.doesNotMatch(opened, /strict-transport/i);
  });

  test('a lab’s previews have so many connections, and the site goes on', async () => {
    const sockets = Array.from({ length: 48 }, () => {
      const socket = connect(port(), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        `POST /count HTTP/1.1\r\nHost: ${visit.host}\r\nCookie: ${visit.cookie}\r\nContent-Length: 9\r\n\r\n`,
      );
      return socket;
    });
    await until('there are too many', async () => (await visit.ask('GET', '/')).status === 503);
    assert.equal((await there.server.ask('GET', '/healthz')).status, 200);
    for (const socket of sockets) socket.destroy();
    await until('there is room again', async () => (await visit.ask('GET', '/')).status === 200);
  });

  test('a lab that has ended is gone, and its name with it', async () => {
    const other = await there.server.open();
    const page = await there.server.enter(other);
    await page.hears('session', ({ phase }) => phase === 'ready');
    const { visit: theirs } = await PreviewVisit.open(there.server, other, 8080);
    assert.equal((await theirs.ask('GET', '/')).status, 502, 'another lab’s port 8080 is another one');
    await there.server.ask('DELETE', `/api/sessions/${other.session}`, { cookie: other.cookie });
    assert.equal((await theirs.ask('GET', '/', { headers: { accept: 'text/html' } })).status, 410);
    assert.match(
      await rawExchange(port(), `GET / HTTP/1.1\r\nHost: ${theirs.host}\r\nConnection: close\r\n\r\n`),
      /^HTTP\/1\.1 403/,
    );
  });

  test('after a reset a port has another origin, and the old one is gone with what its pages left in the browser', async () => {
    const page = await there.server.enter(await there.server.ticket(lab));
    page.send({ type: 'reset', to: 'start' });
    await until('it is ready again', () => {
      const phases = page.heard.filter((message) => message.type === 'session');
      const began = phases.findIndex((state) => state.phase === 'starting' && state.why === 'reset');
      return began >= 0 && phases.slice(began).some(({ phase }) => phase === 'ready');
    });
    assert.equal((await visit.ask('GET', '/')).status, 410);
    const { visit: again } = await PreviewVisit.open(there.server, lab, 8080);
    assert.notEqual(again.origin, visit.origin);
    assert.equal((await again.ask('GET', '/')).status, 502, 'nothing runs at the start');
  });

  test('F11 previews are opened so often and no oftener', async () => {
    const statuses = new Set<number>();
    const address = `/api/sessions/${lab.session}/previews`;
    for (let n = 0; n < 200 && !statuses.has(429); n++) {
      statuses.add((await there.server.ask('POST', address, { cookie: lab.cookie, body: { port: 8080 } })).status);
    }
    assert.deepEqual([...statuses], [200, 429]);
  });
});
