// docker unpause.

import { EngineError } from '../errors.ts';
import { setFrozen } from '../kernel/cgroups.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { watchHealth } from './health-checks.ts';

/** Lets a paused container go on. Throws refused where it is not paused. */
export function unpauseContainer(container: Container): Promise<void> {
  return container.withLock(async () => {
    if (container.state.status !== 'paused') {
      throw new EngineError('refused', `Container ${container.id} is not paused`);
    }
    await setFrozen(container.group, false);
    container.saveState({ status: 'running' });
    watchHealth(container);
    emit(container, 'unpause');
  });
}
