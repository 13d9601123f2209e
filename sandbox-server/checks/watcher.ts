// Watches the hosts of one lab and tells as soon as its tasks are done. Driven by the engine's events, the shell's prompts,
// the logs and files that checks ask for, and a slow poll where nothing else would tell. It looks only at the engine.
// Independent of message transport.

import { setTimeout as delay } from 'node:timers/promises';
import type { DockerEvent } from '@drydock/runtime';
import type { Task } from '../../lessons/schema.ts';
import type { EngineLink } from '../engine-link.ts';
import { kindOf } from '../errors.ts';
import {
  checkDelayMs,
  checkIntervalMs,
  checkPollMs,
  checkRestTimes,
  engineProbeMs,
  maxCheckPollMs,
  maxEnded,
} from '../limits.ts';
import type { TaskState } from '../protocol.ts';
import { monotonicMs } from '../rate-limit.ts';
import { followLog } from './container-log.ts';
import { evaluate } from './evaluate.ts';
import { endedFrom, type Facts } from './facts.ts';
import { look, type Seen, type WatchedHost } from './look.ts';
import { type DearCheck, dockerNeeds } from './needs.ts';

export interface WatcherParts {
  /** As they are at first; see `learn`. */
  readonly tasks: readonly Task[];
  /** The lab's, in its order: the first is meant where a check names none. */
  readonly hosts: readonly WatchedHost[];
  readonly link: EngineLink;
  /** Done already; the watcher adds to it. */
  readonly done: Set<string>;
  /** A task became done: called once each, before `changed`. */
  readonly becameDone: (task: string) => void;
  readonly changed: (states: readonly TaskState[]) => void;
  readonly failed: (error: unknown) => void;
}

interface SeenSoFar extends Seen {
  /** Commands of `docker exec` that still run, by the exec's id. */
  readonly running: ReadonlyMap<string, { readonly container: string; readonly command: string }>;
  /** Signals that Docker has sent to containers since their start, by the container's id. */
  readonly signals: ReadonlyMap<string, readonly number[]>;
}
export const nothingSeen: SeenSoFar = {
  ...{ ended: [], execs: [], removed: [], interrupted: new Set() },
  ...{ running: new Map(), signals: new Map() },
};

const without = <T>(all: ReadonlyMap<string, T>, key: string) => new Map([...all].filter(([each]) => each !== key));

/** What a host's events tell beside that something changed; `done` are the tasks that are done by now. Pure. */
export function afterEvent(
  seen: SeenSoFar,
  { Type, Action, Actor }: DockerEvent,
  done: ReadonlySet<string>,
): SeenSoFar {
  if (Type !== 'container') return seen;
  const { name = '', execID = '', exitCode = '', signal = '' } = Actor.Attributes;
  const sent = seen.signals.get(Actor.ID) ?? [];
  if (Action === 'kill') {
    const signals = [
      ...without(seen.signals, Actor.ID),
      [Actor.ID, [...sent, Number(signal)].slice(-maxEnded)] as const,
    ];
    return { ...seen, signals: new Map(signals.slice(-maxEnded)) };
  }
  if (Action === 'start') {
    const interrupted = new Set([...seen.interrupted].filter((id) => id !== Actor.ID));
    return { ...seen, interrupted, signals: without(seen.signals, Actor.ID) };
  }
  if (Action === 'die') {
    const ended = endedFrom(Actor.Attributes, sent);
    return ended === null ? seen : { ...seen, ended: [...seen.ended, ended].slice(-maxEnded) };
  }
  if (Action === 'destroy') {
    const removed = [...seen.removed, { name, doneTasks: new Set(done) }].slice(-maxEnded);
    return { ...seen, removed, signals: without(seen.signals, Actor.ID) };
  }
  if (Action.startsWith('exec_start: ')) {
    const command = Action.slice('exec_start: '.length).trimEnd(); // moby puts a blank behind a lone program
    const running = [...seen.running, [execID, { container: name, command }] as const].slice(-maxEnded);
    return { ...seen, running: new Map(running) };
  }
  const started = Action === 'exec_die' ? seen.running.get(execID) : undefined;
  if (started === undefined || !/^\d{1,3}$/.test(exitCode)) return seen;
  const execs = [...seen.execs, { ...started, exitCode: Number(exitCode) }].slice(-maxEnded);
  return { ...seen, execs, running: without(seen.running, execID) };
}

