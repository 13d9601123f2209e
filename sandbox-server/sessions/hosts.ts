// Makes and removes the hosts of sessions, and keeps a few spare ones ready, each with its first shell at the prompt.

import { randomBytes } from 'node:crypto';
import type { EngineClient, HostInfo, TerminalInfo } from '@drydock/runtime';
import type { Logger } from 'pino';
import type { EngineLink } from '../engine-link.ts';
import { kindOf, messageOf } from '../errors.ts';
import { maxCreating } from '../limits.ts';
import { defaultSize, firstTerminal, openShell, type Size } from '../terminals/terminals.ts';

export interface ReadyHost {
  readonly host: HostInfo;
  readonly terminals: readonly TerminalInfo[];
}

/** Only hosts with such a name are the server's to remove; an operator's `drydock host create` makes others. */
export function isSessionHost(name: string): boolean {
  return /^s-[0-9a-f]{16}$/.test(name);
}

function newName(): string {
  return `s-${randomBytes(8).toString('hex')}`;
}

async function orThere<T>(make: Promise<T>, there: () => Promise<T>): Promise<T> {
  try {
    return await make;
  } catch (error) {
    if (kindOf(error) === 'conflict') return there();
    throw error;
  }
}

export class SessionHosts {
  readonly #link: EngineLink;
  readonly #log: Logger;
  readonly #spares = new Map<string, Promise<ReadyHost>>();
  readonly #removing = new Map<string, Promise<void>>();
  #creating = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(link: EngineLink, log: Logger) {
    this.#link = link;
    this.#log = log;
  }

  /** Spare hosts, those among them that are still being made. */
  get spares(): number {
    return this.#spares.size;
  }

  /** Hosts that are going, and still hold memory. */
  get removing(): number {
    return this.#removing.size;
  }

  /** Whether reconciling must leave this host alone though no session has it. */
  isBusy(name: string): boolean {
    return this.#spares.has(name) || this.#removing.has(name);
  }

  /** A spare host if there is one, else a new one. `named` is told its name before it exists. Throws what the engine throws. */
  async take(size: Size, named: (host: string) => void): Promise<ReadyHost> {
    for (const [name, spare] of this.#spares) {
      this.#spares.delete(name);
      named(name);
      try {
        return await spare;
      } catch (error) {
        this.#log.warn({ host: name, error: messageOf(error) }, 'a spare host could not be made');
      }
    }
    const name = newName();
    named(name);
    return this.#make(name, size);
  }

  /** Makes one more spare host; resolves whether that went well. */
  async addSpare(): Promise<boolean> {
    const name = newName();
    const making = this.#make(name, defaultSize);
    this.#spares.set(name, making);
    try {
      await making;
      return true;
    } catch (error) {
      this.#log.warn({ host: name, error: messageOf(error) }, 'a spare host could not be made');
      if (this.#spares.delete(name)) await this.remove(name);
      return false;
    }
  }

  /** Starts a host that stopped, with a shell in it. Throws what the engine throws. */
  async revive(name: string, size: Size): Promise<ReadyHost> {
    const host = await this.#link.call((engine) => engine.startHost(name));
    const terminals = await this.#link.call((engine) => engine.terminals(name));
    if (terminals.some(({ running }) => running)) return { host, terminals };
    const number = Math.max(0, ...terminals.map(({ id }) => Number(id.slice(1)) || 0)) + 1;
    const shell = await this.#link.call((engine) => openShell(engine, name, `t${number}`, size));
    return { host, terminals: [...terminals, shell] };
  }

  /** Removes a host. Idempotent; what fails is logged, and tried again when sessions and hosts are next compared. */
  remove(name: string): Promise<void> {
    const going = this.#removing.get(name);
    if (going !== undefined) return going;
    const removal = this.#link
      .call((engine) => engine.removeHost(name))
      .catch((error: unknown) => {
        if (kindOf(error) !== 'notFound')
          this.#log.warn({ host: name, error: messageOf(error) }, 'a host was not removed');
      })
      .finally(() => this.#removing.delete(name));
    this.#removing.set(name, removal);
    return removal;
  }

  async #make(name: string, size: Size): Promise<ReadyHost> {
    while (this.#creating >= maxCreating) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#creating += 1;
    try {
      const host = await this.#link.call((engine: EngineClient) =>
        orThere(engine.createHost(name), () => engine.host(name)),
      );
      const shell = await this.#link.call((engine) => openShell(engine, name, firstTerminal, size));
      return { host, terminals: [shell] };
    } finally {
      this.#creating -= 1;
      this.#waiting.shift()?.();
    }
  }
}
