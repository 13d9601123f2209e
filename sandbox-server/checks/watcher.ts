// Watches the hosts of one lab and tells as soon as its tasks are done. It looks when an event comes, a prompt is shown, a log or
// file that a check asks for has changed, and now and then where nothing else would tell. It asks the engine only. Independent
// of message transport.

import type { DockerEvent } from '@drydock/runtime';
import type { Task } from '../../lessons/schema.ts';
import type { EngineLink } from '../engine-link.ts';
import { kindOf } from '../errors.ts';
import type { LabTraffic } from '../hosts/lab-traffic.ts';
import { pollWaitMs, SlowingPoll } from '../hosts/slowing-poll.ts';
import { changesHost, type WatchedHost } from '../hosts/watched-host.ts';
import { checkDelayMs, checkIntervalMs, checkPollMs, checkRestTimes, maxTracePollMs } from '../limits.ts';
import type { TaskState } from '../protocol.ts';
import { monotonicMs } from '../rate-limit.ts';
import { asksForBuilds } from './builds/look.ts';
import { followLog } from './container-log.ts';
import { evaluate } from './evaluate.ts';
import type { Facts } from './facts.ts';
import { type Looked, look } from './look.ts';
import { type DearCheck, dockerNeeds, fileOf } from './needs.ts';
import { asksForHub } from './registries/look.ts';
import { afterEvent, nothingSeen, type Seen } from './seen.ts';

export interface WatcherParts {
  /** As they are at first; see `setTasks`. */
  readonly tasks: readonly Task[];
  /** The lab's, in its order: the first is meant where a check names none. */
  readonly hosts: readonly WatchedHost[];
  readonly link: EngineLink;
  readonly traffic: LabTraffic;
  /** The tasks that are done already. The watcher adds those that become done. */
  readonly done: Set<string>;
  /** A task became done: called once each, before `changed`. */
  readonly becameDone: (task: string) => void;
  readonly changed: (states: readonly TaskState[]) => void;
  readonly failed: (error: unknown) => void;
}

