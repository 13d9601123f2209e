// A program that prints without end, a page that parses nothing, and Ctrl-C.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { pauseAboveBytes } from '../../../sandbox-server/protocol.ts';
import { until } from '../../support/until.ts';
import { openTerminal, TerminalLab } from './terminal-lab.ts';

const lab = await TerminalLab.open();
afterAll(() => lab[Symbol.asyncDispose]());

test('F04 a page that parses nothing gets 100,000 bytes of yes, and Ctrl-C acts within 500 ms once it does', async () => {
  const page = await lab.newPage();
  const terminal = await openTerminal(page, 3);
  page.acknowledges = false;
  page.acknowledgeAll();
  const before = page.output(terminal).length;
  page.type(terminal, 'yes\r');
  const giveUp = performance.now() + 10_000;
  while (page.output(terminal).length - before < pauseAboveBytes && performance.now() < giveUp) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.ok(page.output(terminal).length - before <= pauseAboveBytes, `${page.output(terminal).length - before} bytes`);
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const old = page.output(terminal).length;
    if (round > 0) {
      page.type(terminal, 'yes\r');
      await page.shows(terminal, 'y\r\ny\r\n', old);
    }
    const began = performance.now();
    page.type(terminal, '\x03');
    page.acknowledges = true;
    page.acknowledgeAll();
    await page.shows(terminal, '^C', old);
    await page.shows(terminal, '$ ', page.output(terminal).lastIndexOf('^C'));
    times.push(performance.now() - began);
  }
  // The middle of three: on a busy machine any one may wait for the processor.
  assert.ok((times.toSorted((a, b) => a - b)[1] ?? Number.NaN) < 500, `${times.map(Math.round)} ms`);
  page.send({ type: 'close', terminal });
  page.drop();
});

test('F04 Ctrl-C ends yes within 500 ms though its page parses nothing any more', async () => {
  const page = await lab.newPage();
  const terminal = await openTerminal(page, 30);
  const [host] = await lab.engine.client.hosts();
  const saysYes = async () =>
    (await lab.engine.client.usage(host?.name ?? '')).processes.some(({ executable }) => executable === 'yes');
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const before = page.output(terminal).length;
    page.acknowledges = false;
    page.type(terminal, 'yes\r');
    await page.until(() => page.output(terminal).length - before > pauseAboveBytes - 10_000, 'all that it may get');
    assert.ok(await saysYes());
    const began = performance.now();
    page.type(terminal, '\x03');
    await until('it has ended', async () => !(await saysYes()));
    times.push(performance.now() - began);
    page.acknowledges = true;
    page.acknowledgeAll();
    await page.shows(terminal, '$ ', page.output(terminal).lastIndexOf('y\r\n'));
  }
  assert.ok((times.toSorted((a, b) => a - b)[1] ?? Number.NaN) < 500, `${times.map(Math.round)} ms`);
  page.send({ type: 'close', terminal });
  page.drop();
});
