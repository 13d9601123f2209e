// A lab with something to preview, for tests: a container whose port is published, and a browser's part of the exchange.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Settings } from '../../../sandbox-server/settings.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import { type Answer, type Asked, ask, cookieOf, type OpenedLab, startTestServer, type TestServer } from '../server.ts';

/** Answers with the request as it came; by its path, with what a hostile container might say. */
const echo = `#!/bin/sh
head=''
while IFS= read -r line; do
  line=$(printf %s "$line" | tr -d '\\r')
  [ -z "$line" ] && break
  case $line in [Ss]ec-[Ww]eb[Ss]ocket-[Kk]ey:*) key=\${line#*: } ;; [Cc]ontent-[Ll]ength:*) length=\${line#*: } ;; esac
  head="$head$line
"
done
say() { printf 'HTTP/1.1 %s\\r\\nConnection: close\\r\\n' "$1"; }
case $head in
'GET /ws'*)
  accept=$(printf %s "\${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11" | sha1sum | cut -c1-40 | xxd -r -p | base64)
  printf 'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n'
  printf 'Sec-WebSocket-Accept: %s\\r\\nStrict-Transport-Security: max-age=9\\r\\n\\r\\n' "$accept"
  exec cat ;;
'GET /evil'*)
  say '200 OK'
  printf 'Content-Type: text/html\\r\\nSet-Cookie: drydock=tossed; Path=/\\r\\nSet-Cookie: __Host-drydock=tossed; Path=/; Secure\\r\\n'
  printf 'Set-Cookie: DRYDOCK-preview=x\\r\\nSet-Cookie: =drydock=x\\r\\nSet-Cookie: mine=1; Domain=localhost; Path=/\\r\\n'
  printf 'Strict-Transport-Security: max-age=31536000; includeSubDomains\\r\\nClear-Site-Data: "*"\\r\\nAlt-Svc: h3=":443"\\r\\n'
  printf 'X-Accel-Redirect: /etc/passwd\\r\\nX-Sendfile: /etc/passwd\\r\\nService-Worker-Allowed: /\\r\\nX-Frame-Options: DENY\\r\\n'
  printf 'Content-Security-Policy: frame-ancestors *; img-src x.example\\r\\nCache-Control: public, s-maxage=600, max-age=60\\r\\n'
  printf 'Connection: x-hop\\r\\nX-Hop: 1\\r\\nKeep-Alive: timeout=9\\r\\nProxy-Authenticate: Basic\\r\\nX-Kept: yes\\r\\n\\r\\nevil' ;;
'GET /own'*) say '302 Found'; printf 'Location: http://localhost/next?a=1\\r\\n\\r\\n' ;;
'GET /lesson'*) say '302 Found'; printf 'Location: //localhost:1/lessons/first-container/\\r\\n\\r\\n' ;;
'GET /garbage'*) printf 'this is no HTTP\\r\\n\\r\\n' ;;
'GET /status?'*) code=\${head#*\\?}; printf 'HTTP/1.1 %s X\\r\\nUpgrade: x\\r\\nConnection: Upgrade\\r\\n\\r\\nx' "\${code%% *}" ;;
'GET /nothing'*) ;;
'GET /bad-header'*) say '200 OK'; printf 'X-A: a\\001b\\r\\nLocation: http://[\\r\\nRefresh: 0; url=//x\\r\\n\\r\\n' ;;
'GET /two'*) printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\nHTTP/1.1 200 OK\\r\\n' ;;
'GET /half'*) say '200 OK'; printf 'Content-Length: 1000\\r\\n\\r\\nhalf' ;;
'GET /large'*) say '200 OK'; printf '\\r\\n'; dd if=/dev/zero bs=1M count=64 2>/dev/null ;;
'POST /count'*) say '200 OK'; printf '\\r\\n'; head -c "\${length}" | wc -c ;;
*) say '200 OK'; printf 'Content-Type: text/plain\\r\\n\\r\\n%s' "$head" ;;
esac
`;

