// docker rm.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { setFrozen } from '../kernel/cgroups.ts';
import { signal } from '../kernel/processes.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { untilStopped } from './start.ts';

/** Kills it first where `force`. Throws conflict where it runs. The container's volumes are not there yet to be removed. */
export async function removeContainer(
  container: Container,
  options: { force: boolean; volumes: boolean },
): Promise<void> {
  if (container.running) {
    if (!options.force) {
      const what = container.state.status === 'paused' ? 'paused' : 'running';
      const hint = what === 'paused' ? 'unpause and then stop the container' : 'stop the container';
      throw new EngineError(
        'conflict',
        `cannot remove container "/${container.name}": container is ${what}: ${hint} before removing or force remove`,
      );
    }
    if (container.state.status === 'paused') await setFrozen(container.group, false);
    signal(container.state.machinePid, 'SIGKILL');
    if (!(await untilStopped(container, 10_000))) {
      throw new EngineError('deadline', `container ${container.name} did not end within 10 s of SIGKILL`);
    }
  }
  await container.inTurn(async () => {
    if (!container.host.containers.has(container.id)) return; // --rm was faster
    container.saveState({ status: 'removing' });
    await discard(container);
  });
}

/** Forgets a container that does not run, and what it wrote. */
export async function discard(container: Container): Promise<void> {
  const { host, id } = container;
  await fs.promises.rm(container.directory, { recursive: true, force: true });
  host.engine.exits.forget(id);
  host.containers.delete(id);
  host.engine.records.delete('container', host.id, id);
  emit(container, 'destroy');
  container.removed();
}
