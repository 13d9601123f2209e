// What a restart policy does: starts a container again a while after its end. Until then its status is `restarting`.

import { EngineError } from '../errors.ts';
import { noEndpoints } from '../networks/endpoint.ts';
import type { Container } from './container.ts';

const keyOf = ({ id }: Container): string => `restart ${id}`;

/** Calls `start` for a container that is `restarting`, after its delay; while its host is frozen, not before the thaw. */
export function scheduleRestart(container: Container, start: (container: Container) => Promise<void>): void {
  const { host } = container;
  const act = (): void => {
    startAgain(container, start).catch((error: unknown) => {
      host.engine.log.error({ error, container: container.id }, 'a container could not be restarted by its policy');
    });
  };
  host.agenda.set(keyOf(container), container.restartDelayMs, act);
}

function startAgain(container: Container, start: (container: Container) => Promise<void>): Promise<void> {
  const { host, id } = container;
  return container.withLock(async () => {
    if (container.state.status !== 'restarting' || host.containers.get(id) !== container || !host.running) return;
    try {
      await start(container);
    } catch (error) {
      // As in moby: a start that fails ends it, and the record says why. One that could not begin is tried again.
      host.engine.log.info({ error, container: id }, 'a restart policy could not start a container');
      if (container.state.status === 'restarting') scheduleRestart(container, start);
    }
  });
}

/** For who stops or removes it: it is not started again. False where it was not `restarting`, or runs by now. */
export async function endRestarting(container: Container): Promise<boolean> {
  if (container.state.status !== 'restarting') return false;
  return await container.withLock(async () => {
    if (container.state.status !== 'restarting') return false;
    container.host.agenda.cancel(keyOf(container));
    container.keptEndpoints = noEndpoints;
    container.saveState({ status: 'exited', manualEnd: 'stopped' });
    return true;
  });
}

/** Remembers that its student has sent it a signal, or with `stopped` asked it to end. To be called before it can end of that. */
export function noteManualEnd(container: Container, manualEnd: 'signalled' | 'stopped'): void {
  const { state, record } = container;
  if (state.manualEnd === 'stopped') return;
  const change = { state: { ...state, manualEnd } };
  // Without a policy nobody asks for it.
  if (record.hostConfig.RestartPolicy.Name === 'no') container.note(change);
  else container.save(change);
}

/** For who needs its process. Throws conflict while it waits to be started again. */
export function needNotRestarting({ state, id }: Container): void {
  if (state.status === 'restarting')
    throw new EngineError('conflict', `Container ${id} is restarting, wait until the container is running`);
}
