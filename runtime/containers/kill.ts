// docker kill.

import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { letEnd } from './pause.ts';
import { signalContainer } from './processes.ts';
import { signalNumber } from './signals.ts';
import { untilStopped } from './until-stopped.ts';

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
  const mayBePaused = number === SIGKILL || container.state.status === 'paused';
  if (mayBePaused && resumes(container, number)) await letEnd(container, { tell: number !== SIGKILL });
  if (number === SIGKILL) await untilStopped(container, 10_000);
}

/** moby's rule (`killWithSignal`): a container with a stop signal of its own goes on for that one and for KILL alone. */
function resumes(container: Container, number: number): boolean {
  const { StopSignal } = container.record.config;
  return number === SIGKILL || !StopSignal || signalNumber(StopSignal) === number;
}