export class Watcher {
  readonly #parts: WatcherParts;
  readonly #abort = new AbortController();
  /** By the lab's name of the host. */
  readonly #seen = new Map<string, Seen>();
  readonly #followed = new Set<string>();
  readonly #poll: SlowingPoll;
  /** When each task became done, in milliseconds since 1970; those of before are not in it. */
  readonly #doneAt = new Map<string, number>();
  #tasks: readonly Task[];
  #told = '';
  #timer: NodeJS.Timeout | undefined;
  /** What the last look has asked for leaves traces with the student, such as lines in a log. */
  #leavesTraces = false;
  #followsHub = false;
  #followsBuilds = false;
  #looking = false;
  #lookAgain = false;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #restUntilMs = Number.NEGATIVE_INFINITY;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
    this.#tasks = parts.tasks;
    this.#poll = new SlowingPoll(
      (calmMs) => Math.max(this.#leavesTraces ? Math.min(calmMs, maxTracePollMs) : 0, pollWaitMs(calmMs, checkPollMs)),
      () => this.#lookSoon(),
    );
    if (parts.tasks.length > 0) for (const host of parts.hosts) this.#listen(host);
  }

  /** Something may have changed: looks soon, and no more often than the limits say. */
  poke(): void {
    this.#poll.stir();
    this.#lookSoon();
  }

  /** The student does something: states that cause no event are polled often again. */
  stir(): void {
    this.#poll.stir();
  }

  /** The lesson has changed while it is written: these are its tasks from now on. */
  setTasks(tasks: readonly Task[]): void {
    this.#tasks = tasks;
    this.#told = '';
    this.poke();
  }

  release(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.#poll.stop();
  }

  get #open(): readonly Task[] {
    return this.#tasks.filter(({ id }) => !this.#parts.done.has(id));
  }

  #lookSoon(): void {
    if (this.#abort.signal.aborted || this.#open.length === 0) return;
    // Before the subscription it is not known which containers have ended with their host. `subscribed` pokes then.
    if (!this.#parts.hosts.every((host) => host.isSubscribed)) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    if (this.#timer !== undefined) return;
    const now = monotonicMs();
    const waitMs = Math.max(checkDelayMs, this.#lookedMs + checkIntervalMs - now, this.#restUntilMs - now);
    this.#timer = setTimeout(() => void this.#look(), waitMs);
  }

  #listen(host: WatchedHost): void {
    const leave = host.listen({
      subscribed: () => this.poke(),
      happened: (event) => this.#happened(host.name, event),
    });
    this.#abort.signal.addEventListener('abort', leave);
  }

  #happened(host: string, event: DockerEvent): void {
    const before = this.#seenOn(host);
    const now = afterEvent(before, event, this.#parts.done);
    this.#seen.set(host, now);
    if (changesHost(event) || now.execs !== before.execs) this.poke();
  }

  #seenOn(host: string): Seen {
    return this.#seen.get(host) ?? nothingSeen;
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#poll.stop();
    this.#looking = true;
    this.#lookedMs = monotonicMs();
    let dear: readonly DearCheck[] = [];
    let hasFailed = false;
    try {
      const { hosts, link, done } = this.#parts;
      const { signal } = this.#abort;
      const open = this.#open;
      this.#followHub(open);
      this.#followBuilds(open);
      const seen = ({ name }: WatchedHost) => this.#seenOn(name);
      const doneBy = (atMs: number) => new Set([...done].filter((id) => (this.#doneAt.get(id) ?? 0) <= atMs));
      const looked = await look(open, done, { hosts, link, signal, seen, doneBy });
      dear = looked.dear;
      if (signal.aborted) return;
      this.#follow(open, looked.facts, dear);
      this.#tell(this.#judge(looked));
    } catch (error) {
      // Where the engine is away, `subscribed` pokes once it is back. A container that was removed meanwhile causes an event.
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

  /**
   * The whole server waits while a lab is judged, and while files of YAML are read. Where that takes long over what a student made, the
   * next look is put off for longer.
   */
  #judge({ facts, blockedMs }: Looked): readonly TaskState[] {
    const beganMs = monotonicMs();
    const states = evaluate(this.#tasks, facts);
    const endedMs = monotonicMs();
    this.#restUntilMs = endedMs + (endedMs - beganMs + blockedMs) * checkRestTimes;
    return states;
  }

  #tell(states: readonly TaskState[]): void {
    for (const { id, done } of states) {
      if (!done || this.#parts.done.has(id)) continue;
      this.#parts.becameDone(id);
      this.#parts.done.add(id);
      this.#doneAt.set(id, Date.now());
      // Tasks that waited for this one are looked at now.
      this.#lookAgain = true;
    }
    const telling = JSON.stringify(states);
    if (telling === this.#told) return;
    this.#told = telling;
    this.#parts.changed(states);
  }

  /**
   * Looks again later if a check asks for states that cause no event (processes, ports, output of programs), and after a
   * failure.
   */
  #pollLater(dear: readonly DearCheck[], hasFailed: boolean): void {
    this.#poll.stop();
    if ((dear.length === 0 && !hasFailed) || this.#abort.signal.aborted || this.#open.length === 0) return;
    this.#leavesTraces = dear.every((check) => 'http' in check || 'command' in check || 'connection' in check);
    this.#poll.schedule();
  }

  /** Follows the logs and files that checks ask for now, so that a change in them causes the next look. */
  #follow(open: readonly Task[], facts: Facts, dear: readonly DearCheck[]): void {
    const { signal } = this.#abort;
    this.#parts.hosts.forEach((host, place) => {
      const { logs } = dockerNeeds(open, host.name, place === 0);
      for (const { id, name, state } of facts.hosts.get(host.name)?.containers ?? []) {
        if (!logs.has(name) || state !== 'running') continue;
        this.#once(id, () => followLog(host.info.dockerSocket, id, signal, () => this.poke()));
      }
      const files = dear.some((check) => {
        const place = fileOf(check);
        const isHome = place !== null && (place.container ?? place.volume ?? place.image) === undefined;
        return isHome && (place.host ?? this.#firstHost) === host.name;
      });
      if (files) this.#once(`files of ${host.name}`, () => this.#watchFiles(host));
    });
  }

  /** What changes on the hub causes the next look, as long as a check asks for that. */
  #followHub(open: readonly Task[]): void {
    if (this.#followsHub || !asksForHub(open)) return;
    this.#followsHub = true;
    const leave = this.#parts.traffic.listen({ hubChanged: () => this.poke() });
    this.#abort.signal.addEventListener('abort', leave);
  }

  /** A build that has ended causes the next look: it may have made no image, and so no event. */
  #followBuilds(open: readonly Task[]): void {
    if (this.#followsBuilds || !asksForBuilds(open)) return;
    this.#followsBuilds = true;
    const leave = this.#parts.traffic.listen({
      built: (_host, { state }) => {
        if (state !== 'going') this.poke();
      },
    });
    this.#abort.signal.addEventListener('abort', leave);
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
      // The next look starts to watch again.
      if (!signal.aborted && kindOf(error) !== 'unavailable') this.#parts.failed(error);
    }
  }

  /** Calls `follow`, unless `what` is being followed already. */
  #once(what: string, follow: () => Promise<void>): void {
    if (this.#followed.has(what)) return;
    this.#followed.add(what);
    void follow().finally(() => this.#followed.delete(what));
  }
}
