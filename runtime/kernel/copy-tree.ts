// Copying a directory with everything in it by cp(1), which goes by descriptors, knows of holes, attributes and hard links, and holds
// up no thread of ours.

import { EngineError } from '../errors.ts';
import { charge } from './cgroups.ts';
import { insideNewMountNamespace } from './namespaces.ts';
import { signal } from './processes.ts';
import { start } from './spawn.ts';
import { tailOf } from './tail-of.ts';

export interface CopyPlan {
  /** Called in a new mount namespace, which lasts as long as the copying: mounts what is copied. False where there is nothing. */
  readonly prepare: () => boolean;
  /** A directory, as that namespace has it. Nobody may change it meanwhile. */
  readonly from: string;
  /** A directory that is there and empty, and that nobody else reaches. Gets owner and mode of `from` too. */
  readonly to: string;
  /** The host's cgroup, which the work is charged to. */
  readonly group: string;
}

/** Waits until it is charged; ends with the engine, whose work it does. */
const script = 'read -r _ && exec cp --archive --no-target-directory -- "$0" "$1"';

/** False where there was nothing to copy. Throws noSpace, internal. */
export async function copyTree({ prepare, from, to, group }: CopyPlan): Promise<boolean> {
  const program = insideNewMountNamespace(() =>
    prepare()
      ? start(['setpriv', '--pdeathsig', 'KILL', 'sh', '-c', script, from, to], { stdio: ['pipe', 'ignore', 'pipe'] })
      : null,
  );
  if (!program) return false;
  const input = program.pipe(0);
  input.on('error', () => undefined); // its exit code tells
  const complaints = tailOf(program.pipe(2));
  try {
    charge(program.pid, group);
  } catch (error) {
    signal(program.pid, 'SIGKILL');
    throw error;
  }
  input.end('\n');
  const said = (await complaints).trim();
  const status = await program.exited;
  input.destroy();
  if (status === 0) return true;
  const isFull = /quota exceeded|no space left/i.test(said);
  if (isFull)
    throw new EngineError(
      'noSpace',
      'the disk of this host is full; remove containers, volumes or files and try again',
    );
  throw new EngineError('internal', `cp ended with ${status}: ${said.slice(-300)}`);
}
