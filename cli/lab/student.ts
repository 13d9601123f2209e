// A student without a browser: opens a lesson, types, writes files, is told how far the tasks are, and takes the lab back.

import {
  type FileListing,
  type OpenedSession,
  protocolVersion,
  type Route,
  routes,
  type TaskState,
} from '@drydock/sandbox-server/protocol';
import type { Attempt, Lab } from '../../lessons/schema.ts';
import { Page } from './page.ts';
import { type CommandEnd, Shell } from './shell.ts';

/** A lab whose images are still brought, or a machine that starts several at once. */
const readyMs = 120_000;
const resetMs = 60_000;
const taskMs = 30_000;

export interface Place {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** What the server takes for its own pages' origin. */
  readonly origin: string;
}

interface Where {
  readonly host?: string | undefined;
  readonly terminal?: string | undefined;
}

const sizes = { rows: 24, columns: 80 };
/** The HTTP status where something is there already. */
const there = 412;

export class Student {
  readonly #place: Place;
  readonly #cookie: string;
  readonly #session: string;
  readonly #page: Page;
  readonly #lab: Lab;
  #shells = new Map<string, Promise<Shell>>();
  #requests = 0;

  private constructor(place: Place, cookie: string, session: string, page: Page, lab: Lab) {
    this.#place = place;
    this.#cookie = cookie;
    this.#session = session;
    this.#page = page;
    this.#lab = lab;
  }

