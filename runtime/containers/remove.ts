// docker rm.

import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import { discard } from './discard.ts';
import { emit } from './events.ts';
import { needClean } from './finish.ts';
import { letEnd } from './pause.ts';
import { signalContainer } from './processes.ts';
import { untilStopped } from './until-stopped.ts';

/** Kills it first where `force`. Throws conflict where it runs. The container's volumes are not there yet to be removed. */
export async function removeContainer(
  container: Container,
  options: { force: boolean; volumes: boolean },
): Promise<void> {
  for (;;) {
    if (container.running) {
      if (!options.force) throw stillRuns(container);
      await kill(container);
    }
    const removed = await container.withLock(async () => {
      // --rm was faster, or a reset of the host, where another has its id now.
      if (container.host.containers.get(container.id) !== container) return true;
      if (container.running) return false; // a start was in progress when this was asked
      await needClean(container);
      container.saveState({ status: 'removing' });
      await discard(container);
      return true;
    });
    if (removed) return;
  }
}

function stillRuns({ name, state }: Container): EngineError {
  const why =
    state.status === 'paused'
      ? 'paused and must be unpaused first'
      : 'running: stop the container before removing or force remove';
  return new EngineError('conflict', `cannot remove container "${name}": container is ${why}`);
}

async function kill(container: Container): Promise<void> {
  signalContainer(container, 'SIGKILL');
  emit(container, 'kill', { signal: '9' });
  await letEnd(container, { tell: false });
  if (!(await untilStopped(container, 10_000))) {
    throw new EngineError('deadline', `container ${container.name} did not end within 10 s of SIGKILL`);
  }
}
