// docker update: other limits and another restart policy, for a container that runs too.

import fs from 'node:fs';
import type { z } from 'zod';
import { at, EngineError } from '../errors.ts';
import { updateLimits } from '../kernel/update-limits.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { type hostConfigSchema, limitsOf, updatedHostConfig } from './host-config/table.ts';

/**
 * `given`: what `hostConfigSchema` gave; what is empty or 0 stays as it is. Throws invalid, conflict where the new does not go
 * with what stays, internal where the kernel does not take it; nothing has changed then.
 */
export function updateContainer(
  container: Container,
  given: z.infer<typeof hostConfigSchema>,
  cpus: number,
): Promise<void> {
  return container.withLock(async () => {
    const { host, id, state, record } = container;
    const failed = (error: unknown) => at(`Cannot update container ${id}`, error);
    const hostConfig = updatedHostConfig(record.hostConfig, given, cpus, failed);
    if (state.status === 'removing' || state.status === 'dead')
      throw failed(new EngineError('conflict', 'container is marked for removal and cannot be "update"'));
    if (container.running) {
      const file = `${container.bundle}/limits.json`;
      try {
        fs.writeFileSync(file, JSON.stringify(limitsOf(hostConfig)), { mode: 0o600 });
        await updateLimits(host.engine.tools, host.record.pid, id, file);
      } catch (error) {
        throw failed(error);
      }
    }
    container.save({ hostConfig });
    emit(container, 'update');
  });
}
