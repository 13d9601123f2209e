// The streams of a process whose conmon has gone, before anybody has heard of its end.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { ProcessConsole } from '../../../runtime/processes/console.ts';

const all = { stdin: true, stdout: true, stderr: true };
/** Of a process: empty, as conmon leaves it. */
let bundle: string;
beforeAll(() => {
  bundle = mkdtempSync('/tmp/drydock-console-');
});
afterAll(() => rmdirSync(bundle));

function connected(options: { endsWithProcess: boolean }): ProcessConsole {
  const console = new ProcessConsole(bundle, options);
  console.connect();
  console.started();
  return console;
}

test('a client that comes then gets the end', async () => {
  const { output } = connected({ endsWithProcess: false }).attach(all);
  assert.deepEqual(await output.toArray(), []);
});

test('that of an exec gets it once its exit code is known', async () => {
  const console = connected({ endsWithProcess: true });
  const { output } = console.attach(all);
  let ended = false;
  output.once('end', () => {
    ended = true;
  });
  output.resume();
  await new Promise(setImmediate);
  assert.equal(ended, false);
  console.processEnded();
  await once(output, 'end');
});

test('what is written then, by a client that had left too, goes nowhere and breaks nothing', async () => {
  const console = new ProcessConsole(bundle, { endsWithProcess: false });
  const { input, detach } = console.attach(all);
  detach();
  console.connect();
  console.started();
  assert.ok(input);
  input.end('typed');
  await once(input, 'finish');
});

test('its terminal takes no size, whether what it read sizes from is there or not', () => {
  const console = connected({ endsWithProcess: false });
  assert.equal(console.resize(24, 80), false);
  execFileSync('mkfifo', [`${bundle}/ctl`]);
  assert.equal(console.resize(24, 80), false);
  rmSync(`${bundle}/ctl`);
});
