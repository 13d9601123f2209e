// What a page may cost whoever reads it on a slow phone.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { inSoak } from '../support/soak.ts';
import { until } from '../support/until.ts';
import { lessonPath, newStudent } from './browser.ts';
import { lighthouseScores } from './lighthouse.ts';
import { measure, measured } from './measure.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

test('the first text is there within a second on a slow phone', async () => {
  await using student = await newStudent(drydock.url, { width: 390, height: 844 });
  const { page, context } = student;
  await page.addInitScript(measure);
  const phone = await context.newCDPSession(page);
  await phone.send('Network.enable');
  await phone.send('Network.setCacheDisabled', { cacheDisabled: true });
  // Lighthouse's slow 4G as a browser sees it: 1.6 Mbit/s down, 150 ms there and back.
  const throughput = (1.6 * 1024 * 1024) / 8;
  await phone.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 150,
    downloadThroughput: throughput,
    uploadThroughput: throughput / 2,
  });
  // A phone takes four times as long as a good computer; the machine that tests, with others at work on it, twice.
  await phone.send('Emulation.setCPUThrottlingRate', { rate: 2 });
  for (const path of ['/', lessonPath, '/hub/']) {
    // What else runs there only makes it slower: the best of some is nearest to what the page itself takes.
    const times: number[] = [];
    while (times.length < 20 && !times.some((ms) => ms < 1000)) {
      await page.goto(path, { waitUntil: 'commit' });
      await until('the first text is there', async () => (await measured(page)).firstTextMs > 0);
      times.push((await measured(page)).firstTextMs);
    }
    assert.ok(Math.min(...times) < 1000, `${path}: ${times.map(Math.round).join(', ')} ms`);
  }
});

for (const path of ['/', lessonPath, '/playground/', '/hub/']) {
  inSoak(`Lighthouse gives ${path} 95 of 100 and more, on a slow phone`, async () => {
    const scores = await lighthouseScores(drydock.url + path, 95, 3);
    assert.ok(
      Object.values(scores).every((score) => score >= 95),
      JSON.stringify(scores),
    );
  });
}

inSoak('a page whose scripts hold the browser for 200 ms gets less', async () => {
  const script = 'setTimeout(() => { const end = performance.now() + 200; while (performance.now() < end); }, 300)';
  const html = `<!doctype html><html lang="en"><title>Slow</title><h1>Slow</h1><script>onload = () => ${script}</script></html>`;
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html));
  await once(server.listen(0, 'localhost'), 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const { performance } = await lighthouseScores(`http://localhost:${port}`, 101, 1);
    assert.ok(performance > 0 && performance < 95, String(performance));
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
