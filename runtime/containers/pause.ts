// docker pause.

import { EngineError } from '../errors.ts';
import { setFrozen } from '../kernel/cgroups.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';

/** Freezes every process of the container. Throws conflict where it does not run, or is paused already. */
export function pauseContainer(container: Container): Promise<void> {
  return container.inTurn(async () => {
    if (container.state.status === 'paused') {
      throw new EngineError('conflict', `Container ${container.id} is already paused`);
    }
    if (!container.running) throw new EngineError('conflict', `container ${container.id} is not running`);
    await freeze(container);
    emit(container, 'pause');
  });
}

/** For who has its turn. Where one of its processes cannot be stopped where it is, all go on, and this throws. */
export async function freeze(container: Container): Promise<void> {
  try {
    await setFrozen(container.group, true);
  } catch (error) {
    await setFrozen(container.group, false);
    throw error;
  }
  container.saveState({ status: 'paused' });
}
