// docker rm.

import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import { discard } from './discard.ts';
import { emit } from './events.ts';
import { needClean } from './finish.ts';
import { letEnd } from './pause.ts';
import { signalContainer } from './processes.ts';
import { endRestarting, noteManualEnd } from './restart-by-policy.ts';
import { untilStopped } from './until-stopped.ts';

/** Kills it first where `force`. Throws conflict where it runs. With `volumes` its anonymous volumes go too, unless others have them. */
export async function removeContainer(
  container: Container,
  options: { force: boolean; volumes: boolean },
): Promise<void> {
  for (;;) {
    if (container.active) {
      if (!options.force) throw stillRuns(container);
      await kill(container);
    }
    const removed = await container.withLock(async () => {
      // --rm or a reset of the host was faster. After a reset another container may have this id.
      if (container.host.containers.get(container.id) !== container) return true;
      if (container.active) return false; // it was started while we waited for the lock
      await needClean(container);
      container.saveState({ status: 'removing' });
      await discard(container, options);
      return true;
    });
    if (removed) return;
  }
}

function stillRuns({ name, state }: Container): EngineError {
  const why =
    state.status === 'paused'
      ? 'paused and must be unpaused first'
      : `${state.status}: stop the container before removing or force remove`;
  return new EngineError('conflict', `cannot remove container "${name}": container is ${why}`);
}

async function kill(container: Container): Promise<void> {
  if (await endRestarting(container)) return;
  noteManualEnd(container, 'stopped');
  signalContainer(container, 'SIGKILL');
  emit(container, 'kill', { signal: '9' });
  await letEnd(container, { tell: false });
  if (!(await untilStopped(container, 10_000))) {
    throw new EngineError('deadline', `container ${container.name} did not end within 10 s of SIGKILL`);
  }
}