export interface PreviewLab extends AsyncDisposable {
  readonly engine: RunningEngine;
  readonly server: TestServer;
  readonly lab: OpenedLab;
  /** The engine's name of the lab's host. */
  readonly host: string;
}

/** A lab that is ready; `ports` are published by containers that answer with the request as it came. */
export async function startPreviewLab(ports: readonly number[], settings: Partial<Settings> = {}): Promise<PreviewLab> {
  await using things = new AsyncDisposableStack();
  const engine = things.use(await sharedEngine());
  const server = things.use(await startTestServer({ engineSocket: engine.socket, ...settings }));
  const lab = await server.open();
  const page = await server.enter(lab);
  await page.hears('session', ({ phase }) => phase === 'ready');
  const [{ name: host } = { name: '' }] = await engine.client.hosts();
  for (const port of ports) await serveEcho(engine, host, port);
  const ended = things.move();
  return { engine, server, lab, host, [Symbol.asyncDispose]: () => ended.disposeAsync() };
}

export async function serveEcho(engine: RunningEngine, host: string, port: number): Promise<void> {
  const script = `printf %s "$ECHO" > /echo.sh; chmod +x /echo.sh; exec nc -ll -p 80 -e /echo.sh`;
  const argv = ['run', '-d', '-p', `${port}:80`, '-e', `ECHO=${echo}`, 'busybox', 'sh', '-c', script];
  const { exitCode, stderr } = await engine.docker(host, ...argv);
  assert.equal(exitCode, 0, stderr);
  await listens(engine, host, port);
}

/** Resolves once something listens on a port of a host. */
export async function listens(engine: RunningEngine, host: string, port: number): Promise<void> {
  await until(`port ${port} answers`, async () => {
    const ending = new AbortController();
    const socket = await engine.client.dial(host, port, ending.signal).catch(() => null);
    socket?.destroy();
    return socket !== null;
  });
}

/** One preview as a browser sees it: its address, and the cookie that it got. */
export class PreviewVisit {
  readonly origin: string;
  readonly host: string;
  readonly cookie: string;
  readonly #server: TestServer;

  constructor(server: TestServer, origin: string, cookie: string) {
    this.#server = server;
    this.origin = origin;
    this.host = new URL(origin).host;
    this.cookie = cookie;
  }

  /** The whole cookie header of the answer that let us in is in `entered`. */
  static async open(
    server: TestServer,
    lab: OpenedLab,
    port: number,
  ): Promise<{ visit: PreviewVisit; entered: Answer; url: string }> {
    const url = await previewUrl(server, lab, port);
    const { origin, host, pathname, search } = new URL(url);
    const entered = await ask(server.url + pathname + search, 'GET', { headers: { host } });
    return { visit: new PreviewVisit(server, origin, cookieOf(entered)), entered, url };
  }

  ask(method: string, path: string, { headers, cookie, ...asked }: Asked = {}): Promise<Answer> {
    const own = { host: this.host, ...headers };
    return ask(this.#server.url + path, method, { ...asked, cookie: cookie ?? this.cookie, headers: own });
  }

  /** Sends bytes as they are, with Host and cookie where `HEAD` stands. Else as `rawExchange`. */
  raw(text: string, until?: RegExp): Promise<string> {
    const head = `Host: ${this.host}\r\nCookie: ${this.cookie}\r\n`;
    return rawExchange(this.#server.settings.port, text.replace('HEAD', head), until);
  }
}

/** What a server says to these bytes until it hangs up, or has said what matches `until`. */
export function rawExchange(port: number, text: string, until?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let got = '';
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1');
      if (until?.test(got)) socket.destroy();
    });
    // Who hangs up on what was not read yet resets the connection.
    socket.on('error', (error) => got === '' && reject(error));
    socket.on('close', () => resolve(got));
  });
}

export async function previewUrl(server: TestServer, lab: OpenedLab, port: number): Promise<string> {
  const answer = await server.ask('POST', `/api/sessions/${lab.session}/previews`, {
    cookie: lab.cookie,
    body: { port },
  });
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text).url;
}
