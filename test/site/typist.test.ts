// How commands are typed into a shell for the student, and what is told of each.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test, vi } from 'vitest';
import { Typist } from '../../site/src/client/typist.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function shell(...marks: string[]) {
  const typed: string[] = [];
  const told: string[] = [];
  const at = { isLive: true, isConnected: true };
  const typist = new Typist({
    type: (data) => {
      if (at.isConnected) typed.push(data);
      return at.isConnected;
    },
    isLive: () => at.isLive,
  });
  for (const mark of marks) typist.read(mark);
  const run = (command: string) =>
    typist.runCommand(command, {
      started: () => told.push('started'),
      ended: (exitCode) => told.push(`ended ${exitCode}`),
      lost: (why) => told.push(why),
    });
  const print = (...more: string[]) => {
    for (const mark of more) typist.read(mark);
    typist.printed();
  };
  return { typist, typed, told, at, run, print };
}

/** Until what comes "later" has come. */
async function soon(): Promise<void> {
  await Promise.resolve();
}

test('at a prompt the line is cleared, typed and followed to its end', () => {
  const { typed, told, run, print } = shell('A', 'B');
  run('docker ps\n-a');
  assert.deepEqual(typed, ['\x05\x15docker ps -a\r']);
  print('C');
  print('D;3', 'A', 'B');
  assert.deepEqual(told, ['started', 'ended 3']);
});

test('before the first prompt it waits, also through a replay with prompts of its own', () => {
  const { typed, told, at, run, print } = shell();
  at.isLive = false;
  run('ls');
  print('A', 'B', 'C');
  assert.deepEqual(typed, []);
  at.isLive = true;
  print('D;0', 'A', 'B');
  assert.deepEqual(typed, ['\x05\x15ls\r']);
  print('C', 'D;0');
  assert.deepEqual(told, ['started', 'ended 0']);
});

test('a shell that shows no prompt gets it after a while, and its end is not known', async () => {
  const { typed, told, run, print } = shell();
  run('ls');
  print();
  assert.deepEqual(typed, []);
  vi.advanceTimersByTime(5_000);
  assert.deepEqual(typed, ['ls\r']);
  await soon();
  assert.match(told.join(), /^The command was typed\. This shell does not tell/);
});

test('it is not typed into a program that turns out to run', async () => {
  const { typed, told, at, run, print } = shell();
  at.isLive = false;
  run('ls');
  at.isLive = true;
  print('A', 'B', 'C');
  await soon();
  assert.deepEqual(typed, []);
  assert.match(told.join(), /^The terminal is busy/);
});

test('a drop loses what may not have come through, and nothing that runs', async () => {
  const { told, run, print, typist, at } = shell('A', 'B');
  run('sleep 9');
  print('C');
  typist.dropped();
  print('D;0', 'A', 'B');
  assert.deepEqual(told.splice(0), ['started', 'ended 0']);

  run('ls');
  typist.dropped();
  print('C', 'D;0', 'A', 'B');
  assert.match(told.splice(0).join(), /^The connection was lost as the command was typed[^,]*$/);

  at.isConnected = false;
  run('ls');
  await soon();
  assert.match(told.splice(0).join(), /^The connection is lost, so the command was not typed/);
});

test('a terminal that is closed, a refusal, and output that was missed are told', () => {
  const { told, run, print, typist } = shell('A', 'B');
  run('ls');
  typist.refused('The engine restarts.');
  assert.deepEqual(told.splice(0), ['The engine restarts.']);

  run('yes');
  print('C');
  typist.refused('Some key was not taken.');
  typist.missed();
  assert.equal(typist.shell, 'unknown');
  assert.match(told.splice(0).join(), /^started,Too much was printed/);

  print('A');
  run('ls');
  typist[Symbol.dispose]();
  assert.match(told.splice(0).join(), /^The terminal was closed/);
});

test('a shell that exits ends the command that ended it, and loses one that it never read', () => {
  const { told, run, print, typist } = shell('A', 'B');
  run('exit 4');
  print('C');
  typist.shellEnded(4);
  assert.deepEqual(told.splice(0), ['started', 'ended 4']);
  print('A');
  run('ls');
  typist.shellEnded(4);
  typist.shellEnded(4);
  assert.match(told.join(), /^The shell has ended[^,]*, so the command was not run[^,]*$/);
});
