// Terminals of an engine that fails, is slow, or answers too late: none is left dead, of a wrong size, or unseen.

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { connectEngine, type EngineClient, EngineError, type TerminalInfo } from '@drydock/runtime';
import { pino } from 'pino';
import { test } from 'vitest';
import { EngineLink } from '../../../sandbox-server/engine-link.ts';
import { Terminals } from '../../../sandbox-server/terminals/terminals.ts';
import { until } from '../../support/until.ts';

const info: TerminalInfo = { id: 't1', running: true, exitCode: null, offset: 0, rows: 24, columns: 80 };
const failure = () => new EngineError('internal', 'the engine is broken');

/** The terminals of a host whose engine does what `engine` says, and a way to end them. */
function terminalsOf(engine: Partial<EngineClient>) {
  const answers = { status: () => Promise.reject(failure()), terminals: async () => [info] };
  const link = new EngineLink(
    Object.assign(connectEngine('/nowhere'), { attachTerminal: async () => live(), ...answers, ...engine }),
    pino({ level: 'silent' }),
  );
  const failures: string[] = [];
  const nothing = () => undefined;
  const hosts = [{ name: 'docker-host', host: 's-0', terminals: [info] }];
  const events = { changed: nothing, prompted: nothing, lost: nothing, failed: (why: string) => failures.push(why) };
  const terminals = new Terminals(link, hosts, new Map(), events);
  const end = () => {
    terminals.release();
    link.close();
  };
  return { terminals, failures, [Symbol.dispose]: end };
}

const live = () => ({ offset: 0, stream: new PassThrough() });

test('a terminal that the engine fails to connect is tried again, and is told to have failed once', async () => {
  let attempts = 0;
  using lab = terminalsOf({
    attachTerminal: async () => {
      attempts += 1;
      if (attempts < 4) throw failure();
      const { offset, stream } = live();
      stream.write('here it is');
      return { offset, stream };
    },
  });
  const terminal = lab.terminals.find('t1');
  await terminal.caughtUp;
  const shown: Uint8Array[] = [];
  terminal.watch({ attached: () => undefined, output: (bytes) => void shown.push(bytes) }, 0);
  await until('its output is shown', () => Buffer.concat(shown).toString() === 'here it is');
  assert.deepEqual(lab.failures, ['the engine is broken']);
});

test('who waits for a terminal that the engine does not connect is not left waiting', async () => {
  using lab = terminalsOf({ attachTerminal: () => Promise.reject(failure()) });
  await lab.terminals.find('t1').caughtUp;
  assert.equal(lab.terminals.find('t1').state.running, true);
});

test('sizes reach the engine one after another, the last one last, and one that failed when it is asked for again', async () => {
  const asked: { readonly columns: number; readonly done: PromiseWithResolvers<void> }[] = [];
  using lab = terminalsOf({
    resizeTerminal: (_host, _id, _rows, columns) => {
      const done = Promise.withResolvers<void>();
      asked.push({ columns, done });
      return done.promise;
    },
  });
  const columns = () => asked.map((one) => one.columns);
  const terminal = lab.terminals.find('t1');
  const resized = [81, 82, 83].map((wanted) => terminal.resize(24, wanted));
  assert.deepEqual(columns(), [81]);
  asked[0]?.done.resolve();
  await until('the next is asked for', () => asked.length === 2);
  assert.deepEqual(columns(), [81, 83], 'what was passed over is not asked for');
  asked[1]?.done.reject(failure());
  assert.ok((await Promise.allSettled(resized)).every(({ status }) => status === 'rejected'));
  const again = terminal.resize(24, 83);
  assert.deepEqual(columns(), [81, 83, 83]);
  asked[2]?.done.resolve();
  await again;
  await terminal.resize(24, 83);
  assert.equal(asked.length, 3, 'what it has already is not asked for');
});

test('a shell that comes once the lab was let go of is closed again', async () => {
  const opening = Promise.withResolvers<TerminalInfo>();
  const closed: string[] = [];
  using lab = terminalsOf({
    openTerminal: () => opening.promise,
    closeTerminal: async (_host, id) => void closed.push(id),
  });
  const opened = lab.terminals.open({ rows: 24, columns: 80 }, null, null);
  lab.terminals.release();
  opening.resolve({ ...info, id: 't2' });
  await assert.rejects(opened, { name: 'ServerError', kind: 'unavailable' });
  assert.deepEqual(closed, ['t2']);
  assert.throws(() => lab.terminals.find('t2'), { kind: 'notFound' });
});
