// docker stop: the container's stop signal and, after some time, SIGKILL.

import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { letEnd } from './pause.ts';
import { signalContainer } from './processes.ts';
import { endRestarting, noteManualEnd } from './restart-by-policy.ts';
import { signalNumber, stopSignalOf } from './signals.ts';
import { untilStopped } from './until-stopped.ts';

/** Docker's own (`daemon.DefaultStopTimeout`). */
const defaultTimeoutSeconds = 10;
/** How long a process may take to die of SIGKILL before something is wrong. */
const killTimeoutMs = 10_000;
const SIGKILL = 9;

export interface StopOptions {
  /** Null for the container's own, or 10; negative for no limit. */
  readonly timeoutSeconds: number | null;
  readonly signal: string | null;
}

/** Throws invalid (no such signal), deadline (it did not end by SIGKILL either). */
export async function stopContainer(container: Container, options: StopOptions): Promise<'stopped' | 'notRunning'> {
  const { config } = container.record;
  const number = options.signal === null ? stopSignalOf(config) : signalNumber(options.signal);
  const timeoutSeconds = options.timeoutSeconds ?? config.StopTimeout ?? defaultTimeoutSeconds;
  if (await endRestarting(container)) {
    emit(container, 'stop');
    return 'stopped';
  }
  if (!container.running) return 'notRunning';
  noteManualEnd(container, 'stopped');
  signalContainer(container, number);
  emit(container, 'kill', { signal: String(number) });
  await letEnd(container, { tell: true });
  if (!(await untilStopped(container, timeoutSeconds < 0 ? null : timeoutSeconds * 1000))) {
    signalContainer(container, SIGKILL);
    emit(container, 'kill', { signal: String(SIGKILL) });
    if (!(await untilStopped(container, killTimeoutMs))) {
      throw new EngineError('deadline', `container ${container.name} did not end within 10 s of SIGKILL`);
    }
  }
  await endRestarting(container); // where it had ended by itself before it was asked
  emit(container, 'stop');
  return 'stopped';
}
