// A lab on a real engine, for tests of its terminals: a page of it, and a terminal at its prompt.

import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import type { TestPage } from '../page.ts';
import { type OpenedLab, startTestServer, type TestServer } from '../server.ts';

export class TerminalLab implements AsyncDisposable {
  readonly engine: RunningEngine;
  readonly #server: TestServer;
  readonly #lab: OpenedLab;
  /** The server lets go of the engine before that goes. */
  readonly #things: AsyncDisposableStack;

  private constructor(engine: RunningEngine, server: TestServer, lab: OpenedLab, things: AsyncDisposableStack) {
    this.engine = engine;
    this.#server = server;
    this.#lab = lab;
    this.#things = things;
  }

  static async open(): Promise<TerminalLab> {
    await using things = new AsyncDisposableStack();
    const engine = things.use(await sharedEngine());
    const server = things.use(await startTestServer({ engineSocket: engine.socket }));
    const lab = await server.open();
    return new TerminalLab(engine, server, lab, things.move());
  }

  async newPage(): Promise<TestPage> {
    const page = await this.#server.enter(await this.#server.ticket(this.#lab));
    await page.hears('session', ({ phase }) => phase === 'ready');
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#things.disposeAsync();
  }
}

export async function atPrompt(page: TestPage, terminal: string): Promise<void> {
  await page.attach(terminal);
  await page.shows(terminal, '$ ');
}

/** A new terminal, at its prompt. */
export async function openTerminal(page: TestPage, request: number): Promise<string> {
  page.send({ type: 'open', request, rows: 30, columns: 100 });
  const { terminal } = await page.hears('opened', (opened) => opened.request === request);
  await atPrompt(page, terminal);
  return terminal;
}
