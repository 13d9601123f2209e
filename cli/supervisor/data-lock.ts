// One Drydock for a data directory, told before anything is touched. The engine has a lock of its own (runtime/data-lock.ts),
// which holds also where no supervisor is left; this one holds also while an engine is started again.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.ts';

/** flock(1) locks what its descriptor 3 is open on: the lock is ours then, and ends with us. False where another has it. */
async function flock(fd: number): Promise<boolean> {
  const program = spawn('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
  const [code] = await once(program, 'exit');
  return code === 0;
}

/** What a lock says of who has it, or had it last: `PID` and `RUN`, a line each. */
function holderOf(file: string): { readonly pid: string; readonly run: string } {
  const [pid = '', run = ''] = readFileSync(file, 'utf8').split('\n');
  return { pid, run };
}

/**
 * Takes the data directory, which is made where it is missing, until this process ends or the lock is disposed of. Null where
 * another Drydock of the same run directory has it. Throws Failure where one of another run directory has it.
 */
export async function lockData(data: string, run: string): Promise<Disposable | null> {
  await mkdir(data, { recursive: true, mode: 0o711 });
  const files = { supervisor: path.join(data, 'lock'), engine: path.join(data, 'engine.lock') };
  const fd = openSync(files.supervisor, 'a+', 0o600);
  let held = files.supervisor;
  try {
    if (await flock(fd)) {
      held = files.engine;
      const engine = openSync(files.engine, 'a+', 0o600);
      const isFree = await flock(engine).finally(() => closeSync(engine));
      // One of our own run directory was left by a supervisor that was killed: it is taken over.
      if (isFree || holderOf(files.engine).run === run) {
        ftruncateSync(fd);
        writeSync(fd, `${process.pid}\n${run}\n`);
        return { [Symbol.dispose]: () => closeSync(fd) };
      }
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  const holder = holderOf(held);
  if (holder.run === run) return null;
  throw new Failure(
    `DRYDOCK_DATA=${data} is in use by another Drydock: process ${holder.pid}, whose DRYDOCK_RUN is ${holder.run}. ` +
      `Two cannot share their data. End that one with DRYDOCK_RUN=${holder.run} drydock down, or set DRYDOCK_DATA to another directory.`,
  );
}
