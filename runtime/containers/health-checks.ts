// Checking the health of containers that run, one check of each at a time: when the next one comes, and what is told of it.

import { leastCheckPauseMs } from '../limits.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import { type Health, healthAfter, pauseMsBeforeCheck, timeoutMsOf } from './health.ts';
import { checkCommandOf } from './health-config.ts';
import { HealthProbe } from './health-probe.ts';

interface Watch {
  /** The check that runs. */
  probe: HealthProbe | null;
  /** Settles when its last check is over. */
  idle: Promise<unknown>;
}

/** Of each container whose health is being checked, and of those whose last check is still ending. */
const watches = new WeakMap<Container, Watch>();

const keyOf = ({ id }: Container): string => `health check ${id}`;

/** To be called when a container runs: it was started, adopted or unpaused. Nothing where nothing is to be checked. */
export function watchHealth(container: Container): void {
  if (!checkCommandOf(container.record.config.Healthcheck) || !container.state.health) return;
  stopWatching(container);
  const idle = watches.get(container)?.idle ?? Promise.resolve();
  const watch: Watch = { probe: null, idle };
  watches.set(container, watch);
  waitForCheck(container, watch);
}

/** To be called when it does not run any more: it was paused, or has ended. As in moby it is unhealthy then, and nobody is told. */
export function stopWatchingHealth(container: Container): void {
  stopWatching(container);
  const { state } = container;
  if (state.health && state.health.Status !== 'unhealthy')
    container.note({ state: { ...state, health: { ...state.health, Status: 'unhealthy' } } });
}

function stopWatching(container: Container): void {
  container.host.agenda.cancel(keyOf(container));
  watches.get(container)?.probe?.stop();
  const idle = watches.get(container)?.idle;
  if (idle) watches.set(container, { probe: null, idle });
}

function waitForCheck(container: Container, watch: Watch): void {
  const { record, state, host } = container;
  const { Healthcheck = {} } = record.config;
  if (!state.health) return;
  const pauseMs = pauseMsBeforeCheck(Healthcheck, state.health, Date.now() - Date.parse(state.startedAt));
  host.agenda.set(keyOf(container), Math.max(pauseMs, leastCheckPauseMs), () => {
    watch.idle = watch.idle
      .then(() => check(container, watch))
      .catch((error: unknown) => {
        host.engine.log.error({ error, container: container.id }, 'the health of a container is not checked any more');
      });
  });
}

async function check(container: Container, watch: Watch): Promise<void> {
  const { Healthcheck = {} } = container.record.config;
  const isWatched = (): boolean => watches.get(container) === watch && container.state.status === 'running';
  if (!isWatched()) return;
  watch.probe = new HealthProbe(container, timeoutMsOf(Healthcheck));
  const result = await watch.probe.result(checkCommandOf(Healthcheck) ?? []);
  watch.probe = null;
  const { health, startedAt } = container.state;
  if (!isWatched() || !health) return; // it was stopped or paused, and the check with it
  become(container, healthAfter(Healthcheck, health, result, startedAt));
  waitForCheck(container, watch);
}

/** Only another status is worth a write: the results of the checks are stored with it. */
function become(container: Container, health: Health): void {
  const { state } = container;
  const before = state.health?.Status;
  if (before === health.Status) {
    container.note({ state: { ...state, health } });
    return;
  }
  container.saveState({ health });
  emit(container, `health_status: ${health.Status}`);
}
