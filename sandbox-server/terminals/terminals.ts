// The terminals of one session, in the order of their tabs: open, rename, close. Independent of message transport.

import type { EngineClient, TerminalInfo } from '@drydock/runtime';
import type { EngineLink } from '../engine-link.ts';
import { kindOf, ServerError, sentences } from '../errors.ts';
import { maxTerminals } from '../limits.ts';
import { maxTitleLength, type TerminalState } from '../protocol.ts';
import { type Size, Terminal, type TerminalHost } from './terminal.ts';

export type { Size } from './terminal.ts';

export const defaultSize: Size = { rows: 24, columns: 80 };

/** One of a lab's hosts, with the terminals that the engine has on it. */
export interface HostTerminals extends TerminalHost {
  readonly terminals: readonly TerminalInfo[];
}

export interface TerminalsEvents {
  changed(): void;
  prompted(): void;
  lost(): void;
  failed(message: string): void;
}

/** Opens a shell in a host's workspace. Idempotent: a terminal of this id that is there is taken. */
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

/** The number in a terminal's id: 3 for `t3`. 0 where the id is not one that the server gives. */
export function numberOf(id: string): number {
  return Number(/^t(\d{1,9})$/.exec(id)?.[1] ?? 0);
}

/**
 * Among the titles, where others have a terminal's id: the title that was given to the first terminal. A lab that was put away
 * comes back with a new shell under a new id, and that is named as the first one was.
 */
export const firstTerminal = 'first';

export class Terminals {
  readonly #link: EngineLink;
  readonly #hosts: ReadonlyMap<string, TerminalHost>;
  readonly #events: TerminalsEvents;
  readonly #titles: ReadonlyMap<string, string>;
  readonly #terminals = new Map<string, Terminal>();
  #last = 0;
  #opening = 0;
  #released = false;

  /** Attaches to the terminals that the hosts have. `titles` are those that the student gave, by the terminal's id. */
  constructor(
    link: EngineLink,
    hosts: readonly HostTerminals[],
    titles: ReadonlyMap<string, string>,
    events: TerminalsEvents,
  ) {
    this.#link = link;
    this.#hosts = new Map(hosts.map(({ name, host }) => [name, { name, host }]));
    this.#titles = titles;
    this.#events = events;
    const all = hosts.flatMap((host) => host.terminals.map((info) => ({ host, info })));
    all.sort((a, b) => numberOf(a.info.id) - numberOf(b.info.id));
    for (const { host, info } of all) this.#add(host, info);
  }

  /** In the order in which they were opened, also after a restart of the server. */
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

  /** The highest number that a terminal of this lab has had. */
  get last(): number {
    return this.#last;
  }

  /** Opens a terminal on the host `name`; null: on the lab's first. Throws notFound and tooMany, and unavailable once released. */
  async open(size: Size, name: string | null, title: string | null): Promise<Terminal> {
    const [first] = this.#hosts.values();
    const host = name === null ? first : this.#hosts.get(name);
    if (host === undefined) throw new ServerError('notFound', sentences.noHost);
    if (this.#terminals.size + this.#opening >= maxTerminals) {
      throw new ServerError('tooMany', `A lab has ${maxTerminals} terminals at most. Close one to open another.`);
    }
    this.#opening += 1;
    try {
      this.#last += 1;
      const id = `t${this.#last}`;
      const info = await this.#link.call((engine) => openShell(engine, host.host, id, size));
      if (this.#released) return await this.#tooLate(host.host, id);
      const terminal = this.#add(host, info, title);
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

  /** Ends the terminal's shell. Idempotent. */
  async close(id: string): Promise<void> {
    const terminal = this.#terminals.get(id);
    if (terminal === undefined) return;
    this.#terminals.delete(id);
    terminal.release();
    this.#events.changed();
    try {
      await this.#link.call((engine) => engine.closeTerminal(terminal.host, id));
    } catch (error) {
      if (kindOf(error) !== 'notFound') throw error;
    }
  }

  /** Detaches from all terminals; their shells go on. */
  release(): void {
    this.#released = true;
    for (const terminal of this.#terminals.values()) terminal.release();
  }

  /** The lab was reset or put away while a shell was opened. No page would ever see that shell, so it is closed. */
  async #tooLate(host: string, id: string): Promise<never> {
    // Most likely it is gone already, with the host that it was opened on.
    await this.#link.call((engine) => engine.closeTerminal(host, id)).catch(() => undefined);
    throw new ServerError('unavailable', 'The lab was changed while the terminal was opened. Open it again.');
  }

  #add(host: TerminalHost, info: TerminalInfo, title: string | null = null): Terminal {
    const number = numberOf(info.id);
    this.#last = Math.max(this.#last, number);
    const isFirst = this.#hosts.size === 1 && this.#terminals.size === 0;
    const ofFirst = isFirst ? this.#titles.get(firstTerminal) : undefined;
    const given = title ?? this.#titles.get(info.id) ?? ofFirst ?? this.#titleOf(host);
    const terminal = new Terminal(this.#link, host, info, given, this.#events);
    this.#terminals.set(info.id, terminal);
    return terminal;
  }

  /** The first that no other has. Where a lab has several hosts, a tab says which one it is on. */
  #titleOf({ name }: TerminalHost): string {
    const taken = new Set([...this.#terminals.values()].map(({ title }) => title));
    const isAlone = this.#hosts.size === 1;
    const stem = isAlone ? 'Terminal' : name.slice(0, maxTitleLength - 11);
    if (!isAlone && !taken.has(name.slice(0, maxTitleLength))) return name.slice(0, maxTitleLength);
    for (let number = isAlone ? 1 : 2; ; number += 1) if (!taken.has(`${stem} ${number}`)) return `${stem} ${number}`;
  }
}
