// docker pause.

import { EngineError } from '../errors.ts';
import { setFrozen } from '../kernel/cgroups.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { stopWatchingHealth, watchHealth } from './health-checks.ts';
import { needNotRestarting } from './restart-by-policy.ts';

/** Freezes every process of the container. Throws conflict where it does not run, or is paused already. */
export function pauseContainer(container: Container): Promise<void> {
  return container.withLock(async () => {
    if (container.state.status === 'paused') {
      throw new EngineError('conflict', `Container ${container.id} is already paused`);
    }
    needNotRestarting(container);
    if (!container.running) throw new EngineError('conflict', `container ${container.id} is not running`);
    await freeze(container);
    emit(container, 'pause');
  });
}

/** The caller holds the container's lock. If one of its processes cannot be frozen, none is, and this throws. */
export async function freeze(container: Container): Promise<void> {
  try {
    await setFrozen(container.group, true);
  } catch (error) {
    await setFrozen(container.group, false);
    throw error;
  }
  stopWatchingHealth(container);
  container.saveState({ status: 'paused' });
}

/** Error codes of a cgroup that has just been removed with its last process. */
const groupGone = ['ENOENT', 'ENODEV'];

/**
 * Call it after sending a paused container the signal that is to end it: unpauses the container, so that it can handle the
 * signal. With `tell` it sends the event. Does nothing if the container is not paused, or has ended already.
 */
export function letEnd(container: Container, { tell }: { readonly tell: boolean }): Promise<void> {
  return container.withLock(async () => {
    if (container.state.status !== 'paused') return;
    try {
      await setFrozen(container.group, false);
    } catch (error) {
      if (!groupGone.includes(String((error as NodeJS.ErrnoException).code))) throw error;
      return;
    }
    container.saveState({ status: 'running' });
    watchHealth(container);
    if (tell) emit(container, 'unpause');
  });
}
