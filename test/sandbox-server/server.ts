// A server of a test's own, on a free port: in this process, or as a process of its own. Without an engine unless one is
// named: sessions then stay "starting", which is all that tests of HTTP and sockets need.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectEngine, type EngineClient } from '@drydock/runtime';
import { pino } from 'pino';
import { dayMs } from '../../sandbox-server/limits.ts';
import { type Health, type OpenedSession, playground } from '../../sandbox-server/protocol.ts';
import { startServer } from '../../sandbox-server/server.ts';
import type { Settings } from '../../sandbox-server/settings.ts';
import { freePort, testRun } from '../support/instance.ts';
import { TestPage } from './page.ts';

const clone = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookie?: string;
  readonly body?: unknown;
}

/** One exchange, with exactly these headers beside Host. A body that is no string is sent as JSON. */
export function ask(url: string, method: string, asked: Asked = {}): Promise<Answer> {
  const body = asked.body === undefined || typeof asked.body === 'string' ? asked.body : JSON.stringify(asked.body);
  const headers = {
    ...(asked.cookie === undefined ? {} : { cookie: asked.cookie }),
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
    ...asked.headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/**
 * Asks for the same thing a hundred times on one connection, without waiting for an answer in between: faster than any limit on
 * rates lets through, on a busy machine too. The status of each answer.
 */
export function askOften(port: number, line: string, forwardedFor?: string): Promise<number[]> {
  const forwarded = forwardedFor === undefined ? '' : `X-Forwarded-For: ${forwardedFor}\r\n`;
  const head = `${line} HTTP/1.1\r\nHost: localhost:${port}\r\n${forwarded}`;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let got = '';
    socket.on('data', (chunk) => {
      got += chunk;
    });
    socket.on('error', (error) => got === '' && reject(error));
    socket.on('close', () => resolve(Array.from(got.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => Number(status))));
    socket.write(`${`${head}\r\n`.repeat(99)}${head}Connection: close\r\n\r\n`);
  });
}

