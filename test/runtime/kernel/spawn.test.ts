// Programs that the engine starts: what they are given, what they are not, and how they end.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'vitest';
import { keepDescriptors } from '../../../runtime/kernel/descriptors.ts';
import { type SpawnPlan, start } from '../../../runtime/kernel/spawn.ts';
import { tailOf } from '../../../runtime/kernel/tail-of.ts';
import { until } from '../../support/until.ts';

async function outputOf(argv: readonly string[], plan: Partial<SpawnPlan> = {}): Promise<string> {
  const program = start(argv, { stdio: ['ignore', 'pipe', 'ignore'], ...plan });
  const said = await tailOf(program.pipe(1));
  assert.equal(await program.exited, 0);
  return said;
}

test('a program has its descriptors, its directory and its environment, and nothing of ours', async () => {
  process.env.OURS = 'a secret';
  keepDescriptors(); // as the engine begins
  assert.equal(await outputOf(['env']), 'PATH=/usr/sbin:/usr/bin:/sbin:/bin\n');
  assert.equal(await outputOf(['sh', '-c', 'echo $A$B'], { env: { A: '1', B: '=2' } }), '1=2\n');
  assert.equal(await outputOf(['pwd']), '/\n');
  assert.equal(await outputOf(['pwd'], { cwd: '/usr' }), '/usr\n');
  // The last one is what ls itself opened.
  const five: SpawnPlan = { stdio: ['ignore', 'pipe', 'ignore', 'pipe', 'pipe'] };
  assert.equal(await outputOf(['ls', '/proc/self/fd'], five), '0\n1\n2\n3\n4\n5\n');
});

test('a program has every signal at its default, and none blocked', async () => {
  process.on('SIGUSR2', () => undefined);
  const status = await outputOf(['grep', '-E', '^Sig(Blk|Ign)', '/proc/self/status']);
  assert.match(status, /^SigBlk:\t0{16}\nSigIgn:\t0{16}\n$/);
});

test('pipes lead both ways', async () => {
  const program = start(['sh', '-c', 'read word <&3; echo $word $word >&4'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  program.pipe(3).end('twice\n');
  assert.equal(await tailOf(program.pipe(4)), 'twice twice\n');
  assert.throws(() => program.pipe(1), /descriptor 1 of the program is no pipe/);
  assert.equal(await program.exited, 0);
});

test('exit codes are told, and those of signals as a shell tells them', async () => {
  const codes = ['exit 0', 'exit 7', 'kill -9 $$', 'kill -TERM $$'].map(
    (script) => start(['sh', '-c', script], { stdio: ['ignore', 'ignore', 'ignore'] }).exited,
  );
  assert.deepEqual(await Promise.all(codes), [0, 7, 137, 143]);
});

test('many at once are all waited for, and leave neither zombies nor descriptors', async () => {
  const descriptors = (): number => fs.readdirSync('/proc/self/fd').length;
  const before = descriptors();
  const programs = Array.from({ length: 40 }, () => start(['true'], { stdio: ['pipe', 'pipe', 'pipe'] }));
  assert.deepEqual(new Set(await Promise.all(programs.map(({ exited }) => exited))), new Set([0]));
  for (const { pid } of programs) assert.equal(fs.existsSync(`/proc/${pid}`), false);
  for (const program of programs) for (const index of [0, 1, 2]) program.pipe(index).resume();
  await until('their pipes are closed', () => descriptors() <= before);
});

test('what cannot be started says which program and why, and leaves nothing open', () => {
  const before = fs.readdirSync('/proc/self/fd').length;
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  assert.throws(() => start(['no-such-program'], { stdio }), /no-such-program is not installed/);
  assert.throws(() => start(['/etc/passwd'], { stdio }), { message: 'start /etc/passwd: EACCES' });
  assert.throws(() => start(['/no/such/program'], { stdio }), { message: 'start /no/such/program: ENOENT' });
  assert.throws(
    () => start(['/bin/true'], { stdio, cwd: '/no/such/folder' }),
    /^SystemCallError: start \/bin\/true: ENOENT$/,
  );
  assert.ok(fs.readdirSync('/proc/self/fd').length <= before);
});
