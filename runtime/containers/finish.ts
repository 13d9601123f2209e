// The work to do when a container's process has ended: clean up, store the end, send events.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { noEndpoints, renewed } from '../networks/endpoint.ts';
import { clearContainer } from '../processes/clear-container.ts';
import { ProcessConsole } from '../processes/console.ts';
import { now } from './clock.ts';
import type { Container } from './container.ts';
import { discard } from './discard.ts';
import { emit } from './events.ts';
import { stopWatchingHealth } from './health-checks.ts';
import { removeLinksLater } from './left-links.ts';
import { emitMounts } from './mounts/events.ts';
import { emitNetworks } from './network-events.ts';
import { unpublishPorts } from './published-ports.ts';
import { closeResolver } from './resolver.ts';
import { restartDelay, startsAgainAfter } from './restart-policy.ts';

/** Undoes what a start made. Idempotent. Leaves the record alone. Throws if something cannot be removed yet. */
export async function cleanUp(container: Container): Promise<void> {
  const { host, bundle, group, id } = container;
  container.unclean = true;
  container.console.processEnded();
  container.console = new ProcessConsole(bundle, { endsWithProcess: false });
  closeResolver(container);
  if (host.running) {
    await unpublishPorts(container).catch((error: unknown) => {
      host.engine.log.warn({ error, container: id }, 'could not unpublish ports');
    });
  }
  await clearContainer(host.engine.tools, { id, group, bundle });
  container.terminals = null; // its bundle told it
  removeLinksLater(container);
  container.unclean = false;
}

/** Between two attempts to clean up after a container. */
const againMs = 2000;

/**
 * As `cleanUp`, but does not throw: a process that the kernel does not end must not delay the container's events. It is tried
 * again until it succeeds; before that the container can be neither started nor removed. True if it has succeeded at once.
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

/** Containers whose clean-up is tried again soon. */
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
  if (!container.unclean || host.containers.get(id) !== container) return; // cleaned up or removed meanwhile
  if (!(await cleanUpOrLater(container))) return;
  const ends = goesWithItsEnd(container);
  if (container.state.status === 'removing' || ends) await discard(container, { volumes: ends });
}

/** Call it before a start or a removal. Throws unavailable if parts of its last run cannot be removed yet. */
export async function needClean(container: Container): Promise<void> {
  if (!container.unclean || (await cleanUpOrLater(container))) return;
  throw new EngineError(
    'unavailable',
    `what is left of the last run of container ${container.name} cannot be removed yet; it is tried again every 2 s`,
  );
}

/** Whether it is removed at its end: made with --rm, and neither being restarted nor to run again with its host. */
function goesWithItsEnd({ record, restarting, host, id }: Container): boolean {
  return record.hostConfig.AutoRemove && !restarting && !host.startsAgain(id);
}

/** Whether its restart policy starts it again after this end; not where its host ends, or starts it again itself. */
function restartsAfter({ host, id, record, restarting }: Container, exitCode: number): boolean {
  if (restarting || !host.running || host.startsAgain(id)) return false;
  const { manualEnd } = record.state;
  return startsAgainAfter(record.hostConfig.RestartPolicy, {
    exitCode,
    manualEnd,
    restartCount: record.restartCount,
  });
}

/** Records the end, tells it, and removes the container where it was made with --rm. Leaves it `restarting` where its policy starts it again. */
export async function finishContainer(container: Container, exitCode: number): Promise<void> {
  const { host, bundle, record } = container;
  stopWatchingHealth(container);
  try {
    const oomKilled = fs.existsSync(`${bundle}/oom`);
    const startedMs = Date.parse(record.state.startedAt);
    const isClean = await cleanUpOrLater(container);
    container.execIds.clear(); // the execs themselves stay known for a while: their clients ask for the exit code
    if (oomKilled) emit(container, 'oom');
    const ranMs = Math.max(0, Date.now() - startedMs);
    const remove = goesWithItsEnd(container);
    const restart = !remove && restartsAfter(container, exitCode);
    const status = remove ? 'removing' : restart ? 'restarting' : 'exited';
    if (restart) {
      container.restartDelayMs = restartDelay(container.restartDelayMs, ranMs);
      container.keptEndpoints = renewed(container.record.endpoints);
    }
    container.save({
      endpoints: noEndpoints,
      ports: [],
      restartCount: container.record.restartCount + (restart ? 1 : 0),
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
    emitNetworks(container, 'disconnect');
    emitMounts(container, 'unmount');
    emit(container, 'die', { exitCode: String(exitCode), execDuration: String(Math.floor(ranMs / 1000)) });
    if (remove && isClean) await discard(container, { volumes: true });
  } catch (error) {
    host.engine.log.error({ error, container: container.id }, 'could not record the end of a container');
  }
}
