// One student in one lab: its phase, its tasks, its hosts while they run, and the pages that look at it. Independent of
// message transport: a page is whatever takes messages.

import type { DockerClient, HostInfo } from '@drydock/runtime';
import type { Logger } from 'pino';
import { chooseParameters, type Lab, namespaceHosts, withParameters } from '../../lessons/schema.ts';
import type { EngineLink } from '../engine-link.ts';
import { messageOf, ServerError, sentences } from '../errors.ts';
import type { Lesson } from '../labs/lessons.ts';
import type { Drain } from '../operator/protocol.ts';
import type { ProgressRecords } from '../progress/progress.ts';
import type { ServerMessage, SessionPhase, TaskState } from '../protocol.ts';
import { bookkeeping } from '../store/bookkeeping.ts';
import { defaultSize, type Size } from '../terminals/terminals.ts';
import { type Comer, unknownComer } from './comer.ts';
import type { HostNames, ReadyHost } from './hosts.ts';
import { Lock } from './lock.ts';
import type { PointRecord, SessionRecord, SessionRecords } from './records.ts';
import { ResetPoints } from './reset-points.ts';
import { RunningLab } from './running-lab.ts';
import { type Idle, TimesOfUse } from './times-of-use.ts';

export interface Page {
  tell(message: ServerMessage): void;
  /** The terminals have been taken up, perhaps again: what the page watches can be shown. */
  terminalsReady(): void;
  /** The session is over, for this page: nothing more will come. */
  end(): void;
}

export interface SessionParts {
  readonly link: EngineLink;
  readonly docker: (host: HostInfo) => DockerClient;
  readonly lesson: Lesson;
  readonly progress: ProgressRecords;
  readonly records: SessionRecords;
  readonly log: Logger;
  /** A shell has ended with its host, or no shell runs any more: perhaps a host has stopped. */
  readonly shellsEnded: (session: Session) => void;
  /** A task became done. It is on the disk, and pages are told next. */
  readonly becameDone: (session: Session, task: string) => void;
  /** A page has come. */
  readonly entered: (session: Session) => void;
}

/** `frozen`: nothing runs, but the lab keeps its memory and its place. `stored`: it takes neither. */
export type Rest = 'awake' | 'frozen' | 'stored';

export class Session {
  readonly id: string;
  readonly student: number;
  /** The lesson's id. */
  readonly lesson: string;
  /** With this student's values for `{{name}}`. The lab and the files change where the lesson's do (`setLesson`, `takeLesson`). */
  lab: Lab;
  files: Lesson['files'];
  readonly parameters: Readonly<Record<string, string>>;
  /** The lab as its file has it. */
  #written: Lab;
  /** What the lab's namespaces on the hub are called, by the parameter's name; empty until it has hosts. */
  #namespaces: Readonly<Record<string, string>> = {};
  readonly points: ResetPoints;
  /** Held while its hosts are changed. */
  readonly lock = new Lock();
  rest: Rest = 'awake';
  /** How often it was reset. A preview that was opened before a reset shows nothing any more. */
  takenBack = 0;
  /** Where the student came from when they opened it last. */
  comer: Comer = unknownComer;
  /** The terminal size that the page asked for. */
  size: Size = defaultSize;
  /** The lesson as it is by now, for the next page that comes. */
  #nextLesson: Lesson | null = null;
  readonly #parts: SessionParts;
  readonly #pages = new Set<Page>();
  readonly #done: Set<string>;
  readonly #use: TimesOfUse;
  #drain: Drain | null = null;
  #hosts: HostNames;
  #phase: SessionPhase = { phase: 'starting' };
  #tasks: readonly TaskState[];
  /** Null while its hosts are not taken up. */
  #running: RunningLab | null = null;
  /** The highest number that a terminal has had. */
  #lastTerminal = 0;

