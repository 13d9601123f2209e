// What an operator does with a running Drydock: sees its sessions, ends one, drains it. Over a socket that is root's.

import assert from 'node:assert/strict';
import { renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { connectEngine } from '@drydock/runtime';
import type { SessionReport } from '@drydock/sandbox-server/operator';
import { afterAll, beforeAll, test } from 'vitest';
import { timeOf } from '../../cli/commands/drain.ts';
import { trackerFeed } from '../runtime/registry/contents/feeds.ts';
import { debianBase, pushImage } from '../runtime/registry/contents/images.ts';
import { TestServer } from '../sandbox-server/server.ts';
import { enterReady, last } from '../sandbox-server/sessions/student.ts';
import { runDrydockWith } from '../support/command.ts';
import { startDrydock, startSupervisor, type TestDrydock } from '../support/drydock.ts';
import { basic } from '../support/own-hub.ts';
import { askRegistry } from '../support/own-registry.ts';
import { until } from '../support/until.ts';

let drydock: TestDrydock;
let server: TestServer<{ readonly port: number; readonly publicOrigin: string }>;
beforeAll(async () => {
  drydock = await startDrydock();
  const { port, url } = drydock;
  server = new TestServer({ port, publicOrigin: url }, async () => undefined);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await drydock?.[Symbol.asyncDispose]();
});

async function sessions(): Promise<readonly SessionReport[]> {
  return JSON.parse((await drydock.run('session', 'ls', '--json')).stdout);
}

test('the operator’s socket is for root and the server’s user alone', () => {
  const folder = statSync(path.join(drydock.instance.run, 'server'));
  assert.equal(folder.mode & 0o777, 0o700);
  assert.notEqual(folder.uid, 0);
  assert.ok(statSync(path.join(drydock.instance.run, 'server/operator.sock')).isSocket());
});

test('session ls tells whose labs there are, and session end ends one: its page is told by whom', async () => {
  const lab = await server.open('01-why-containers/02-first-container');
  const page = await enterReady(server, lab);
  const [report] = await sessions();
  assert.ok(report);
  assert.equal(report.lesson, '01-why-containers/02-first-container');
  assert.deepEqual([report.state, report.pages, report.tasksDone], ['ready', 1, 0]);
  assert.ok(report.tasks > 0 && report.task !== null);
  assert.ok((report.memoryBytes ?? 0) > 0);
  assert.ok(Date.now() - Date.parse(report.usedAt) < 60_000);
  assert.ok(!JSON.stringify(report).includes(lab.session), 'the session’s own id is a secret');
  const { stdout } = await drydock.run('session', 'ls');
  assert.match(stdout, new RegExp(`${report.id} .* 01-why-containers/02-first-container .* ready .* now`));

  assert.deepEqual(await drydock.run('session', 'end', report.id), {
    exitCode: 0,
    stdout: `${report.id}\n`,
    stderr: '',
  });
  await page.hears('session', (message) => message.phase === 'ended' && message.reason === 'operator');
  assert.deepEqual(await sessions(), []);
  const again = await drydock.run('session', 'end', report.id);
  assert.equal(again.exitCode, 1);
  assert.match(again.stderr, /There is no session .*\. drydock session ls lists them\./);
});

test('drain starts no new labs, tells every page when, holds after the server restarts, and is undone', async () => {
  const lab = await server.open();
  const page = await enterReady(server, lab);
  const drained = await drydock.run('drain', '30m');
  assert.match(
    drained.stdout,
    /No new labs are started.* taken down at \d\d:\d\d\. 1 lab is there, 1 of them in use\./,
  );
  await page.hears(
    'draining',
    ({ on, at }) => on && Math.abs(Date.parse(at ?? '') - Date.now() - 30 * 60_000) < 60_000,
  );
  const refused = await server.ask('POST', '/api/sessions', { body: { lesson: 'playground' } });
  assert.equal(refused.status, 503);
  assert.match(refused.text, /No new labs are started here right now/);
  await server.open('playground', lab.cookie);
  assert.match(
    (await drydock.run('status')).stdout,
    /drained +no new labs are started, until \d\d:\d\d; drydock drain --end/,
  );

  const { server: child } = JSON.parse((await drydock.run('status', '--json')).stdout);
  process.kill(child.pid, 'SIGKILL');
  await until('the server is back', async () => (await drydock.run('session', 'ls')).exitCode === 0);
  assert.equal((await server.ask('POST', '/api/sessions', { body: { lesson: 'playground' } })).status, 503);
  const back = await server.enter(await server.ticket(lab));
  await back.hears('draining', ({ on }) => on);

  assert.equal((await drydock.run('drain', '--end')).stdout, 'New labs are started again.\n');
  await back.hears('draining', ({ on }) => !on);
  assert.equal(last(back, 'draining')?.at, null);
  await server.open();
  assert.equal((await drydock.run('drain', '--end')).stdout, 'It was not drained.\n');
});

test('a lab that ran when Drydock was taken down waits for its student after the next start', async () => {
  const lab = await server.open('01-why-containers/02-first-container');
  const page = await enterReady(server, lab);
  const [mine] = (await sessions()).filter(({ pages }) => pages > 0);
  page.drop();
  assert.equal((await drydock.run('down')).exitCode, 0);
  await startSupervisor(drydock.env);
  const stateOf = async () => (await sessions()).find(({ id }) => id === mine?.id)?.state;
  await until('it waits', async () => (await stateOf()) === 'waiting');
  await enterReady(server, await server.ticket(lab));
  assert.equal(await stateOf(), 'ready');
});

test('a proxy that nobody named is told of in status', async () => {
  await server.ask('GET', '/healthz', { headers: { 'x-forwarded-for': '203.0.113.5' } });
  const { stdout } = await drydock.run('status');
  assert.match(stdout, /warning +127\.0\.0\.1 sends X-Forwarded-For, but DRYDOCK_TRUSTED_PROXY does not name it/);
});

test('the time of a drain is one of today or tomorrow, or from now', () => {
  const now = new Date(2026, 10, 28, 17, 30);
  assert.deepEqual(timeOf('18:00', now), new Date(2026, 10, 28, 18, 0));
  assert.deepEqual(timeOf('17:30', now), new Date(2026, 10, 29, 17, 30));
  assert.deepEqual(timeOf('30m', now), new Date(2026, 10, 28, 18, 0));
  assert.deepEqual(timeOf('2h', now), new Date(2026, 10, 28, 19, 30));
  for (const text of ['25:00', 'soon', '', '18', '-1m']) assert.throws(() => timeOf(text, now), /is no time/);
});

test('hub account, token, ls, gc and check: who may use the hub, what is in it, and what nobody needs', async () => {
  const { env } = drydock;
  const made = await runDrydockWith(env, 'correct horse battery\n', 'hub', 'account', 'ann');
  assert.deepEqual([made.exitCode, made.stdout], [0, 'ann\n'], made.stderr);
  const token = await drydock.run('hub', 'token', 'ann', '--scope', 'read', '--days', '7');
  assert.match(token.stdout, /^ddpat_[\w-]{43}\n$/);
  const engine = connectEngine(drydock.engineSocket);
  const [told] = await engine.hub.tokens('ann');
  assert.deepEqual([told?.scope, told?.expiresAt !== null], ['read', true]);
  const listed = await drydock.run('hub', 'token', 'ls', 'ann');
  assert.match(listed.stdout, new RegExp(`^${told?.id} +drydock hub token +read +\\S+ +\\S+ +never$`, 'm'));
  assert.ok(!listed.stdout.includes(token.stdout.trim()));
  assert.equal((await drydock.run('hub', 'token', 'revoke', 'ann', told?.id ?? '')).stdout, `${told?.id}\n`);
  assert.deepEqual(JSON.parse((await drydock.run('hub', 'token', 'ls', 'ann', '--json')).stdout), []);
  const gone = await drydock.run('hub', 'token', 'revoke', 'ann', told?.id ?? '');
  assert.deepEqual([gone.exitCode, gone.stderr], [1, `drydock: Ann has no access token ${told?.id}.\n`]);
  await engine.hub.setVisibility('ann/empty', 'private');
  assert.match((await drydock.run('hub', 'ls')).stdout, /^ann\/empty +0 +0 +0 B +private +0 +-$/m);
  assert.match((await drydock.run('hub', 'ls')).stdout, /0 blobs, 0 B in all; \d+ accounts?\.\n$/);
  assert.match((await drydock.run('hub', 'gc', '--now')).stdout, /^Removed 0 blobs of 0 B, and 0 uploads /);
  assert.equal((await drydock.run('hub', 'check')).stdout, 'The tables and files of the hub agree.\n');
  const nobody = await drydock.run('hub', 'token', 'nobody');
  assert.deepEqual([nobody.exitCode, nobody.stderr], [1, 'drydock: The hub has no account nobody.\n']);
  await engine.hub.removeRepository('ann/empty');
  const audit = await drydock.run('hub', 'audit', '--namespace', 'ann', '--since', '1h');
  assert.match(audit.stdout, /^TIME +WHO +ACTION +WHAT +DIGEST +SIZE\n\S+ +- +delete-repository +ann\/empty +- +-\n$/);
  const [event] = (await drydock.run('hub', 'audit', '--namespace', 'ann', '--json')).stdout.trim().split('\n');
  assert.equal(JSON.parse(event ?? '').action, 'delete-repository');
  const wrong = await drydock.run('hub', 'audit', '--since', 'yesterday');
  assert.deepEqual([wrong.exitCode, wrong.stdout], [2, '']);
  await engine.hub.removeAccount('ann');
});

test('hub contents: the packages of an image, what is known of them, and exit codes for scripts', async () => {
  const { env, url, instance } = drydock;
  await runDrydockWith(env, 'correct horse battery\n', 'hub', 'account', 'cleo');
  const headers = basic('cleo', 'correct horse battery');
  const { digest } = await pushImage(
    {
      ask: (line, options = {}) => {
        const [method = '', target = ''] = line.split(' ');
        return askRegistry(url, method, target.replace(url, ''), {
          ...options,
          headers: { ...options.headers, ...headers },
        });
      },
    },
    'cleo/web',
    [debianBase],
    { tag: '1' },
  );
  const plain = await drydock.run('hub', 'contents', 'cleo/web:1');
  assert.equal(plain.exitCode, 0, plain.stderr);
  assert.match(plain.stdout, new RegExp(`^Debian GNU/Linux 12 \\(bookworm\\): 4 packages\nImage ${digest}\n`));
  assert.match(plain.stdout, /^libssl3 +3\.0\.11-1~deb12u2/m);
  assert.match(plain.stdout, /^This machine has no feed of known vulnerabilities\.$/m);
  writeFileSync(`${instance.data}/vulnerabilities.json.new`, JSON.stringify(trackerFeed));
  renameSync(`${instance.data}/vulnerabilities.json.new`, `${instance.data}/vulnerabilities.json`);
  const read = async () => JSON.parse((await drydock.run('hub', 'contents', 'cleo/web:1', '--json')).stdout);
  await until('the feed is told', async () => (await read()).vulnerabilities.known);
  const told = await drydock.run('hub', 'contents', `hub.drydock/cleo/web@${digest}`, '--fail');
  assert.deepEqual(
    [told.exitCode, told.stderr],
    [3, 'drydock: 2 known vulnerabilities would go with newer packages.\n'],
  );
  assert.match(told.stdout, /^CVE-2024-5535 +openssl +fixable +3\.0\.15-1~deb12u1 +not yet assigned$/m);
  assert.match(told.stdout, /^CVE-2023-45853 +zlib +no-advisory \(ignored\) +not yet assigned$/m);
  assert.match(told.stdout, /^Known vulnerabilities, by Debian’s security tracker of \d{4}-\d\d-\d\d: 2 gone with /m);
  assert.deepEqual(await drydock.run('hub', 'contents', 'busybox', '--fail'), {
    exitCode: 0,
    stdout: 'There are no Debian packages in the image.\n',
    stderr: '',
  });
  const none = await drydock.run('hub', 'contents', 'cleo/web:2');
  assert.deepEqual([none.exitCode, none.stderr], [1, 'drydock: There is no image cleo/web:2.\n']);
  const wrong = await drydock.run('hub', 'contents', 'Not An Image');
  assert.deepEqual([wrong.exitCode, wrong.stdout], [2, '']);
  await connectEngine(drydock.engineSocket).hub.removeAccount('cleo');
});

test('hub webhook: made, tried, its deliveries told, and removed; an address that nobody allowed is refused in a sentence', async () => {
  const { env } = drydock;
  await runDrydockWith(env, 'correct horse battery\n', 'hub', 'account', 'bea');
  const refused = await drydock.run('hub', 'webhook', 'add', 'bea', 'http://127.0.0.1:9/');
  assert.deepEqual([refused.exitCode, refused.stdout], [1, '']);
  assert.match(refused.stderr, /^drydock: Webhooks go to the lab’s own hosts alone here, /);
  const made = await drydock.run(
    'hub',
    'webhook',
    'add',
    'bea',
    'http://dev.lab:9000/x',
    '--name',
    'ci',
    '--on',
    'push',
  );
  const [, id = '', secret = ''] = /^([0-9a-f]{16})\n([\w-]{43})\n$/.exec(made.stdout) ?? [];
  assert.match(
    (await drydock.run('hub', 'webhook', 'ls', 'bea')).stdout,
    new RegExp(`^${id} +ci +push +- +http://dev.lab:9000/x$`, 'm'),
  );
  assert.ok(!(await drydock.run('hub', 'webhook', 'ls', 'bea', '--json')).stdout.includes(secret));
  assert.equal((await drydock.run('hub', 'webhook', 'test', 'bea', id)).stdout, `${id}\n`);
  const engine = connectEngine(drydock.engineSocket);
  await until('it was tried', async () => (await engine.hub.deliveries('bea', id))[0]?.tries === 1);
  const log = await drydock.run('hub', 'webhook', 'log', 'bea', id);
  assert.match(log.stdout, /^\d+ +\S+ +ping +- +waiting +1 +- +bea is of no lab that has a host dev$/m);
  assert.equal((await drydock.run('hub', 'webhook', 'again', 'bea', id, '4711')).exitCode, 1);
  assert.equal((await drydock.run('hub', 'webhook', 'rm', 'bea', id)).stdout, `${id}\n`);
  await engine.hub.removeAccount('bea');
});

test('/metrics has lines of the hub', async () => {
  await drydock.run('hub', 'gc');
  const text = await (await fetch(`${drydock.url}/metrics`)).text();
  for (const line of [
    /^drydock_hub_pushes_total \d+$/m,
    /^drydock_hub_blob_bytes_total\{way="pulled"\} \d+$/m,
    /^drydock_hub_webhook_deliveries_total\{result="failed"\} \d+$/m,
    /^drydock_hub_refused_logins_total \d+$/m,
    /^drydock_hub_collections_total [1-9]\d*$/m,
    /^drydock_hub_repositories \d+$/m,
    /^drydock_hub_stored_bytes \d+$/m,
    /^drydock_hub_blob_bytes_total\{way="fetched"\} 0$/m,
    /^drydock_hub_stale_answers_total 0$/m,
  ])
    assert.match(text, line);
});
