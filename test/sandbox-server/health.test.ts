// Health says what a student would meet, and the log has a line at each change.

import assert from 'node:assert/strict';
import { pino } from 'pino';
import { test } from 'vitest';
import type { EngineStatus } from '../../runtime/index.ts';
import { connectEngine } from '../../runtime/index.ts';
import { EngineLink } from '../../sandbox-server/engine-link.ts';
import { HealthWatch } from '../../sandbox-server/health.ts';
import { startEngine } from '../support/engine.ts';

function watch(link: { up: boolean; status: EngineStatus | null }) {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line).health) });
  return { health: new HealthWatch(link, log), lines };
}

test('health tells of an engine that is away, a store that is full and labs that fail, and the log once of each change', async () => {
  await using engine = await startEngine();
  const status = await engine.client.status();
  assert.ok(status.storeFreeBytes > 1024 * 1024 * 1024, `${status.storeFreeBytes} bytes`);
  const link = { up: true, status: null as EngineStatus | null };
  const { health, lines } = watch(link);
  assert.equal(health.look(), 'ok', 'before anything is known');
  link.status = { ...status, storeFreeBytes: 100 * 1024 * 1024 };
  assert.equal(health.look(), 'store full');
  assert.equal(health.look(), 'store full');
  link.status = status;
  health.started(false);
  assert.equal(health.look(), 'labs fail');
  link.up = false;
  assert.equal(health.look(), 'engine away');
  link.up = true;
  health.started(true);
  assert.equal(health.look(), 'ok');
  assert.deepEqual(lines, ['store full', 'labs fail', 'engine away', 'ok']);
});

test('what the engine last said of itself is known a few seconds after the start', async () => {
  await using engine = await startEngine();
  const link = new EngineLink(connectEngine(engine.socket), pino({ level: 'silent' }));
  try {
    link.suspect();
    while (link.status === null) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(link.status.storeFreeBytes > 0);
  } finally {
    link.close();
  }
});
