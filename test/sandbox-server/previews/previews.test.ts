// Previews on a real engine: a published port's page, on an origin of its own, with its WebSockets, its redirects and its TLS.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../../support/until.ts';
import type { OpenedLab } from '../server.ts';
import { listens, type PreviewLab, PreviewVisit, previewUrl, serveEcho, startPreviewLab } from './lab.ts';

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

describe('a preview', () => {
  test('has an origin of its own, which lets the student’s browser in once for each link', async () => {
    const { entered, url, visit: again } = await PreviewVisit.open(there.server, lab, 8080);
    assert.match(
      url,
      new RegExp(`^http://[0-9a-f]{32}\\.preview\\.localhost:${port()}/__drydock/enter\\?token=[\\w-]{32}$`),
    );
    assert.equal(again.origin, visit.origin, 'one origin for one port of one lab');
    assert.deepEqual([entered.status, entered.headers.location], [303, '/']);
    const [cookie = ''] = entered.headers['set-cookie'] ?? [];
    assert.match(cookie, /^__Host-drydock-preview=[\w.-]+; Path=\/; HttpOnly; Secure; SameSite=None; Partitioned$/);
    assert.equal(entered.headers['referrer-policy'], 'no-referrer');
    const { pathname, search } = new URL(url);
    assert.equal((await again.ask('GET', pathname + search, { cookie: '' })).status, 403, 'the token is used');
  });

  test('leads on to the path that was asked for, and nowhere but to its own origin', async () => {
    const wanted = {
      '/a b?c=d#e': '/a%20b?c=d#e',
      'deep.html': '/deep.html',
      '//evil.example/': '/',
      '/\\evil.example/': '/',
      '/.//evil.example/': '/',
      'https://evil.example/': '/',
      'http://[': '/',
      '/a\r\nset-cookie: a=b': '/aset-cookie:%20a=b',
    };
    for (const [to, location] of Object.entries(wanted)) {
      const { pathname, search } = new URL(await previewUrl(there.server, lab, 8080));
      const { headers } = await visit.ask('GET', `${pathname}${search}&to=${encodeURIComponent(to)}`, { cookie: '' });
      assert.equal(headers.location, location, to);
    }
  });

  test('shows what the container says, and tells it who asks', async () => {
    const { status, text, headers } = await visit.ask('GET', '/a%20b?c=d&e', { headers: { range: 'bytes=0-9' } });
    assert.equal(status, 200);
    assert.match(text, /^GET \/a%20b\?c=d&e HTTP\/1\.1$/m);
    assert.match(text, /^range: bytes=0-9$/im);
    assert.equal(headers['content-type'], 'text/plain');
  });

  test('is asked for as localhost and its port, which development servers take', async () => {
    const headers = { origin: visit.origin, referer: `${visit.origin}/before?a=1` };
    const { text } = await visit.ask('POST', '/form', { headers });
    assert.match(text, /^host: localhost:8080$/im);
    assert.match(text, /^origin: http:\/\/localhost:8080$/im);
    assert.match(text, /^referer: http:\/\/localhost:8080\/before\?a=1$/im);
    assert.doesNotMatch(text, /preview|x-forwarded/i);
    const others = await visit.ask('POST', '/form', { headers: { origin: 'https://other.example' } });
    assert.match(others.text, /^origin: https:\/\/other\.example$/im, 'what is another’s stays so');
  });

  test('of a port that speaks TLS is asked for in TLS, and in plain HTTP once something else has the port', async () => {
    const inWorkspace = (argv: readonly string[]) => there.engine.client.run(there.host, { argv });
    const made = await inWorkspace(
      'openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=student -days 1 -keyout /tmp/key.pem -out /tmp/cert.pem'.split(
        ' ',
      ),
    );
    assert.equal(made.exitCode, 0, made.stderr);
    const serve = async (tls: boolean): Promise<void> => {
      const program = [
        'import http.server, ssl, os',
        'os.fork() and os._exit(0)',
        'class H(http.server.BaseHTTPRequestHandler):',
        '  def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(("said to " + self.headers["host"]).encode())',
        'server = http.server.HTTPServer(("127.0.0.1", 9443), H, False)',
        ...(tls
          ? [
              'context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain("/tmp/cert.pem", "/tmp/key.pem")',
              'server.socket = context.wrap_socket(server.socket, server_side=True)',
            ]
          : []),
        'open("/tmp/server.pid", "w").write(str(os.getpid())); n = os.open("/dev/null", os.O_RDWR); [os.dup2(n, i) for i in (0, 1, 2)]',
        // It listens once it can answer: nobody takes it for a port that speaks no TLS.
        'server.server_bind(); server.server_activate(); server.serve_forever()',
      ].join('\n');
      const { exitCode, stderr } = await inWorkspace(['python3', '-c', program]);
      assert.equal(exitCode, 0, stderr);
      await listens(there.engine, there.host, 9443);
    };
    await serve(true);
    const { visit: secure } = await PreviewVisit.open(there.server, lab, 9443);
    const led = await secure.ask('GET', '/x?y=1');
    assert.deepEqual([led.status, led.headers.location], [307, '/x?y=1']);
    assert.deepEqual((await secure.ask('GET', '/x?y=1')).text, 'said to localhost:9443');
    await inWorkspace(['sh', '-c', 'kill -9 "$(cat /tmp/server.pid)"']);
    await until('the port is free', async () => (await secure.ask('GET', '/')).status === 502);
    await serve(false);
    await until(
      'it is asked in plain HTTP',
      async () => (await secure.ask('GET', '/')).text === 'said to localhost:9443',
    );
  });

  test('passes bodies on, both ways, and large ones without keeping them', async () => {
    const { text } = await visit.ask('POST', '/count', { body: 'x'.repeat(300_000) });
    assert.equal(text.trim(), '300000');
    const answer = await visit.ask('GET', '/large');
    assert.equal(answer.text.length, 64 * 1024 * 1024);
  });

  test('says so when nothing listens, in words where no page is wanted, and looks again by itself', async () => {
    const { visit: nothing } = await PreviewVisit.open(there.server, lab, 9999);
    const page = await nothing.ask('GET', '/', { headers: { accept: 'text/html' } });
    assert.equal(page.status, 502);
    assert.match(page.text, /Nothing answers on port 9999 of [\w-]+<\/h1>.*docker ps/s);
    assert.match(
      String(page.headers['content-security-policy']),
      /default-src 'none'.*frame-ancestors 'self' http:\/\/localhost/,
    );
    assert.match((await nothing.ask('GET', '/x.png')).text, /^Nothing answers on port 9999/);
    assert.equal((await nothing.ask('GET', '/__drydock/ready')).status, 503);
    assert.equal((await visit.ask('GET', '/__drydock/ready')).status, 204);
    await serveEcho(there.engine, there.host, 9999);
    assert.equal((await nothing.ask('GET', '/__drydock/ready')).status, 204);
    assert.equal((await nothing.ask('GET', '/')).status, 200);
  });

  test('turns a container’s own address in a redirect into one that works', async () => {
    assert.equal((await visit.ask('GET', '/own')).headers.location, `${visit.origin}/next?a=1`);
  });

  test('carries WebSockets, from its own page alone', async () => {
    const open = (headers: Readonly<Record<string, string>>) =>
      new WebSocket(`ws://127.0.0.1:${port()}/ws`, {
        headers: { host: visit.host, ...headers },
        perMessageDeflate: false,
      });
    const socket = open({ origin: visit.origin, cookie: visit.cookie });
    await once(socket, 'open');
    // The container sends our own bytes back, which are masked, and no server may do that: it is seen on the way out only.
    const failed = once(socket, 'error');
    socket.send('hello');
    assert.match(String((await failed)[0]), /MASK/);
    for (const headers of [
      { origin: visit.origin },
      { cookie: visit.cookie },
      { cookie: visit.cookie, origin: there.server.origin },
      { cookie: visit.cookie, origin: 'null' },
      { cookie: visit.cookie, origin: `${visit.origin}.evil.example` },
      { cookie: lab.cookie, origin: visit.origin },
    ]) {
      const refused = open(headers);
      const [, answer] = await once(refused, 'unexpected-response');
      assert.equal(answer.statusCode, 403, JSON.stringify(headers));
    }
  });
});
