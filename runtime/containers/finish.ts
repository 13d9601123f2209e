// What is left to do when a container's process has ended, by itself or not.

import fs from 'node:fs';
import { removeGroup } from '../kernel/cgroups.ts';
import { unpublish } from '../networks/publish.ts';
import { now } from './clock.ts';
import { ProcessConsole } from './console.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { discard } from './remove.ts';

/** Undoes what a start made. Idempotent; the record is not touched. */
export async function cleanUp(container: Container): Promise<void> {
  const { host, bundle, group, id, record } = container;
  container.console.processEnded();
  container.console = new ProcessConsole(bundle, { endsWithProcess: false });
  if (host.running) {
    await unpublish(host, record.ports).catch((error: unknown) => {
      host.engine.log.warn({ error, container: id }, 'could not unpublish ports');
    });
  }
  await removeGroup(group);
  await Promise.all([
    fs.promises.rm(`${host.engine.tools.stateDirectory}/${id}`, { recursive: true, force: true }),
    fs.promises.rm(bundle, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 }),
  ]);
}

/** Records the end, tells it, and removes the container where it was made with --rm. */
export async function finishContainer(container: Container, exitCode: number): Promise<void> {
  const { host, bundle, record } = container;
  try {
    const oomKilled = fs.existsSync(`${bundle}/oom`);
    const startedMs = Date.parse(record.state.startedAt);
    await cleanUp(container);
    container.execIds.clear(); // the execs themselves stay known for a while: their clients ask for the exit code
    if (oomKilled) emit(container, 'oom');
    const duration = String(Math.max(0, Math.floor((Date.now() - startedMs) / 1000)));
    const remove = record.hostConfig.AutoRemove && !container.restarting && !host.startsAgain(container.id);
    const status = remove ? 'removing' : 'exited';
    container.save({
      endpoint: null,
      ports: [],
      state: {
        ...container.state,
        status,
        pid: 0,
        machinePid: 0,
        startTicks: 0,
        exitCode,
        oomKilled,
        finishedAt: now(),
      },
    });
    emit(container, 'die', { exitCode: String(exitCode), execDuration: duration });
    if (remove) await discard(container);
  } catch (error) {
    host.engine.log.error({ error, container: container.id }, 'could not clean up after a container');
  }
}
