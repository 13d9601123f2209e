// The terminals of one session, in the order of their tabs: open, rename, close. Independent of message transport.

import type { EngineClient, TerminalInfo } from '@drydock/runtime';
import type { EngineLink } from '../engine-link.ts';
import { kindOf, ServerError, sentences } from '../errors.ts';
import { maxTerminals } from '../limits.ts';
import type { TerminalState } from '../protocol.ts';
import { Terminal } from './terminal.ts';

export interface Size {
  readonly rows: number;
  readonly columns: number;
}

export const defaultSize: Size = { rows: 24, columns: 80 };
export const firstTerminal = 't1';

export interface TerminalsEvents {
  changed(): void;
  prompted(): void;
  lost(): void;
  failed(message: string): void;
}

/** Opens a shell in a host's workspace; safe to repeat. */
export async function openShell(engine: EngineClient, host: string, id: string, size: Size): Promise<TerminalInfo> {
  try {
    return await engine.openTerminal(host, { id, ...size });
  } catch (error) {
    if (kindOf(error) !== 'conflict') throw error;
    const there = (await engine.terminals(host)).find((terminal) => terminal.id === id);
    if (there === undefined) throw error;
    return there;
  }
}

const numberOf = (id: string): number => Number(/^t(\d{1,9})$/.exec(id)?.[1] ?? 0);

export class Terminals {
  readonly #link: EngineLink;
  readonly #host: string;
  readonly #events: TerminalsEvents;
  readonly #titles: ReadonlyMap<string, string>;
  readonly #terminals = new Map<string, Terminal>();
  #last = 0;
  #opening = 0;

  /** Takes up the terminals that the host has; `titles` are those that the student gave. */
  constructor(
    link: EngineLink,
    host: string,
    there: readonly TerminalInfo[],
    titles: ReadonlyMap<string, string>,
    events: TerminalsEvents,
  ) {
    this.#link = link;
    this.#host = host;
    this.#titles = titles;
    this.#events = events;
    for (const info of there) this.#add(info);
  }

  /** In the order in which they were asked for, also after a restart. */
  get states(): readonly TerminalState[] {
    const inOrder = [...this.#terminals.values()].sort((a, b) => numberOf(a.id) - numberOf(b.id));
    return inOrder.map(({ state }) => state);
  }

  /** Throws notFound. */
  find(id: string): Terminal {
    const terminal = this.#terminals.get(id);
    if (terminal === undefined) throw new ServerError('notFound', sentences.noTerminal);
    return terminal;
  }

  /** Throws tooMany. */
  async open(size: Size): Promise<Terminal> {
    if (this.#terminals.size + this.#opening >= maxTerminals) {
      throw new ServerError('tooMany', `A lab has ${maxTerminals} terminals at most. Close one to open another.`);
    }
    this.#opening += 1;
    try {
      this.#last += 1;
      const id = `t${this.#last}`;
      const info = await this.#link.call((engine) => openShell(engine, this.#host, id, size));
      const terminal = this.#add(info);
      this.#events.changed();
      return terminal;
    } finally {
      this.#opening -= 1;
    }
  }

  rename(id: string, title: string): void {
    this.find(id).title = title;
    this.#events.changed();
  }

  /** Ends the shell. Idempotent. */
  async close(id: string): Promise<void> {
    const terminal = this.#terminals.get(id);
    if (terminal === undefined) return;
    this.#terminals.delete(id);
    terminal.release();
    this.#events.changed();
    try {
      await this.#link.call((engine) => engine.closeTerminal(this.#host, id));
    } catch (error) {
      if (kindOf(error) !== 'notFound') throw error;
    }
  }

  /** Lets go of all; the shells go on. */
  release(): void {
    for (const terminal of this.#terminals.values()) terminal.release();
  }

  #add(info: TerminalInfo): Terminal {
    const number = numberOf(info.id);
    this.#last = Math.max(this.#last, number);
    const terminal = new Terminal(
      this.#link,
      this.#host,
      info,
      this.#titles.get(info.id) ?? `Terminal ${number}`,
      this.#events,
    );
    this.#terminals.set(info.id, terminal);
    return terminal;
  }
}