/** What a browser adds to a same-origin `fetch`. */
export function sameOrigin(origin: string): Readonly<Record<string, string>> {
  return { origin, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' };
}

/** `name=value` of the cookie that an answer sets. */
export function cookieOf({ headers }: Answer): string {
  const [first = ''] = headers['set-cookie'] ?? [];
  return first.split(';')[0] ?? '';
}

export interface OpenedLab extends OpenedSession {
  readonly cookie: string;
}

/** `Known` are the settings that are known of it: all, where a test started it by itself. */
export class TestServer<Known extends Pick<Settings, 'port' | 'publicOrigin'> = Settings> implements AsyncDisposable {
  readonly url: string;
  readonly settings: Known;
  readonly #end: () => Promise<void>;
  readonly #pages: TestPage[] = [];

  constructor(settings: Known, end: () => Promise<void>) {
    this.url = `http://127.0.0.1:${settings.port}`;
    this.settings = settings;
    this.#end = end;
  }

  get origin(): string {
    return this.settings.publicOrigin;
  }

  /** As our own page asks. */
  ask(method: string, address: string, asked: Asked = {}): Promise<Answer> {
    return ask(this.url + address, method, { ...asked, headers: { ...sameOrigin(this.origin), ...asked.headers } });
  }

  /** Opens a lab as a new student, or as the one with this cookie. */
  async open(lesson: string = playground, cookie?: string): Promise<OpenedLab> {
    const answer = await this.ask('POST', '/api/sessions', {
      body: { lesson },
      ...(cookie === undefined ? {} : { cookie }),
    });
    if (answer.status !== 200) throw new Error(`open ${lesson}: ${answer.status} ${answer.text}`);
    return { ...JSON.parse(answer.text), cookie: cookie ?? cookieOf(answer) };
  }

  /** A page that has said `hello`. */
  async enter(lab: OpenedLab): Promise<TestPage> {
    const page = this.connect(lab.cookie);
    await page.opened;
    page.send({ type: 'hello', protocol: 1, ticket: lab.ticket });
    await page.hears('welcome');
    return page;
  }

  /** A socket that has said nothing yet. */
  connect(cookie: string, headers: Readonly<Record<string, string>> = {}): TestPage {
    const page = new TestPage(`${this.url.replace('http', 'ws')}/api/socket`, {
      origin: this.origin,
      cookie,
      ...headers,
    });
    this.#pages.push(page);
    return page;
  }

  /** What the server says of itself. */
  async health(): Promise<Health> {
    return JSON.parse((await this.ask('GET', '/healthz')).text);
  }

  /** A ticket for a session that was opened before. */
  async ticket(lab: OpenedLab): Promise<OpenedLab> {
    const answer = await this.ask('POST', `/api/sessions/${lab.session}/ticket`, { cookie: lab.cookie });
    return { ...lab, ticket: JSON.parse(answer.text).ticket };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const page of this.#pages) page.drop();
    await this.#end();
  }
}

async function settingsFor(overrides: Partial<Settings>): Promise<{ settings: Settings; folder: string }> {
  const folder = await mkdtemp(`/tmp/${testRun}-`);
  const port = overrides.port ?? (await freePort());
  const siteDirectory = path.join(folder, 'site');
  await mkdir(siteDirectory);
  await writeFile(path.join(siteDirectory, 'index.html'), '<!doctype html><title>A site</title>');
  const settings: Settings = {
    version: '0.1.0',
    engineSocket: path.join(folder, 'no-engine.sock'),
    dataDirectory: path.join(folder, 'data'),
    siteDirectory,
    lessonsDirectory: path.join(clone, 'lessons'),
    listenAddress: '127.0.0.1',
    port,
    publicOrigin: `http://localhost:${port}`,
    otherOrigins: [],
    previewOrigin: null,
    capacity: 10,
    spareHosts: 0,
    freezeMs: 5 * 60_000,
    idleMs: 60 * 60_000,
    keepMs: 7 * dayMs,
    operatorSocket: null,
    invite: null,
    metricsToken: null,
    maxPerNetwork: null,
    yieldMs: 45_000,
    trustedProxies: [],
    ...overrides,
  };
  return { settings, folder };
}

/** In this process. `through` may stand between the server and the engine's client, to count what is asked for. */
export async function startTestServer(
  overrides: Partial<Settings> = {},
  through: (engine: EngineClient) => EngineClient = (engine) => engine,
): Promise<TestServer> {
  const { settings, folder } = await settingsFor(overrides);
  const log = pino({ level: process.env.DRYDOCK_TEST_LOG ?? 'silent' });
  const server = await startServer(settings, through(connectEngine(settings.engineSocket)), log);
  return new TestServer(settings, async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
}

export interface ServerProcess extends AsyncDisposable {
  readonly server: TestServer;
  readonly child: ChildProcess;
  /** What it wrote to its log. */
  log(): string;
}

export const mainFile = path.join(clone, 'sandbox-server/main.ts');

/** `sandbox-server/main.ts` as a process; resolves once it listens. */
export async function spawnServer(overrides: Partial<Settings> = {}): Promise<ServerProcess> {
  const { settings, folder } = await settingsFor(overrides);
  const flags = {
    engine: settings.engineSocket,
    data: settings.dataDirectory,
    site: settings.siteDirectory,
    lessons: settings.lessonsDirectory,
    port: settings.port,
    capacity: settings.capacity,
    'spare-hosts': settings.spareHosts,
    'freeze-minutes': settings.freezeMs / 60_000,
    'idle-minutes': settings.idleMs / 60_000,
    'keep-days': settings.keepMs / dayMs,
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  const child = spawn(process.execPath, [mainFile, ...args], {
    // Kept compiled, as `drydock up` has it.
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(settings.dataDirectory, 'compiled') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk;
    if (said.includes('"listening"')) resolve();
  });
  child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  await promise;
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await ended;
    }
  };
  const server = new TestServer(settings, end);
  return {
    server,
    child,
    log: () => said,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
