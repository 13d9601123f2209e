// A program on a real terminal, as a person has it: a pty, which has a size and can get another one while the program runs.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { spawn } from '@lydell/node-pty';

export interface TerminalOptions {
  readonly rows?: number;
  readonly columns?: number;
  readonly env?: NodeJS.ProcessEnv;
}

export class RealTerminal implements Disposable {
  readonly #pty;
  readonly #program: string;
  #said = '';
  #isEnded = false;
  /** The program's exit code, with all that it said read before. */
  readonly ended: Promise<number>;

  constructor(file: string, args: readonly string[], { rows = 24, columns = 80, env = {} }: TerminalOptions = {}) {
    this.#program = [file, ...args].join(' ');
    const own = { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm-256color' };
    this.#pty = spawn(file, [...args], { rows, cols: columns, env: { ...own, ...env } });
    this.#pty.onData((text) => {
      this.#said += text;
    });
    this.ended = new Promise((resolve) =>
      this.#pty.onExit(({ exitCode }) => {
        this.#isEnded = true;
        resolve(exitCode);
      }),
    );
  }

  /** All that was printed until now, escape sequences included. */
  get said(): string {
    return this.#said;
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  resize(rows: number, columns: number): void {
    this.#pty.resize(columns, rows);
  }

  /** Resolves once what was printed matches; fails, with all that was printed, where it does not in time. */
  async says(what: RegExp, patienceMs = 30_000): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!what.test(this.#said)) {
      if (performance.now() > deadline)
        assert.fail(`waited for ${what}, but ${this.#program} has said ${JSON.stringify(this.#said.slice(-2000))}`);
      await delay(20);
    }
  }

  /** Ends the program where it still runs. */
  [Symbol.dispose](): void {
    if (!this.#isEnded) this.#pty.kill('SIGKILL');
  }
}
