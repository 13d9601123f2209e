// `drydock down`: ends a running Drydock, from another terminal than its own, or what a killed one left.

import { showProgress } from '../../bin/progress.mjs';
import { Failure } from '../failure.ts';
import { loadSettings } from '../load-settings.ts';
import { engineSocket } from '../paths.ts';
import { signalProcess, waitUntilGone } from '../processes.ts';
import { processesOf } from '../supervisor/leftovers.ts';
import { releaseRunDirectory } from '../supervisor/run-directory.ts';
import { readState, removeState } from '../supervisor/state.ts';
import { stopEngine, stopServer } from '../supervisor/stop.ts';

/** The supervisor's own patience with server and engine, and some. */
const supervisorMs = 150_000;

/** Idempotent: where nothing runs it says so and succeeds. Throws Failure where something goes on running. */
export async function down(): Promise<void> {
  const { run } = loadSettings(process.env).settings;
  const state = readState(run);
  const progress = showProgress();
  try {
    if (state && signalProcess(state.supervisor, 'SIGTERM')) {
      const step = progress.step('Stopping Drydock');
      const gone = await waitUntilGone(state.supervisor, supervisorMs);
      if (!gone) {
        step.failed();
        throw new Failure(
          `Process ${state.supervisor.pid} has not ended after ${supervisorMs / 1000} s. Look at its logs.`,
        );
      }
      step.done();
    } else {
      // Its supervisor was killed: what it started may still run.
      const step = progress.step('Stopping what a killed Drydock left');
      if (state?.server) await stopServer(state.server);
      if (state?.engine) await stopEngine(state.engine, engineSocket(run));
      step.done();
    }
  } finally {
    progress.close();
  }
  const left = processesOf(run);
  if (left.length > 0) {
    throw new Failure(
      `${left.length} processes of hosts still run (${left.slice(0, 5).join(', ')}), since their engine was killed. ` +
        'drydock up takes them over again; then drydock down ends them.',
    );
  }
  removeState(run);
  await releaseRunDirectory(run);
  console.log(state ? 'Drydock has ended.' : 'Drydock was not running.');
}
