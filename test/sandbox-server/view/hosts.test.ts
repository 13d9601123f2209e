// Labs of several hosts have a view of each; a virtual machine is told of, and what was measured outlives the page.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { View } from '../../../sandbox-server/protocol.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import type { TestPage } from '../page.ts';
import { startTestServer, type TestServer } from '../server.ts';
import { type TestLessons, testLessons, twoHosts } from '../sessions/labs.ts';
import { atPrompt, end, enterReady, run } from '../sessions/student.ts';

let engine: RunningEngine;
let lessons: TestLessons;
let server: TestServer;
beforeAll(async () => {
  engine = await sharedEngine();
  lessons = await testLessons();
  server = await startTestServer({ engineSocket: engine.socket, lessonsDirectory: lessons.directory });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await lessons[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

/** The last view of a host, once it is as `is` wants it. */
async function viewOf(page: TestPage, host: string, is: (view: View) => boolean): Promise<View> {
  const last = (): View | undefined =>
    page.heard.findLast((message): message is View => message.type === 'view' && message.host === host);
  await page.hears('view', () => {
    const view = last();
    return view !== undefined && is(view);
  });
  const view = last();
  assert.ok(view);
  return view;
}

test('what is done on one host shows in its view alone', async () => {
  const lab = await server.open(twoHosts);
  const page = await enterReady(server, lab, 'prod');
  const prod = await atPrompt(page, 'prod');
  for (const host of ['dev', 'prod']) await viewOf(page, host, ({ images }) => images.length === 1);
  await run(page, prod, 'docker run -d --name there busybox sleep 1000');
  await viewOf(
    page,
    'prod',
    ({ containers }) => containers[0]?.name === 'there' && containers[0].processes.length === 1,
  );
  assert.deepEqual((await viewOf(page, 'dev', () => true)).containers, []);
  await end(server, lab);
});

test('a virtual machine boots, is ready, goes off, and is remembered by a page that comes later', async () => {
  const lab = await server.open();
  const page = await enterReady(server, lab);
  const shell = await atPrompt(page);
  // The view goes by the program's name and the note; that the real one boots is for the lesson's own tests.
  const note =
    '{"accelerator":"tcg","startedAtMs":1000,"readyAtMs":3500,"kernel":"6.12","memoryBytes":1,"diskBytes":5}';
  await run(page, shell, 'mkdir -p .vm; rm -f .vm/state.json; cp /usr/bin/sleep ./qemu-system-x86_64');
  await run(page, shell, '(exec -a "qemu -accel tcg" ./qemu-system-x86_64 1000) & sleep 0.1');
  const booting = await viewOf(page, 'docker-host', ({ machine }) => machine?.state === 'booting');
  assert.equal(booting.machine?.readyMs, null);
  await run(page, shell, `echo '{"accelerator":"<b>"}' > .vm/state.json`);
  await run(page, shell, `echo '${note}' > .vm/state.json`);
  const ready = await viewOf(page, 'docker-host', ({ machine }) => machine?.state === 'ready');
  assert.deepEqual(
    { ...ready.machine, memoryBytes: 0 },
    { state: 'ready', accelerator: 'tcg', readyMs: 2_500, memoryBytes: 0, diskBytes: 5, kernel: '6.12' },
  );
  assert.ok((ready.machine?.memoryBytes ?? 0) < 100 * 1024 * 1024);
  await run(page, shell, 'kill %1');
  await viewOf(page, 'docker-host', ({ machine }) => machine?.state === 'off');
  page.drop();
  const later = await server.enter(await server.ticket(lab));
  const off = await viewOf(later, 'docker-host', ({ machine }) => machine !== null);
  assert.deepEqual([off.machine?.state, off.machine?.readyMs, off.machine?.kernel], ['off', 2_500, '6.12']);
  await end(server, lab);
});
