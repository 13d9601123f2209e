// What a host's events have told that is not there to be asked for any more: containers and commands that have ended,
// containers that were removed. Pure.

import type { DockerEvent } from '@drydock/runtime';
import { maxEnded } from '../limits.ts';
import { endedFrom } from './docker-facts.ts';
import type { EndedContainer, EndedExec, RemovedContainer } from './facts.ts';

export interface Seen {
  readonly ended: readonly EndedContainer[];
  readonly execs: readonly EndedExec[];
  readonly removed: readonly RemovedContainer[];
  /** Commands of `docker exec` that still run, by the exec's id. */
  readonly running: ReadonlyMap<string, { readonly container: string; readonly command: string }>;
  /** Signals that Docker has sent to containers since their start, by the container's id. */
  readonly signals: ReadonlyMap<string, readonly number[]>;
}

export const nothingSeen: Seen = { ended: [], execs: [], removed: [], running: new Map(), signals: new Map() };

const without = <T>(all: ReadonlyMap<string, T>, key: string) => new Map([...all].filter(([each]) => each !== key));

/** `seen` and what one more event adds to it; `done` are the tasks that are done by now. */
export function afterEvent(seen: Seen, { Type, Action, Actor }: DockerEvent, done: ReadonlySet<string>): Seen {
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
  if (Action === 'start') return { ...seen, signals: without(seen.signals, Actor.ID) };
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
