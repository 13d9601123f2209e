// What is known from a host's events alone, since nobody can ask for it any more: containers and commands that have ended,
// containers, volumes and networks that were removed. Pure.

import type { DockerEvent } from '@drydock/runtime';
import { maxEnded } from '../limits.ts';
import { endedFrom } from './docker-facts.ts';
import type { EndedContainer, EndedExec, Removed } from './facts.ts';

export interface Seen {
  readonly ended: readonly EndedContainer[];
  readonly execs: readonly EndedExec[];
  readonly removed: readonly Removed[];
  /** Commands of `docker exec` that still run, by the exec's id. */
  readonly running: ReadonlyMap<string, { readonly container: string; readonly command: string }>;
  /** Signals that Docker has sent to containers since their start, by the container's id. */
  readonly signals: ReadonlyMap<string, readonly number[]>;
  /** Ids of containers that the kernel took memory from by ending a process, since their start. */
  readonly outOfMemory: ReadonlySet<string>;
}

export const nothingSeen: Seen = {
  ended: [],
  execs: [],
  removed: [],
  running: new Map(),
  signals: new Map(),
  outOfMemory: new Set(),
};

const without = <T>(all: ReadonlyMap<string, T>, key: string) => new Map([...all].filter(([each]) => each !== key));
const withoutOne = (all: ReadonlySet<string>, key: string) => new Set([...all].filter((each) => each !== key));

/** `seen` with one more that was removed. */
function gone(seen: Seen, kind: Removed['kind'], name: string, done: ReadonlySet<string>): Seen {
  return { ...seen, removed: [...seen.removed, { kind, name, doneTasks: new Set(done) }].slice(-maxEnded) };
}

/** `seen` with what one more event adds. `done`: the tasks that are done by now. */
export function afterEvent(seen: Seen, { Type, Action, Actor }: DockerEvent, done: ReadonlySet<string>): Seen {
  // A network's event has its name beside its id; a volume's id is its name.
  if (Type === 'volume') return Action === 'destroy' ? gone(seen, 'volume', Actor.ID, done) : seen;
  if (Type === 'network') return Action === 'destroy' ? gone(seen, 'network', Actor.Attributes.name ?? '', done) : seen;
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
  if (Action === 'oom') return { ...seen, outOfMemory: new Set([...seen.outOfMemory, Actor.ID].slice(-maxEnded)) };
  if (Action === 'start')
    return {
      ...seen,
      signals: without(seen.signals, Actor.ID),
      outOfMemory: withoutOne(seen.outOfMemory, Actor.ID),
    };
  if (Action === 'die') {
    const ended = endedFrom(Actor.Attributes, sent, seen.outOfMemory.has(Actor.ID), new Set(done));
    return ended === null ? seen : { ...seen, ended: [...seen.ended, ended].slice(-maxEnded) };
  }
  if (Action === 'destroy') {
    const after = gone(seen, 'container', name, done);
    return {
      ...after,
      signals: without(seen.signals, Actor.ID),
      outOfMemory: withoutOne(seen.outOfMemory, Actor.ID),
    };
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
