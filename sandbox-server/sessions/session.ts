// One student in one lab: its phase, its terminals, its tasks, and the pages that look at it. Independent of message
// transport: a page is whatever takes messages.

import type { DockerClient, HostInfo, TerminalInfo } from '@drydock/runtime';
import type { Logger } from 'pino';
import type { Lab } from '../../lessons/schema.ts';
import { evaluate } from '../checks/evaluate.ts';
import { Watcher } from '../checks/watcher.ts';
import { type EngineLink, isAway } from '../engine-link.ts';
import { messageOf, ServerError, sentences } from '../errors.ts';
import type { ProgressRecords } from '../progress/progress.ts';
import type { ServerMessage, SessionPhase, TaskState } from '../protocol.ts';
import { monotonicMs } from '../rate-limit.ts';
import { defaultSize, type Size, Terminals } from '../terminals/terminals.ts';
import type { SessionRecord, SessionRecords } from './records.ts';

export interface Page {
  tell(message: ServerMessage): void;
  /** The terminals have been taken up, perhaps again: what the page watches can be shown. */
  terminalsReady(): void;
  /** The session is over: nothing more will come. */
  end(): void;
}

export interface SessionParts {
  readonly link: EngineLink;
  readonly docker: (host: HostInfo) => DockerClient;
  readonly lab: Lab;
  readonly progress: ProgressRecords;
  readonly records: SessionRecords;
  readonly log: Logger;
  /** No shell of its host runs any more: perhaps the host has stopped. */
  readonly shellsEnded: (session: Session) => void;
}

export class Session {
  readonly id: string;
  readonly student: number;
  readonly lesson: string;
  readonly #parts: SessionParts;
  readonly #pages = new Set<Page>();
  readonly #done: Set<string>;
  #host: string | null;
  #phase: SessionPhase = { phase: 'starting' };
  #tasks: readonly TaskState[];
  #terminals: Terminals | null = null;
  #watcher: Watcher | null = null;
  #leftMs = monotonicMs();
  #typedMs = monotonicMs();
  /** The size that its page asked for. */
  size: Size = defaultSize;

  constructor(record: SessionRecord, parts: SessionParts) {
    this.id = record.id;
    this.student = record.student;
    this.lesson = record.lesson;
    this.#host = record.host;
    this.#parts = parts;
    this.#done = new Set(parts.progress.done(this.student, this.lesson));
    const nothing = { containers: [], ended: [], logs: new Map<string, string>(), doneTasks: this.#done };
    this.#tasks = evaluate(parts.lab.tasks, nothing).map((task) => ({ ...task, found: '' }));
  }

  get host(): string | null {
    return this.#host;
  }
  get phase(): SessionPhase {
    return this.#phase;
  }
  get pages(): number {
    return this.#pages.size;
  }
  /** Whether its terminals are taken up. */
  get active(): boolean {
    return this.#terminals !== null;
  }
  /** Milliseconds since a page was open (0 while one is), and since it was typed into. */
  get idle(): { readonly withoutPageMs: number; readonly untypedMs: number } {
    const now = monotonicMs();
    return { withoutPageMs: this.#pages.size > 0 ? 0 : now - this.#leftMs, untypedMs: now - this.#typedMs };
  }
  /** Throws unavailable while there is no host yet, gone after the end. */
  get terminals(): Terminals {
    if (this.#terminals !== null) return this.#terminals;
    if (this.#phase.phase === 'ended') throw new ServerError('gone', sentences.ended);
    throw new ServerError('unavailable', 'The lab is not ready yet. Its terminals come as soon as it is.');
  }

  /** For the queue. */
  placed(place: number): void {
    this.move({ phase: 'queued', place });
  }

  move(phase: SessionPhase): void {
    this.#phase = phase;
    this.#broadcast({ type: 'session', ...phase });
  }

  /** The host it will have; remembered before it exists, so that none is ever forgotten. */
  giveHost(name: string): void {
    this.#host = name;
    this.#parts.records.setHost(this.id, name);
  }

  dropHost(): void {
    this.#host = null;
    this.#parts.records.setHost(this.id, null);
  }

  /** Takes up a host that runs, with these terminals in it: the session is ready then. */
  activate(host: HostInfo, there: readonly TerminalInfo[]): void {
    this.release();
    const { link, docker, lab, records, progress, log } = this.#parts;
    this.#terminals = new Terminals(link, host.name, there, records.titles(this.id), {
      changed: () => {
        this.#tellTerminals();
        if (this.#terminals?.states.every(({ running }) => !running)) this.#parts.shellsEnded(this);
      },
      prompted: () => this.#watcher?.poke(),
      lost: () => {
        this.#tellTerminals();
        this.#parts.shellsEnded(this);
      },
      failed: (message) => log.error({ session: this.id, message }, 'a terminal failed'),
    });
    this.#watcher = new Watcher({
      tasks: lab.tasks,
      docker: docker(host),
      dockerSocket: host.dockerSocket,
      done: this.#done,
      becameDone: (task) => progress.markDone(this.student, this.lesson, task),
      changed: (tasks) => {
        this.#tasks = tasks;
        this.#broadcast({ type: 'tasks', tasks });
      },
      failed: (error) => log.warn({ session: this.id, error: messageOf(error) }, 'a check failed'),
      lost: () => link.suspect(),
    });
    this.move({ phase: 'ready' });
    this.#tellTerminals();
    for (const page of [...this.#pages]) page.terminalsReady();
  }

  /** Adds a page and tells it everything. Returns what takes it away again. */
  join(page: Page): () => void {
    this.#pages.add(page);
    page.tell({ type: 'session', ...this.#phase });
    page.tell({ type: 'engine', state: this.#parts.link.up ? 'up' : 'away' });
    page.tell({ type: 'terminals', terminals: this.#terminals?.states ?? [] });
    page.tell({ type: 'tasks', tasks: this.#tasks });
    return () => {
      if (this.#pages.delete(page)) this.#leftMs = monotonicMs();
    };
  }

  /** Throws unavailable where the host has stopped; it is started again then. */
  async openTerminal(size: Size): Promise<string> {
    try {
      return (await this.terminals.open(size)).id;
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#parts.shellsEnded(this);
      throw new ServerError('unavailable', 'The lab’s machine has stopped. It is being started again.');
    }
  }

  rename(terminal: string, title: string): void {
    this.terminals.rename(terminal, title);
    this.#parts.records.setTitle(this.id, terminal, title);
  }

  async close(terminal: string): Promise<void> {
    await this.terminals.close(terminal);
    this.#parts.records.forgetTitle(this.id, terminal);
  }

  typed(): void {
    this.#typedMs = monotonicMs();
  }

  engineIs(up: boolean): void {
    this.#broadcast({ type: 'engine', state: up ? 'up' : 'away' });
  }

  /** Lets go of the host; its shells go on. Idempotent. */
  release(): void {
    this.#terminals?.release();
    this.#watcher?.release();
    this.#terminals = null;
    this.#watcher = null;
  }

  /** It is over: every page is told and closed. Idempotent. */
  end(reason: 'idle' | 'request' | 'replaced'): void {
    if (this.#phase.phase === 'ended') return;
    this.release();
    this.move({ phase: 'ended', reason });
    for (const page of [...this.#pages]) page.end();
  }

  #tellTerminals(): void {
    this.#broadcast({ type: 'terminals', terminals: this.#terminals?.states ?? [] });
  }

  #broadcast(message: ServerMessage): void {
    for (const page of [...this.#pages]) page.tell(message);
  }
}
