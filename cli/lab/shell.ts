// Types lines into one terminal of a page, each after the prompt came back, and tells how each command ended.

import { stripVTControlCharacters } from 'node:util';
import type { Page } from './page.ts';

/** A build or a virtual machine on a busy machine; nothing in a lesson takes as long. */
const commandMs = 90_000;
/** A prompt that makes no marks is told by what it looks like, once nothing more has come for so long. */
const quietMs = 400;
/** A command that has not ended when it was told what is wrong, and shows nothing more for so long, is one that stays. */
const staysMs = 1500;
/** `root@3f2a:/# `, `127.0.0.1:6379> `, `$ `: the end of a prompt. */
const looksLikePrompt = /(^|\n)[^\n]{0,80}[#$>] $/;
/** What a prompt mark (OSC 133) begins with. */
const mark = '\u001b]133;';

interface Ended {
  /** Null where the shell does not tell it. */
  readonly exitCode: number | null;
}

/** How the command line ended that was typed before this output; null while it runs. */
export function endedIn(output: string): Ended | null {
  let ran = false;
  let exitCode: number | null = null;
  for (const after of output.split(mark).slice(1)) {
    const [, kind, code] = /^([A-D])(?:;(\d{1,3}))?/.exec(after) ?? [];
    if (kind === 'C') ran = true;
    if (kind === 'D') exitCode = code === undefined ? null : Number(code);
    if (kind === 'B' && ran) return { exitCode };
  }
  return null;
}

export interface CommandEnd extends Ended {
  /** What the terminal showed meanwhile, without marks and colours. */
  readonly shown: string;
}

const plain = (output: string) => stripVTControlCharacters(output).replaceAll('\r', '');

export class Shell {
  readonly #page: Page;
  readonly terminal: string;

  private constructor(page: Page, terminal: string) {
    this.#page = page;
    this.terminal = terminal;
  }

  /** Resolves at its first prompt. */
  static async attach(page: Page, terminal: string): Promise<Shell> {
    await page.attach(terminal);
    await page.until(() => page.output(terminal).includes(`${mark}B`), `a prompt in ${terminal}`);
    return new Shell(page, terminal);
  }

  /**
   * Types a line and waits for the next prompt. With `mayStay`, a command that stays in the foreground is waited for no longer
   * than until that holds. Throws Error where no prompt comes, with what the terminal shows.
   */
  async runLine(line: string, mayStay: () => boolean = () => false): Promise<CommandEnd> {
    const { terminal } = this;
    const from = this.#page.output(terminal).length;
    const since = () => this.#page.output(terminal).slice(from);
    this.#page.type(terminal, `${line}\r`);
    let ended: Ended | null = null;
    let changedMs = performance.now();
    let heldSinceMs = changedMs;
    let length = 0;
    const deadline = changedMs + commandMs;
    while (ended === null) {
      const output = since();
      ended = endedIn(output);
      if (ended !== null) break;
      const now = performance.now();
      if (output.length !== length) {
        length = output.length;
        changedMs = now;
      }
      const started = output.includes(`${mark}C`) || !this.#marked;
      if (!mayStay()) heldSinceMs = now;
      if (now - Math.max(changedMs, heldSinceMs) > staysMs) ended = { exitCode: null };
      else if (started && now - changedMs > quietMs && looksLikePrompt.test(plain(output))) ended = { exitCode: null };
      else if (now > deadline)
        throw new Error(`the prompt did not come back in ${commandMs / 1000} s: ${plain(output).slice(-500)}`);
      else await this.#change(from + output.length);
    }
    this.#marked = since().includes(mark);
    return { ...ended, shown: plain(since()) };
  }

  /** Whether the shell that is in hand makes marks: one in a container does not. */
  #marked = true;

  /** Resolves when there is more output than the first `length` characters, or soon. */
  async #change(length: number): Promise<void> {
    const { terminal } = this;
    const grown = () => this.#page.output(terminal).length > length;
    await this.#page.until(grown, 'more output', quietMs / 4).catch(() => undefined);
  }
}
