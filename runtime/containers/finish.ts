// What is left to do when a container's process has ended, by itself or not.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { noEndpoints } from '../networks/endpoint.ts';
import { clearContainer } from '../processes/clear-container.ts';
import { ProcessConsole } from '../processes/console.ts';
import { now } from './clock.ts';
import type { Container } from './container.ts';
import { discard } from './discard.ts';
import { emit } from './events.ts';
import { emitNetwork } from './network-events.ts';
import { unpublishPorts } from './published-ports.ts';

/** Undoes what a start made. Idempotent; the record is not touched. Throws where something of it cannot go yet. */
export async function cleanUp(container: Container): Promise<void> {
  const { host, bundle, group, id } = container;
  container.unclean = true;
  container.console.processEnded();
  container.console = new ProcessConsole(bundle, { endsWithProcess: false });
  if (host.running) {
    await unpublishPorts(container).catch((error: unknown) => {
      host.engine.log.warn({ error, container: id }, 'could not unpublish ports');
    });
  }
  await clearContainer(host.engine.tools, { id, group, bundle });
  container.unclean = false;
}

/** Between two attempts to clean up after a container. */
const againMs = 2000;

/**
 * As `cleanUp`, but throws nothing: a process that the kernel holds on to must not hold up what is told of the container. It is
 * tried again until it is done, and the container is neither started nor removed before. True where it is done.
 */
export async function cleanUpOrLater(container: Container): Promise<boolean> {
  const { host, id } = container;
  try {
    await cleanUp(container);
    return true;
  } catch (error) {
    host.engine.log.error({ error, container: id }, 'could not clean up after a container; it is tried again');
    if (!waiting.has(container)) setTimeout(() => void tryAgain(container), againMs).unref();
    waiting.add(container);
    return false;
  }
}

/** Those that are cleaned up again in a moment. */
const waiting = new WeakSet<Container>();

async function tryAgain(container: Container): Promise<void> {
  waiting.delete(container);
  await container
    .withLock(() => cleanUpAgain(container))
    .catch((error: unknown) => {
      container.host.engine.log.error({ error, container: container.id }, 'could not remove a container after its end');
    });
}

async function cleanUpAgain(container: Container): Promise<void> {
  const { host, id } = container;
  if (!container.unclean || host.containers.get(id) !== container) return; // somebody was faster
  if (!(await cleanUpOrLater(container))) return;
  if (container.state.status === 'removing' || goesWithItsEnd(container)) await discard(container);
}

/** For who starts or removes it. Throws unavailable where its last run is still not gone. */
export async function needClean(container: Container): Promise<void> {
  if (!container.unclean || (await cleanUpOrLater(container))) return;
  throw new EngineError(
    'unavailable',
    `what is left of the last run of container ${container.name} cannot be removed yet; it is tried again every 2 s`,
  );
}

/** Made with --rm, and neither being restarted nor to run again with its host. */
function goesWithItsEnd({ record, restarting, host, id }: Container): boolean {
  return record.hostConfig.AutoRemove && !restarting && !host.startsAgain(id);
}

/** Records the end, tells it, and removes the container where it was made with --rm. */
export async function finishContainer(container: Container, exitCode: number): Promise<void> {
  const { host, bundle, record } = container;
  try {
    const oomKilled = fs.existsSync(`${bundle}/oom`);
    const startedMs = Date.parse(record.state.startedAt);
    const isClean = await cleanUpOrLater(container);
    container.execIds.clear(); // the execs themselves stay known for a while: their clients ask for the exit code
    if (oomKilled) emit(container, 'oom');
    const duration = String(Math.max(0, Math.floor((Date.now() - startedMs) / 1000)));
    const remove = goesWithItsEnd(container);
    const status = remove ? 'removing' : 'exited';
    container.save({
      endpoints: noEndpoints,
      ports: [],
      state: {
        ...container.state,
        status,
        pid: 0,
        machinePid: 0,
        startTicks: 0,
        exitCode,
        oomKilled,
        interrupted: host.startsAgain(container.id),
        finishedAt: now(),
      },
    });
    emitNetwork(container, 'disconnect');
    emit(container, 'die', { exitCode: String(exitCode), execDuration: duration });
    if (remove && isClean) await discard(container);
  } catch (error) {
    host.engine.log.error({ error, container: container.id }, 'could not record the end of a container');
  }
}