export class Watcher {
  readonly #parts: WatcherParts;
  readonly #abort = new AbortController();
  readonly #seen = new Map<string, SeenSoFar>();
  readonly #followed = new Set<string>();
  /** Hosts whose events are heard. */
  readonly #listening = new Set<string>();
  #tasks: readonly Task[];
  #told = '';
  #timer: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #pollMs = checkPollMs;
  #looking = false;
  #lookAgain = false;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #restUntilMs = Number.NEGATIVE_INFINITY;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
    this.#tasks = parts.tasks;
    if (parts.tasks.length > 0) for (const host of parts.hosts) void this.#listen(host);
  }

  /** Something may have changed: looks soon, and no more often than the limits say. */
  poke(): void {
    this.#pollMs = checkPollMs;
    this.#lookSoon();
  }

  /** The lesson has changed while it is written: these are its tasks from now on. */
  learn(tasks: readonly Task[]): void {
    this.#tasks = tasks;
    this.#told = '';
    this.poke();
  }

  release(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#poll);
  }

  get #open(): readonly Task[] {
    return this.#tasks.filter(({ id }) => !this.#parts.done.has(id));
  }

  #lookSoon(): void {
    if (this.#abort.signal.aborted || this.#open.length === 0) return;
    // Not before it is known how the containers of each host came to be as they are; then `#listen` pokes.
    if (this.#listening.size < this.#parts.hosts.length) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    if (this.#timer !== undefined) return;
    const now = monotonicMs();
    const waitMs = Math.max(checkDelayMs, this.#lookedMs + checkIntervalMs - now, this.#restUntilMs - now);
    this.#timer = setTimeout(() => void this.#look(), waitMs);
  }

  async #listen(host: WatchedHost): Promise<void> {
    const { signal } = this.#abort;
    let pauseMs = engineProbeMs / 4;
    while (!signal.aborted) {
      try {
        const events = await host.docker.events(signal);
        // The host may have ended and started meanwhile: what ended with it is none of its student's doing.
        const { interrupted } = await this.#parts.link.call((engine) => engine.host(host.info.name));
        const known = this.#seen.get(host.name) ?? nothingSeen;
        this.#seen.set(host.name, { ...known, interrupted: new Set(interrupted) });
        pauseMs = engineProbeMs / 4;
        this.#listening.add(host.name);
        this.poke();
        for await (const event of events) {
          const before = this.#seen.get(host.name) ?? nothingSeen;
          const now = afterEvent(before, event, this.#parts.done);
          this.#seen.set(host.name, now);
          // What `docker exec` does changes nothing but what was just seen.
          if (!event.Action.startsWith('exec_') || now.execs !== before.execs) this.poke();
        }
      } catch (error) {
        if (!signal.aborted && kindOf(error) !== 'unavailable') this.#parts.failed(error);
      }
      this.#listening.delete(host.name);
      if (signal.aborted) return;
      this.#parts.link.suspect();
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, engineProbeMs * 10);
    }
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    clearTimeout(this.#poll);
    this.#looking = true;
    this.#lookedMs = monotonicMs();
    let dear: readonly DearCheck[] = [];
    let hasFailed = false;
    try {
      const { hosts, link, done } = this.#parts;
      const { signal } = this.#abort;
      const seen = ({ name }: WatchedHost) => this.#seen.get(name) ?? nothingSeen;
      const open = this.#open;
      const looked = await look(open, done, { hosts, link, signal, seen });
      dear = looked.dear;
      if (signal.aborted) return;
      this.#follow(open, looked.facts, dear);
      this.#tell(this.#judge(looked.facts));
    } catch (error) {
      // Away: `#listen` comes back and pokes. A container that went while it was asked makes an event of its own.
      hasFailed = !this.#abort.signal.aborted && kindOf(error) !== 'unavailable';
      if (hasFailed) this.#parts.failed(error);
    } finally {
      this.#looking = false;
      if (this.#lookAgain) {
        this.#lookAgain = false;
        this.#lookSoon();
      }
      this.#pollLater(dear, hasFailed);
    }
  }

  /** Everybody waits meanwhile: where a lesson's regular expression takes long over what a student made, the next look does too. */
  #judge(facts: Facts): readonly TaskState[] {
    const beganMs = monotonicMs();
    const states = evaluate(this.#tasks, facts);
    const endedMs = monotonicMs();
    this.#restUntilMs = endedMs + (endedMs - beganMs) * checkRestTimes;
    return states;
  }

  #tell(states: readonly TaskState[]): void {
    for (const { id, done } of states) {
      if (!done || this.#parts.done.has(id)) continue;
      this.#parts.becameDone(id);
      this.#parts.done.add(id);
      // What waited for this one is looked at now.
      this.#lookAgain = true;
    }
    const telling = JSON.stringify(states);
    if (telling === this.#told) return;
    this.#told = telling;
    this.#parts.changed(states);
  }

  /** Nothing tells of a process, a port or what a program says: while they count, they are looked at again, as after a failure. */
  #pollLater(dear: readonly DearCheck[], hasFailed: boolean): void {
    clearTimeout(this.#poll);
    if ((dear.length === 0 && !hasFailed) || this.#abort.signal.aborted || this.#open.length === 0) return;
    const leaveTraces = dear.every((check) => 'http' in check || 'command' in check);
    this.#poll = setTimeout(() => {
      if (leaveTraces) this.#pollMs = Math.min(this.#pollMs * 2, maxCheckPollMs);
      this.#lookSoon();
    }, this.#pollMs);
  }

  /** The logs and files that count now: their growth makes us look again, and a log's is heard of once for each look. */
  #follow(open: readonly Task[], facts: Facts, dear: readonly DearCheck[]): void {
    const { signal } = this.#abort;
    this.#parts.hosts.forEach((host, place) => {
      const { logs } = dockerNeeds(open, host.name, place === 0);
      for (const { id, name, state } of facts.hosts.get(host.name)?.containers ?? []) {
        if (!logs.has(name) || state !== 'running') continue;
        this.#once(id, () => followLog(host.info.dockerSocket, id, signal, () => this.poke()));
      }
      const files = dear.some((check) => 'file' in check && (check.file.host ?? this.#firstHost) === host.name);
      if (files) this.#once(`files of ${host.name}`, () => this.#watchFiles(host));
    });
  }

  get #firstHost(): string | undefined {
    return this.#parts.hosts[0]?.name;
  }

  async #watchFiles(host: WatchedHost): Promise<void> {
    const { signal } = this.#abort;
    try {
      const changes = await this.#parts.link.call((engine) => engine.watchFiles(host.info.name, signal));
      for await (const _ of changes) this.poke();
    } catch (error) {
      // The poll looks as well: it starts to watch again.
      if (!signal.aborted && kindOf(error) !== 'unavailable') this.#parts.failed(error);
    }
  }

  /** Follows a thing that is not followed yet. */
  #once(what: string, follow: () => Promise<void>): void {
    if (this.#followed.has(what)) return;
    this.#followed.add(what);
    void follow().finally(() => this.#followed.delete(what));
  }
}
