// docker pause.

import { EngineError } from '../errors.ts';
import { setFrozen } from '../kernel/cgroups.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';

/** Freezes every process of the container. Throws conflict where it does not run, or is paused already. */
export function pauseContainer(container: Container): Promise<void> {
  return container.inTurn(async () => {
    if (container.state.status === 'paused') {
      throw new EngineError('conflict', `container ${container.id} is already paused`);
    }
    if (!container.running) throw new EngineError('conflict', `container ${container.id} is not running`);
    await setFrozen(container.group, true);
    container.saveState({ status: 'paused' });
    emit(container, 'pause');
  });
}