  /** A new student opens a lesson; resolves when its lab is ready. Throws Error with the server's sentence. */
  static async enter(place: Place, lesson: string, lab: Lab): Promise<Student> {
    const answer = await ask(place, '', routes.openSession, { json: { lesson } });
    const opened = (await answer.json()) as OpenedSession;
    const cookie = (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
    const page = new Page(`${place.url.replace('http', 'ws')}/api/socket`, { origin: place.origin, cookie });
    const student = new Student(place, cookie, opened.session, page, lab);
    try {
      await page.opened;
      page.send({ type: 'hello', protocol: protocolVersion, ticket: opened.ticket });
      await page.until(() => student.#phase === 'ready' || student.#phase === 'failed', 'a lab', readyMs);
      if (student.#phase === 'failed') throw new Error(`the lab did not start: ${student.#failure}`);
      return student;
    } catch (error) {
      await student.leave();
      throw error;
    }
  }

  get #phase(): string {
    return this.#page.last('session')?.phase ?? '';
  }
  get #failure(): string {
    const state = this.#page.last('session');
    return state?.phase === 'failed' ? state.message : '';
  }

  /** What `{{name}}` stands for in this student's lab. */
  get parameters(): Readonly<Record<string, string>> {
    return { ...this.#page.last('welcome')?.parameters, ...this.#page.last('parameters')?.parameters };
  }

  task(id: string): TaskState {
    const task = this.#page.last('tasks')?.tasks.find((each) => each.id === id);
    if (task === undefined) throw new Error(`the server knows no task ${id}`);
    return task;
  }

  /** Resolves once a task is as `wanted`; false where it is not in time. */
  async becomes(id: string, wanted: (task: TaskState) => boolean, ms = taskMs): Promise<boolean> {
    return this.#page
      .until(() => wanted(this.task(id)), `the task ${id}`, ms)
      .then(
        () => true,
        () => false,
      );
  }

  /** Whether a task stays as it is `wanted` for so long: what nobody has looked at yet is not known. */
  async stays(id: string, wanted: (task: TaskState) => boolean, ms: number): Promise<boolean> {
    return this.#page
      .until(() => !wanted(this.task(id)), 'another state', ms)
      .then(
        () => false,
        () => true,
      );
  }

  /** Types a line where it belongs and waits for the prompt, or as `Shell.runLine` for `mayStay`. Throws as that. */
  async runLine(line: string, where: Where = {}, mayStay?: () => boolean): Promise<CommandEnd> {
    return (await this.#shell(where)).runLine(line, mayStay);
  }

  /** Writes the files, then types the lines, the last of which may stay. Gives how each ended. */
  async attempt({ files = {}, run, host, terminal }: Attempt, mayStay?: () => boolean): Promise<readonly CommandEnd[]> {
    for (const [path, text] of Object.entries(files)) await this.#write(host, path, text);
    const ends: CommandEnd[] = [];
    for (const [place, line] of run.entries())
      ends.push(await this.runLine(line, { host, terminal }, place === run.length - 1 ? mayStay : undefined));
    return ends;
  }

  /** Takes the lab back to the start of a task, or to `start`; resolves when it is there. Throws Error where it cannot be. */
  async reset(to: string): Promise<void> {
    await this.reaches(to);
    const heard = this.#page.heard.length;
    const since = () => this.#page.heard.slice(heard);
    this.#page.send({ type: 'reset', to });
    this.#shells = new Map();
    await this.#page.until(
      () =>
        since().some(({ type }) => type === 'refused') ||
        since().some((message) => message.type === 'session' && message.phase === 'ready'),
      `back to ${to}`,
      resetMs,
    );
    const refused = since().find((message) => message.type === 'refused');
    if (refused) throw new Error(`the lab was not taken back to ${to}: ${refused.message}`);
  }

  /** Resolves once the lab can be taken back to this point. */
  async reaches(to: string): Promise<void> {
    const isThere = () => this.#page.last('resetPoints')?.points.includes(to) === true;
    await this.#page.until(isThere, `the start of ${to} to come back to`, taskMs);
  }

  /** Ends the lab. */
  async leave(): Promise<void> {
    this.#page.drop();
    await ask(this.#place, this.#cookie, routes.endSession, { session: this.#session }).catch(() => undefined);
  }

  /** The terminal of this title, or the first of the host; opened where it is not there. */
  #shell({ host, terminal }: Where): Promise<Shell> {
    const preset = terminal === undefined ? undefined : this.#lab.terminals.find(({ title }) => title === terminal);
    const on = preset?.host ?? host ?? this.#lab.hosts[0]?.name ?? '';
    const key = preset?.title ?? `the first on ${on}`;
    const known = this.#shells.get(key);
    if (known !== undefined) return known;
    const made = this.#makeShell(on, preset?.title, preset?.run);
    this.#shells.set(key, made);
    return made;
  }

  async #makeShell(host: string, title: string | undefined, firstLine: string | undefined): Promise<Shell> {
    const isIt = (each: { readonly host: string; readonly running: boolean }) => each.host === host && each.running;
    if (title === undefined) {
      await this.#page.until(() => this.#page.last('terminals')?.terminals.some(isIt) === true, 'a terminal');
      const first = this.#page.last('terminals')?.terminals.find(isIt);
      if (first !== undefined) return Shell.attach(this.#page, first.id);
    }
    this.#requests += 1;
    const request = this.#requests;
    this.#page.send({ type: 'open', request, host, ...(title === undefined ? {} : { title }), ...sizes });
    const opened = await this.#page.hears('opened', (message) => message.request === request);
    const shell = await Shell.attach(this.#page, opened.terminal);
    if (firstLine !== undefined) await shell.runLine(firstLine);
    return shell;
  }

  /** Whatever was there, with the folders above it. */
  async #write(host: string | undefined, path: string, text: string): Promise<void> {
    const on = host === undefined ? {} : { host };
    const asks = (route: Route, asked: Asked) =>
      ask(this.#place, this.#cookie, route, { session: this.#session, ...asked });
    const folders = path.split('/').slice(0, -1);
    for (const [place] of folders.entries()) {
      const json = { do: 'makeFolder', ...on, path: folders.slice(0, place + 1).join('/') };
      await asks(routes.changeFiles, { json, fine: [there] });
    }
    const listing = await asks(routes.listFiles, { query: { ...on, path: folders.join('/') } });
    const { entries } = (await listing.json()) as FileListing;
    const version = entries.find(({ name }) => name === path.split('/').at(-1))?.version;
    const expected: Record<string, string> =
      version === undefined ? { 'if-none-match': '*' } : { 'if-match': `"${version}"` };
    await asks(routes.writeFile, { query: { ...on, path }, bytes: text, headers: expected });
  }
}

interface Asked {
  readonly session?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: object;
  readonly bytes?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses beside 2xx that are no failure. */
  readonly fine?: readonly number[];
}

/** As our own page asks. Throws Error with what the server said. */
async function ask(place: Place, cookie: string, { method, path }: Route, asked: Asked): Promise<Response> {
  const { session = '', query, json, bytes, headers = {}, fine = [] } = asked;
  const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
  const body = json === undefined ? bytes : JSON.stringify(json);
  const type = json === undefined ? 'application/octet-stream' : 'application/json';
  const answer = await fetch(place.url + path.replace(':session', session) + search, {
    method,
    headers: {
      origin: place.origin,
      'sec-fetch-site': 'same-origin',
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': type }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  if (answer.ok || fine.includes(answer.status)) return answer;
  throw new Error(`${method} ${path}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
}
