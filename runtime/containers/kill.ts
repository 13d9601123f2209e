// docker kill.

import { EngineError } from '../errors.ts';
import { setFrozen } from '../kernel/cgroups.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { signalContainer } from './processes.ts';
import { signalNumber } from './signals.ts';
import { untilStopped } from './start.ts';

const SIGKILL = 9;

/**
 * Sends `name` (default KILL) to the container's first process; after KILL, waits until it has ended. A paused container gets
 * to see the signal: it goes on, where the signal is to end it.
 */
export async function killContainer(container: Container, name: string): Promise<void> {
  const number = signalNumber(name || 'KILL');
  if (!container.running || !signalContainer(container, number)) {
    throw new EngineError('conflict', `container ${container.id} is not running`);
  }
  emit(container, 'kill', { signal: String(number) });
  if (container.state.status === 'paused' && resumes(container, number)) await resume(container, number);
  if (number === SIGKILL) await untilStopped(container, 10_000);
}

/** moby's rule (`killWithSignal`): a container with a stop signal of its own goes on for that one and for KILL alone. */
function resumes(container: Container, number: number): boolean {
  const { StopSignal } = container.record.config;
  return number === SIGKILL || !StopSignal || signalNumber(StopSignal) === number;
}

async function resume(container: Container, number: number): Promise<void> {
  try {
    await setFrozen(container.group, false);
  } catch (error) {
    // The signal has ended it meanwhile, and its cgroup is gone.
    if (!['ENOENT', 'ENODEV'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
    return;
  }
  if (number === SIGKILL || container.state.status !== 'paused') return;
  container.saveState({ status: 'running' });
  emit(container, 'unpause');
}
