// A student at a page of a lab: types into its terminals, hears of its tasks and reset points, and leaves.

import type { ServerMessage, TerminalState } from '../../../sandbox-server/protocol.ts';
import type { TestPage } from '../page.ts';
import type { OpenedLab, TestServer } from '../server.ts';

type Of<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;

let commands = 0;

/** The last that a page has heard of a kind. */
export function last<T extends ServerMessage['type']>(page: TestPage, type: T): Of<T> | undefined {
  return page.heard.findLast((message): message is Of<T> => message.type === type);
}

/** The terminal of a host that runs and was opened last. */
export function shellOf(page: TestPage, host?: string): string {
  const terminals = last(page, 'terminals')?.terminals ?? [];
  const found = terminals.findLast((terminal) => terminal.running && (host === undefined || terminal.host === host));
  if (found === undefined) throw new Error(`no terminal runs: ${JSON.stringify(terminals)}`);
  return found.id;
}

/** A page of a lab that is ready, with the newest terminal of `host` shown up to its prompt. */
export async function enterReady(server: Pick<TestServer, 'enter'>, lab: OpenedLab, host?: string): Promise<TestPage> {
  const page = await server.enter(lab);
  await page.hears('session', ({ phase }) => phase === 'ready');
  await atPrompt(page, host);
  return page;
}

/** Attaches to the newest terminal of `host`, and resolves with its id once it shows a prompt. */
export async function atPrompt(page: TestPage, host?: string): Promise<string> {
  const isShell = (state: TerminalState) => state.running && (host === undefined || state.host === host);
  await page.hears('terminals', () => last(page, 'terminals')?.terminals.some(isShell) === true);
  const terminal = shellOf(page, host);
  await page.attach(terminal);
  await page.shows(terminal, '$ ');
  return terminal;
}

/** Runs a command line in a terminal that is attached; resolves with what was printed once it has ended. */
export async function run(page: TestPage, terminal: string, command: string): Promise<string> {
  commands += 1;
  const before = page.output(terminal).length;
  page.type(terminal, `${command}; echo end-$((${commands} + 100000))\r`);
  await page.shows(terminal, `end-${commands + 100_000}`, before);
  return page.output(terminal).slice(before);
}

export function isDone(page: TestPage, task: string): boolean {
  return last(page, 'tasks')?.tasks.find(({ id }) => id === task)?.done === true;
}

export async function done(page: TestPage, task: string): Promise<void> {
  await page.hears('tasks', () => isDone(page, task));
}

/** Resets, and resolves once the lab is ready again and its new terminal at the prompt. */
export async function reset(page: TestPage, to: string): Promise<string> {
  const ready = page.hearsNext('session', ({ phase }) => phase === 'ready');
  page.send({ type: 'reset', to });
  await ready;
  return atPrompt(page);
}

/** Ends the lab, and resolves once the page has been closed. */
export async function end(server: TestServer, lab: OpenedLab): Promise<void> {
  const { status } = await server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
  if (status !== 204) throw new Error(`the lab was not ended: ${status}`);
}
