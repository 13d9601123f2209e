// docker kill.

import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { signalContainer } from './processes.ts';
import { signalNumber } from './signals.ts';
import { untilStopped } from './start.ts';

const SIGKILL = 9;

/** Sends `name` (default KILL) to the container's first process; after KILL, waits until it has ended. */
export async function killContainer(container: Container, name: string): Promise<void> {
  const number = signalNumber(name || 'KILL');
  if (container.state.status === 'paused') {
    throw new EngineError('conflict', `container ${container.id} is paused; unpause it before killing it`);
  }
  if (!container.running || !signalContainer(container, number)) {
    throw new EngineError(
      'conflict',
      `cannot kill container: ${container.name}: container ${container.id} is not running`,
    );
  }
  emit(container, 'kill', { signal: String(number) });
  if (number === SIGKILL) await untilStopped(container, 10_000);
}
