// The hosts of a session while they run, with their terminals, checks and engine view. A lab that was reset, stored or started
// again has another `RunningLab` afterwards. Independent of message transport.

import type { DockerClient, HostInfo } from '@drydock/runtime';
import type { Task } from '../../lessons/schema.ts';
import { Watcher } from '../checks/watcher.ts';
import { type EngineLink, isAway } from '../engine-link.ts';
import { kindOf, ServerError, sentences } from '../errors.ts';
import { LabTraffic } from '../hosts/lab-traffic.ts';
import { WatchedHost } from '../hosts/watched-host.ts';
import type { BuildsView, RegistriesView, TaskState, View } from '../protocol.ts';
import { firstTerminal, type Size, Terminals } from '../terminals/terminals.ts';
import { EngineView } from '../view/engine-view.ts';
import type { ReadyHost } from './hosts.ts';

export interface RunningLabParts {
  readonly link: EngineLink;
  readonly docker: (host: HostInfo) => DockerClient;
  readonly tasks: readonly Task[];
  /** Tasks that are done already; those that become done are added. */
  readonly done: Set<string>;
  readonly titles: TitleRecords;
  readonly events: RunningLabEvents;
}

/** Titles of terminals, by the terminal's id, as they are written down. */
export interface TitleRecords {
  all(): ReadonlyMap<string, string>;
  set(terminal: string, title: string): void;
  forget(terminal: string): void;
}

export interface RunningLabEvents {
  terminalsChanged(): void;
  /** A shell has ended with its host, or none runs any more: perhaps a host has stopped. */
  shellsEnded(): void;
  /** A task became done: called once each, before `tasksChanged`. */
  becameDone(task: string): void;
  tasksChanged(tasks: readonly TaskState[]): void;
  viewChanged(view: View | RegistriesView | BuildsView): void;
  terminalFailed(message: string): void;
  /** `what` is a sentence for the log. What failed is tried again. */
  failed(what: string, error: unknown): void;
}

export class RunningLab {
  readonly terminals: Terminals;
  readonly #titles: TitleRecords;
  readonly #events: RunningLabEvents;
  readonly #hosts: readonly WatchedHost[];
  readonly #traffic: LabTraffic;
  readonly #watcher: Watcher;
  readonly #view: EngineView;
  /** Each host's init, by the engine's name of the host: one that is started again has another. */
  readonly #inits: ReadonlyMap<string, number>;
  #released = false;

  /** Takes up hosts that run, with the terminals that are in them. */
  constructor(ready: readonly ReadyHost[], { link, docker, tasks, done, titles, events }: RunningLabParts) {
    this.#titles = titles;
    this.#events = events;
    this.#inits = new Map(ready.map(({ host }) => [host.name, host.pid]));
    this.#hosts = ready.map(
      ({ name, host }) =>
        new WatchedHost({
          name,
          info: host,
          docker: docker(host),
          link,
          failed: (error) => events.failed('the events of a host were not heard', error),
        }),
    );
    const terminalsOf = ready.map(({ name, host, terminals }) => ({ name, host: host.name, terminals }));
    this.terminals = new Terminals(link, terminalsOf, titles.all(), {
      changed: () => {
        events.terminalsChanged();
        if (!this.#released && this.terminals.states.every(({ running }) => !running)) events.shellsEnded();
      },
      prompted: () => {
        this.#watcher.poke();
        this.#view.poke();
      },
      lost: () => {
        events.terminalsChanged();
        events.shellsEnded();
      },
      failed: (message) => events.terminalFailed(message),
    });
    this.#traffic = new LabTraffic({
      hosts: this.#hosts,
      link,
      failed: (error) => events.failed('the traffic of a lab was not heard', error),
    });
    this.#watcher = new Watcher({
      tasks,
      hosts: this.#hosts,
      link,
      traffic: this.#traffic,
      done,
      becameDone: (task) => events.becameDone(task),
      changed: (states) => events.tasksChanged(states),
      failed: (error) => events.failed('a check failed', error),
    });
    this.#view = new EngineView({
      hosts: this.#hosts,
      link,
      traffic: this.#traffic,
      told: (view) => events.viewChanged(view),
      failed: (error) => events.failed('an engine view failed', error),
    });
  }

  /** The hosts' views as last sent; none while no page is open. */
  get views(): readonly (View | RegistriesView | BuildsView)[] {
    return this.#view.views;
  }

  /** Whether this host has ended since it was taken up: the engine started it again, without its shells. */
  startedAgain({ name, state, pid }: HostInfo): boolean {
    return state === 'running' && this.#inits.get(name) !== pid;
  }

  /** Resolves with the terminal's id. Throws notFound and tooMany, and unavailable where the host has stopped. */
  async openTerminal(size: Size, host: string | null, title: string | null): Promise<string> {
    try {
      const opened = await this.terminals.open(size, host, title);
      // Also a title that the student did not give: another terminal that is closed must not change it after a restart.
      this.#titles.set(opened.id, opened.title);
      return opened.id;
    } catch (error) {
      if (kindOf(error) === 'invalid' && !(error instanceof ServerError)) {
        throw new ServerError('unavailable', sentences.noShell);
      }
      if (!isAway(error)) throw error;
      this.#events.shellsEnded();
      throw new ServerError('unavailable', 'The lab’s machine has stopped. It is being started again.');
    }
  }

  /** Throws notFound. */
  renameTerminal(terminal: string, title: string): void {
    this.terminals.rename(terminal, title);
    this.#titles.set(terminal, title);
    if (this.#isFirst(terminal)) this.#titles.set(firstTerminal, title);
  }

  /** Ends the terminal's shell. Idempotent. */
  async closeTerminal(terminal: string): Promise<void> {
    const isFirst = this.#isFirst(terminal);
    await this.terminals.close(terminal);
    this.#titles.forget(terminal);
    if (isFirst) this.#titles.forget(firstTerminal);
  }

  /** A page looks at the lab, or none does. Idempotent. */
  showView(toSomebody: boolean): void {
    this.#view.watch(toSomebody);
  }

  /** The student does something in the lab. */
  stir(): void {
    this.#watcher.stir();
    this.#view.stir();
  }

  /** The lesson has changed while it is written. */
  setTasks(tasks: readonly Task[]): void {
    this.#watcher.setTasks(tasks);
  }

  /** Lets go of the hosts; their shells go on. Idempotent. */
  release(): void {
    this.#released = true;
    this.terminals.release();
    this.#watcher.release();
    this.#view.release();
    this.#traffic.release();
    for (const host of this.#hosts) host.release();
  }

  #isFirst(terminal: string): boolean {
    return this.terminals.states[0]?.id === terminal;
  }
}