  constructor(record: SessionRecord, parts: SessionParts) {
    this.id = record.id;
    this.student = record.student;
    this.lesson = record.lesson;
    this.parameters = record.parameters;
    this.#written = parts.lesson.lab;
    this.lab = withParameters(this.#written, record.parameters);
    this.files = parts.lesson.files;
    this.points = new ResetPoints(record.id, parts.records);
    this.#hosts = record.hosts;
    this.#use = new TimesOfUse({
      usedAtMs: record.usedAtMs,
      hadHosts: record.hosts.size > 0,
      write: (atMs) => parts.records.setUsed(record.id, atMs),
      log: parts.log,
    });
    this.#parts = parts;
    const reopened = parts.records.reopenedTasks(record.id);
    this.#done = new Set([...parts.progress.done(record.student, record.lesson)].filter((id) => !reopened.has(id)));
    this.#tasks = this.#unseen();
  }

  /** Empty while it has no hosts. */
  get hosts(): HostNames {
    return this.#hosts;
  }
  /** What `{{name}}` stands for, as far as that is known. */
  get values(): Readonly<Record<string, string>> {
    const chosen = chooseParameters(this.#written.parameters, this.id);
    return { ...chosen, ...this.parameters, ...this.#namespaces };
  }
  get phase(): SessionPhase {
    return this.#phase;
  }
  get pages(): number {
    return this.#pages.size;
  }
  /** Whether its hosts are taken up. */
  get active(): boolean {
    return this.#running !== null;
  }
  get done(): ReadonlySet<string> {
    return this.#done;
  }
  get lastTerminal(): number {
    return Math.max(this.#lastTerminal, this.#running?.terminals.last ?? 0);
  }
  /** Whether its student has typed in it, or changed files. */
  get hasTyped(): boolean {
    return this.#use.hasTyped;
  }
  /** Whether it ever had a page. */
  get wasEntered(): boolean {
    return this.#use.wasEntered;
  }
  get idle(): Idle {
    return this.#use.idle(this.#pages.size > 0);
  }
  /** Its hosts, which run. Throws unavailable while there is no host yet, gone after the end. */
  get running(): RunningLab {
    if (this.#running !== null) return this.#running;
    if (this.#phase.phase === 'ended') throw new ServerError('gone', sentences.ended);
    throw new ServerError('unavailable', 'The lab is not ready yet. Its terminals come as soon as it is.');
  }

  /** The engine's name of the host that the lab calls `name`, or of the lab's first. Throws notFound, and what `running` throws. */
  host(name?: string): string {
    if (!this.active) void this.running;
    const host = this.#hosts.get(name ?? this.lab.hosts[0]?.name ?? '');
    if (host === undefined) throw new ServerError('notFound', sentences.noHost);
    return host;
  }

  /** Whether a host has been started again by the engine since it was taken up: its shells are gone then. */
  startedAgain(host: HostInfo): boolean {
    return this.#running?.startedAgain(host) ?? false;
  }

  /** Called by the queue when its place changes. */
  placed(place: number): void {
    this.move({ phase: 'queued', place });
  }

  move(phase: SessionPhase): void {
    this.#phase = phase;
    this.#broadcast({ type: 'session', ...phase });
  }

  /** Sets the hosts that it will have. They are written down before they exist, so that none is ever forgotten. */
  giveHosts(hosts: HostNames): void {
    this.#hosts = hosts;
    this.#parts.records.setHosts(this.id, hosts);
  }

  /** Its hosts are gone, or will be. */
  dropHosts(): void {
    this.#hosts = new Map();
    // The points first. Where the hosts cannot be written after them, the record still names them. The next start of the server
    // does not find them, and ends the session.
    bookkeeping(this.#parts.log, 'that hosts are gone', () => {
      this.points.clear();
      this.giveHosts(this.#hosts);
    });
  }

  /** Takes up hosts that run, with their terminals: the session is ready then. */
  activate(hosts: readonly ReadyHost[]): void {
    this.release();
    this.#nameNamespaces(hosts);
    const { link, docker, records, log, shellsEnded } = this.#parts;
    this.#running = new RunningLab(hosts, {
      link,
      docker,
      tasks: this.lab.tasks,
      done: this.#done,
      titles: {
        all: () => records.titles(this.id),
        set: (terminal, title) => records.setTitle(this.id, terminal, title),
        forget: (terminal) => records.forgetTitle(this.id, terminal),
      },
      events: {
        terminalsChanged: () => this.tellTerminals(),
        shellsEnded: () => shellsEnded(this),
        becameDone: (task) => this.#becameDone(task),
        tasksChanged: (tasks) => this.#setTasks(tasks),
        viewChanged: (view) => this.#broadcast(view),
        terminalFailed: (message) => log.error({ session: this.id, message }, 'a terminal failed'),
        failed: (what, error) => log.warn({ session: this.id, error: messageOf(error) }, what),
      },
    });
    this.#running.showView(this.#pages.size > 0);
    this.rest = 'awake';
    this.#use.becameReady();
    this.move({ phase: 'ready' });
    this.tellTerminals();
    for (const page of [...this.#pages]) page.terminalsReady();
  }

  /** The lab's texts name its namespaces on the hub from now on. */
  #nameNamespaces(hosts: readonly ReadyHost[]): void {
    const named = [...namespaceHosts(this.#written.hosts)].flatMap(([parameter, of]) => {
      const account = hosts.find(({ name }) => name === of)?.host.hubAccount ?? null;
      return account === null ? [] : [[parameter, account] as const];
    });
    this.#namespaces = Object.fromEntries(named);
    this.lab = withParameters(this.#written, this.values);
    this.#tasks = this.#tasks.map((task) => {
      return { ...task, expected: this.lab.tasks.find(({ id }) => id === task.id)?.expected ?? task.expected };
    });
    this.#broadcast({ type: 'parameters', parameters: this.values });
    this.#setTasks(this.#tasks);
  }

  /** A reset to `point` begins: from now on those tasks are done that were done then, and no others. */
  takeBack(point: PointRecord): void {
    this.takenBack += 1;
    this.points.goBackTo(point);
    const { progress, records } = this.#parts;
    const was = new Set(point.done);
    this.#done.clear();
    for (const id of was) this.#done.add(id);
    records.setReopenedTasks(
      this.id,
      [...progress.done(this.student, this.lesson)].filter((id) => !was.has(id)),
    );
    this.#setTasks(this.#unseen());
  }

  /** Takes the tasks and files; the hosts stay as they are. */
  setLesson({ lab, files }: Lesson): void {
    this.#written = lab;
    this.lab = withParameters(lab, this.values);
    this.files = files;
    this.#setTasks(this.#unseen());
    this.#running?.setTasks(this.lab.tasks);
  }

  /**
   * The lesson has changed while students are in it. Where its tasks are the same ones, what they say and check is at once as it
   * is now; other tasks come with the next page, which has their text. With other hosts or terminals the lab stays as it was.
   */
  takeLesson(lesson: Lesson): void {
    const formOf = ({ hosts, terminals }: Lab) => JSON.stringify([hosts, terminals]);
    const tasksOf = ({ tasks }: Lab) => tasks.map(({ id }) => id).join();
    this.#nextLesson = null;
    if (formOf(lesson.lab) !== formOf(this.#written)) return;
    if (tasksOf(lesson.lab) === tasksOf(this.#written)) this.setLesson(lesson);
    else this.#nextLesson = lesson;
  }

  /** Adds a page and tells it everything. Returns what takes it away again. */
  join(page: Page): () => void {
    if (this.#nextLesson !== null) this.setLesson(this.#nextLesson);
    this.#nextLesson = null;
    this.#pages.add(page);
    this.#use.entered();
    page.tell({ type: 'session', ...this.#phase });
    page.tell({ type: 'engine', state: this.#parts.link.up ? 'up' : 'away' });
    if (this.#drain !== null) page.tell(drainingMessage(this.#drain));
    page.tell({ type: 'terminals', terminals: this.#running?.terminals.states ?? [] });
    page.tell({ type: 'tasks', tasks: this.#tasks });
    page.tell(this.points.message(this.lab.tasks));
    for (const view of this.#running?.views ?? []) page.tell(view);
    this.#running?.showView(true);
    this.#running?.stir();
    this.#parts.entered(this);
    return () => {
      if (!this.#pages.delete(page)) return;
      this.#running?.showView(this.#pages.size > 0);
      this.#use.left();
    };
  }

  /** The student does something in the lab. */
  typed(): void {
    this.#use.typed();
    this.#running?.stir();
  }

  drainingIs(drain: Drain | null): void {
    this.#drain = drain;
    this.#broadcast(drainingMessage(drain));
  }

  engineIs(up: boolean): void {
    this.#broadcast({ type: 'engine', state: up ? 'up' : 'away' });
  }

  tellTerminals(): void {
    this.#broadcast({ type: 'terminals', terminals: this.#running?.terminals.states ?? [] });
  }

  tellPoints(): void {
    this.#broadcast(this.points.message(this.lab.tasks));
  }

  /** Lets go of the hosts; their shells go on. Idempotent. */
  release(): void {
    this.#lastTerminal = this.lastTerminal;
    this.#running?.release();
    this.#running = null;
  }

  /** The server ends: lets go of the hosts and forgets the pages. Nothing more is written down. */
  abandon(): void {
    this.release();
    this.#pages.clear();
  }

  /**
   * Tells every page that the lab is put away, and closes it. The lab is kept, and its student can come back. `yielded`: it made
   * room for others who wait. `crowded`: it made room for another lab of the same student.
   */
  sendAway(why: 'left' | 'yielded' | 'crowded' = 'left'): void {
    const reason = why === 'yielded' ? 'left' : why;
    this.#broadcast({ type: 'session', phase: 'ended', reason, ...(why === 'yielded' ? { yielded: true } : {}) });
    for (const page of [...this.#pages]) page.end();
  }

  /** Ends the session: tells every page, and closes it. Idempotent. */
  end(reason: 'idle' | 'request' | 'replaced' | 'operator'): void {
    if (this.#phase.phase === 'ended') return;
    this.release();
    this.move({ phase: 'ended', reason });
    for (const page of [...this.#pages]) page.end();
  }

  #becameDone(task: string): void {
    const { progress, records, becameDone } = this.#parts;
    progress.markDone(this.student, this.lesson, task);
    records.forgetReopenedTask(this.id, task);
    this.#done.add(task);
    becameDone(this, task);
  }

  #setTasks(tasks: readonly TaskState[]): void {
    this.#tasks = tasks;
    this.#broadcast({ type: 'tasks', tasks });
  }

  /** The tasks before the checks have looked at the hosts. */
  #unseen(): readonly TaskState[] {
    return this.lab.tasks.map(({ id, expected }) => ({ id, done: this.#done.has(id), expected, found: '' }));
  }

  #broadcast(message: ServerMessage): void {
    for (const page of [...this.#pages]) page.tell(message);
  }
}

function drainingMessage(drain: Drain | null): ServerMessage {
  return { type: 'draining', on: drain !== null, at: drain?.at ?? null };
}
