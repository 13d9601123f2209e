// docker kill.

import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { letEnd } from './pause.ts';
import { signalContainer } from './processes.ts';
import { endRestarting, noteManualEnd } from './restart-by-policy.ts';
import { signalNumber } from './signals.ts';
import { untilStopped } from './until-stopped.ts';

const SIGKILL = 9;

/**
 * Sends `name` (default KILL) to the container's first process; after KILL, waits until it has ended. A paused container is
 * unpaused if the signal is one that ends it.
 */
export async function killContainer(container: Container, name: string): Promise<void> {
  const number = signalNumber(name || 'KILL');
  const isToEnd = endsFor(container, number);
  if (container.state.status === 'restarting' && (!isToEnd || (await endRestarting(container)))) return;
  noteManualEnd(container, isToEnd ? 'stopped' : 'signalled');
  if (!container.running || !signalContainer(container, number)) {
    throw new EngineError('conflict', `container ${container.id} is not running`);
  }
  emit(container, 'kill', { signal: String(number) });
  const mayBePaused = number === SIGKILL || container.state.status === 'paused';
  if (mayBePaused && isToEnd) await letEnd(container, { tell: number !== SIGKILL });
  if (number !== SIGKILL) return;
  await untilStopped(container, 10_000);
  await endRestarting(container);
}

/**
 * moby's rule (`killWithSignal`): a container with a stop signal of its own is asked to end by that one and by KILL alone. Else any
 * signal counts: paused, it goes on, and its restart policy does not start it again.
 */
function endsFor(container: Container, number: number): boolean {
  const { StopSignal } = container.record.config;
  return number === SIGKILL || !StopSignal || signalNumber(StopSignal) === number;
}
