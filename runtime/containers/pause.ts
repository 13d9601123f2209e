// docker pause.

import { EngineError } from '../errors.ts';
import { setFrozen } from '../kernel/cgroups.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';

/** Freezes every process of the container. Throws conflict where it does not run, or is paused already. */
export function pauseContainer(container: Container): Promise<void> {
  return container.withLock(async () => {
    if (container.state.status === 'paused') {
      throw new EngineError('conflict', `Container ${container.id} is already paused`);
    }
    if (!container.running) throw new EngineError('conflict', `container ${container.id} is not running`);
    await freeze(container);
    emit(container, 'pause');
  });
}

/** The caller holds the container's lock. Where one of its processes cannot be stopped where it is, all go on, and this throws. */
export async function freeze(container: Container): Promise<void> {
  try {
    await setFrozen(container.group, true);
  } catch (error) {
    await setFrozen(container.group, false);
    throw error;
  }
  container.saveState({ status: 'paused' });
}

/** What the kernel says of a cgroup that has just gone with the last process in it. */
const groupGone = ['ENOENT', 'ENODEV'];

/**
 * For who has sent a paused container the signal that is to end it: lets it go on, so that it can. It is no longer paused then, and
 * that is told where `tell`. Nothing where it is not paused, or has ended already.
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
    if (tell) emit(container, 'unpause');
  });
}
