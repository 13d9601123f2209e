// Watches one session's host and tells as soon as its lesson's tasks are done. Driven by the engine's events, the shell's
// prompts and the logs that checks ask for; it looks only at the engine. Independent of message transport.

import { setTimeout as delay } from 'node:timers/promises';
import type { DockerClient } from '@drydock/runtime';
import type { Task } from '../../lessons/schema.ts';
import { kindOf } from '../errors.ts';
import { checkDelayMs, checkIntervalMs, engineProbeMs, maxEndedContainers } from '../limits.ts';
import type { TaskState } from '../protocol.ts';
import { monotonicMs } from '../rate-limit.ts';
import { followLog, readLog } from './container-log.ts';
import { evaluate, logsNeeded } from './evaluate.ts';
import { type ContainerFact, containersFrom, type EndedContainer, endedFrom } from './facts.ts';

export interface WatcherParts {
  readonly tasks: readonly Task[];
  readonly docker: DockerClient;
  readonly dockerSocket: string;
  /** Done already; the watcher adds to it. */
  readonly done: Set<string>;
  /** A task became done: called once each, before `changed`. */
  readonly becameDone: (task: string) => void;
  readonly changed: (states: readonly TaskState[]) => void;
  readonly failed: (error: unknown) => void;
  /** The engine let go of the events. */
  readonly lost: () => void;
}

export class Watcher {
  readonly #parts: WatcherParts;
  readonly #abort = new AbortController();
  readonly #followed = new Set<string>();
  #ended: readonly EndedContainer[] = [];
  #told = '';
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #lookAgain = false;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
    if (parts.tasks.length > 0) void this.#listen();
  }

  /** Something may have changed: looks soon, and no more often than the limits say. */
  poke(): void {
    if (this.#abort.signal.aborted || this.#parts.tasks.every(({ id }) => this.#parts.done.has(id))) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(checkDelayMs, this.#lookedMs + checkIntervalMs - monotonicMs());
    this.#timer = setTimeout(() => void this.#look(), waitMs);
  }

  release(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  async #listen(): Promise<void> {
    const { signal } = this.#abort;
    let pauseMs = engineProbeMs / 4;
    while (!signal.aborted) {
      try {
        const events = await this.#parts.docker.events(signal);
        pauseMs = engineProbeMs / 4;
        this.poke();
        for await (const { Type, Action, Actor } of events) {
          if (Type !== 'container' || Action.startsWith('exec_')) continue;
          const ended = Action === 'die' ? endedFrom(Actor.Attributes) : null;
          if (ended !== null) this.#ended = [...this.#ended, ended].slice(-maxEndedContainers);
          this.poke();
        }
      } catch (error) {
        if (!signal.aborted && kindOf(error) !== 'unavailable') this.#parts.failed(error);
      }
      if (signal.aborted) return;
      this.#parts.lost();
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, engineProbeMs * 10);
    }
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#looking = true;
    this.#lookedMs = monotonicMs();
    try {
      const { tasks, docker, done } = this.#parts;
      const containers = containersFrom(await docker.request('GET', '/containers/json?all=1'));
      const logs = await this.#logs(containers);
      if (this.#abort.signal.aborted) return;
      this.#tell(evaluate(tasks, { containers, ended: this.#ended, logs, doneTasks: done }));
    } catch (error) {
      // Away: `#listen` comes back and pokes. A container that went while its log was read makes an event of its own.
      if (!this.#abort.signal.aborted && kindOf(error) !== 'unavailable') this.#parts.failed(error);
    } finally {
      this.#looking = false;
      if (this.#lookAgain) {
        this.#lookAgain = false;
        this.poke();
      }
    }
  }

  #tell(states: readonly TaskState[]): void {
    for (const { id, done } of states) {
      if (!done || this.#parts.done.has(id)) continue;
      this.#parts.becameDone(id);
      this.#parts.done.add(id);
    }
    const telling = JSON.stringify(states);
    if (telling === this.#told) return;
    this.#told = telling;
    this.#parts.changed(states);
  }

  /** The logs that open tasks ask for; from now on their growth makes us look again. */
  async #logs(containers: readonly ContainerFact[]): Promise<ReadonlyMap<string, string>> {
    const { tasks, done, dockerSocket } = this.#parts;
    const open = tasks.filter(({ id }) => !done.has(id));
    const names = new Set(
      open.flatMap(({ check, slips }) => [check, ...slips.map(({ when }) => when)].flatMap(logsNeeded)),
    );
    const logs = new Map<string, string>();
    for (const { id, name, state } of containers) {
      if (!names.has(name) || state === 'created') continue;
      if (state === 'running' && !this.#followed.has(id)) {
        this.#followed.add(id);
        void followLog(dockerSocket, id, this.#abort.signal, () => this.poke()).then(() => this.#followed.delete(id));
      }
      try {
        logs.set(name, await readLog(dockerSocket, id, this.#abort.signal));
      } catch {
        // The container went while it was asked: its own event makes us look again.
      }
    }
    return logs;
  }
}
