// What a project's tests do with testcontainers: run as a process of its own, in the network of a student's host (see
// testcontainers.test.ts). Prints what it found as JSON, and ends without stopping anything: that is the reaper's part.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { GenericContainer, Network, type StartedTestContainer, Wait } from 'testcontainers';

/** How long a server may take until it listens. */
const patienceMs = 20_000;

/** Connects, once somebody listens there. */
async function connected(port: number): Promise<net.Socket> {
  for (const deadline = performance.now() + patienceMs; ; await delay(50)) {
    const socket = net.connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      socket.destroy();
      if (performance.now() > deadline) throw error;
    }
  }
}

/** Sends bytes, each a character, to a server over TCP; resolves once it has said what `wanted` matches. */
async function talk(port: number, sent: string, wanted: RegExp): Promise<string> {
  const socket = await connected(port);
  let said = '';
  try {
    socket.write(sent, 'latin1');
    for await (const piece of socket) {
      said += piece;
      if (wanted.test(said)) return said;
    }
  } finally {
    socket.destroy();
  }
  return assert.fail(`waited for ${wanted}, got ${said}`);
}

async function output(container: StartedTestContainer, ...command: string[]): Promise<string> {
  const { exitCode, output } = await container.exec(command);
  assert.equal(exitCode, 0, output);
  return output.trim();
}

async function redis(): Promise<string> {
  const network = await new Network().start();
  const container = await new GenericContainer('redis:8')
    .withNetwork(network)
    .withNetworkAliases('store')
    .withExposedPorts(6379)
    .withCopyContentToContainer([{ content: 'maxclients 77\n', target: '/etc/own.conf' }])
    .withCommand(['redis-server', '/etc/own.conf'])
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start();
  const said = await talk(
    container.getMappedPort(6379),
    'SET key value\r\nGET key\r\nCONFIG GET maxclients\r\n',
    /maxclients[\s\S]*\d\r\n$/,
  );
  const other = await new GenericContainer('redis:8').withNetwork(network).start();
  const got = await output(other, 'redis-cli', '-h', 'store', 'GET', 'key');
  await container.restart();
  await talk(container.getMappedPort(6379), 'PING\r\n', /PONG/);
  await other.stop();
  await container.stop();
  await network.stop();
  return [...said.split('\r\n'), got].join(' ');
}

/** It is left running. */
async function postgres(): Promise<string> {
  const container = await new GenericContainer('postgres:17')
    .withEnvironment({ POSTGRES_PASSWORD: 'secret' })
    .withTmpFs({ '/tmp': 'rw' })
    .withExposedPorts(5432)
    .withHealthCheck({
      test: ['CMD-SHELL', 'pg_isready -h 127.0.0.1 -U postgres'],
      interval: 200,
      timeout: 5000,
      retries: 100,
    })
    .withWaitStrategy(Wait.forHealthCheck())
    .start();
  // A request for TLS, which a PostgreSQL without certificates refuses with one letter.
  const refusal = await talk(container.getMappedPort(5432), '\0\0\0\x08\x04\xd2\x16/', /N/);
  const sum = await output(container, 'psql', '-U', 'postgres', '-Atc', 'SELECT 6 * 7');
  return `${refusal} ${sum}`;
}

/** Left running too, so that there is something to reap where there is no PostgreSQL. */
async function left(): Promise<string> {
  const container = await new GenericContainer('busybox')
    .withCommand(['httpd', '-f', '-p', '80', '-h', '/etc'])
    .withExposedPorts(80)
    .withWaitStrategy(Wait.forHttp('/passwd', 80))
    .start();
  return await output(container, 'head', '-n', '1', '/etc/passwd');
}

const wanted = process.argv.slice(2);
const parts: Record<string, () => Promise<string>> = { redis, postgres, left };
const found: Record<string, string> = {};
for (const [name, part] of Object.entries(parts)) if (wanted.includes(name)) found[name] = await part();
console.log(JSON.stringify(found));
process.exit(0);
