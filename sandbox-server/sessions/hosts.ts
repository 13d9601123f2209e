// Makes, starts, takes back and removes the hosts of sessions, and keeps a few spare ones ready, each with its first shell
// at the prompt.

import { randomBytes } from 'node:crypto';
import type { EngineClient, HostInfo, HostOptions, TerminalInfo } from '@drydock/runtime';
import type { Logger } from 'pino';
import type { Lab } from '../../lessons/schema.ts';
import type { EngineLink } from '../engine-link.ts';
import { kindOf, messageOf } from '../errors.ts';
import { maxCreating } from '../limits.ts';
import { defaultSize, numberOf, openShell, type Size } from '../terminals/terminals.ts';
import { startSnapshot } from './reset-points.ts';

export interface ReadyHost {
  /** The lab's name of it. */
  readonly name: string;
  readonly host: HostInfo;
  readonly terminals: readonly TerminalInfo[];
  /** There is a snapshot of it as it was made: the start of a lab that puts nothing in. */
  readonly hasStart?: boolean;
}

/** The lab's name of each host -> the engine's. */
export type HostNames = ReadonlyMap<string, string>;

/** Only hosts with such a name are the server's to remove; an operator's `drydock host create` makes others. */
export function isSessionHost(name: string): boolean {
  return /^s-[0-9a-f]{16}$/.test(name);
}

function newName(): string {
  return `s-${randomBytes(8).toString('hex')}`;
}

/** Whether a host that was made for nobody will do. */
export function takesSpare({ hosts: [first, second] }: Pick<Lab, 'hosts'>): boolean {
  return second === undefined && first?.name === 'docker-host' && first.workspace === 'workspace';
}

async function orThere<T>(make: Promise<T>, there: () => Promise<T>): Promise<T> {
  try {
    return await make;
  } catch (error) {
    if (kindOf(error) === 'conflict') return there();
    throw error;
  }
}

/** All of it done, or the first error once nothing is under way any more. */
export async function together<T>(works: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

export class SessionHosts {
  readonly #link: EngineLink;
  readonly #log: Logger;
  readonly #spares = new Map<string, Promise<ReadyHost>>();
  readonly #removing = new Map<string, Promise<void>>();
  /** Those that the engine did not remove when it was asked to. */
  readonly #unremoved = new Set<string>();
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

  /** Resolves once nothing is made or removed that was under way when this was called. Never throws. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#spares.values(), ...this.#removing.values()]);
  }

  /**
   * The hosts of a lab: a spare one where that will do, else new ones. `named` is told their names before they exist, and
   * again where others are taken. Throws what the engine throws; what was named is to be removed then.
   */
  async obtain({ hosts }: Lab, size: Size, named: (hosts: HostNames) => void): Promise<readonly ReadyHost[]> {
    if (takesSpare({ hosts })) {
      for (const [host, spare] of this.#spares) {
        this.#spares.delete(host);
        named(new Map([['docker-host', host]]));
        try {
          return [await spare];
        } catch (error) {
          this.#log.warn({ host, error: messageOf(error) }, 'a spare host could not be made');
        }
      }
    }
    const names = new Map(hosts.map(({ name }) => [name, newName()]));
    named(names);
    const link = hosts.length > 1 ? { link: newName().replace('s-', 'n-') } : {};
    return together(
      hosts.map(({ name, workspace }, place) => {
        const host = names.get(name) ?? newName();
        return this.#make({ name, host }, { workspace, hostname: name, ...link }, `t${place + 1}`, size);
      }),
    );
  }

  /** Makes one more spare host; resolves whether that went well. */
  async addSpare(): Promise<boolean> {
    const host = newName();
    const making = this.#make({ name: 'docker-host', host }, {}, 't1', defaultSize).then(async (ready) => {
      await this.#link.call((engine) => engine.takeSnapshot(host, startSnapshot));
      return { ...ready, hasStart: true };
    });
    this.#spares.set(host, making);
    try {
      await making;
      return true;
    } catch (error) {
      this.#log.warn({ host, error: messageOf(error) }, 'a spare host could not be made');
      if (this.#spares.delete(host)) await this.remove(host);
      return false;
    }
  }

  /** Gives up a spare host, where there is one. */
  async dropSpare(): Promise<void> {
    const [name] = this.#spares.keys();
    if (name === undefined) return;
    const making = this.#spares.get(name);
    this.#spares.delete(name);
    await making?.catch(() => undefined);
    await this.remove(name);
  }

  /** Starts what stopped and thaws what was frozen, with a shell in each; `last` as in `#withShells`. Throws what the engine throws. */
  async revive(hosts: HostNames, size: Size, last: number): Promise<readonly ReadyHost[]> {
    return this.#withShells(hosts, size, last, (engine, host) => engine.startHost(host));
  }

  /** Makes all hosts what they were, with a new shell in each. Throws what the engine throws. */
  async takeBack(hosts: HostNames, snapshot: string, size: Size, last: number): Promise<readonly ReadyHost[]> {
    return this.#withShells(hosts, size, last, (engine, host) => engine.restoreSnapshot(host, snapshot));
  }

  /** Keeps all hosts as they are. Throws what the engine throws; a snapshot may be there of some of them then. */
  async keep(hosts: HostNames, snapshot: string): Promise<void> {
    await together([...hosts.values()].map((host) => this.#link.call((engine) => engine.takeSnapshot(host, snapshot))));
  }

  /** Forgets a snapshot of all hosts. Idempotent. Throws what the engine throws. */
  async forget(hosts: HostNames, snapshot: string): Promise<void> {
    await together(
      [...hosts.values()].map((host) => this.#link.call((engine) => engine.removeSnapshot(host, snapshot))),
    );
  }

  /** Nothing runs in them until `revive`. Throws what the engine throws. */
  async freeze(hosts: HostNames): Promise<void> {
    await together([...hosts.values()].map((host) => this.#link.call((engine) => engine.freezeHost(host))));
  }

  /** They hold no memory until `revive`. Throws what the engine throws. */
  async store(hosts: HostNames): Promise<void> {
    await together([...hosts.values()].map((host) => this.#link.call((engine) => engine.storeHost(host))));
  }

  /** Removes a host. Idempotent; what fails is logged, and tried again by `removeAgain`. */
  remove(name: string): Promise<void> {
    const going = this.#removing.get(name);
    if (going !== undefined) return going;
    this.#unremoved.delete(name);
    const removal = this.#link
      .call((engine) => engine.removeHost(name))
      .catch((error: unknown) => {
        if (kindOf(error) === 'notFound') return;
        this.#unremoved.add(name);
        this.#log.warn({ host: name, error: messageOf(error) }, 'a host was not removed');
      })
      .finally(() => this.#removing.delete(name));
    this.#removing.set(name, removal);
    return removal;
  }

  /** Removes what could not be removed before; resolves whether any of it is gone now. Never throws. */
  async removeAgain(): Promise<boolean> {
    const names = this.#link.up ? [...this.#unremoved] : [];
    await Promise.all(names.map((name) => this.remove(name)));
    return names.some((name) => !this.#unremoved.has(name));
  }

  async removeAll(hosts: HostNames): Promise<void> {
    await Promise.all([...hosts.values()].map((host) => this.remove(host)));
  }

  /** `last` is the highest number that a terminal of the session has had: no new one gets the name of one that is gone. */
  async #withShells(
    hosts: HostNames,
    size: Size,
    last: number,
    bringUp: (engine: EngineClient, host: string) => Promise<HostInfo>,
  ): Promise<readonly ReadyHost[]> {
    const up = await together(
      [...hosts].map(async ([name, host]): Promise<ReadyHost> => {
        const info = await this.#link.call((engine) => bringUp(engine, host));
        return { name, host: info, terminals: await this.#link.call((engine) => engine.terminals(host)) };
      }),
    );
    let number = Math.max(last, ...up.flatMap(({ terminals }) => terminals.map(({ id }) => numberOf(id))));
    return together(
      up.map(async (ready) => {
        if (ready.terminals.some(({ running }) => running)) return ready;
        number += 1;
        const id = `t${number}`;
        const shell = await this.#shellOrNone(ready.host.name, id, size);
        return { ...ready, terminals: [...ready.terminals, ...shell] };
      }),
    );
  }

  /** None where its student has made the host's shell such that it cannot be started: the rest of the lab is there all the same. */
  async #shellOrNone(host: string, id: string, size: Size): Promise<readonly TerminalInfo[]> {
    try {
      return [await this.#link.call((engine) => openShell(engine, host, id, size))];
    } catch (error) {
      if (kindOf(error) !== 'invalid') throw error;
      this.#log.warn({ host, error: messageOf(error) }, 'a shell could not be started');
      return [];
    }
  }

  async #make(
    { name, host }: { readonly name: string; readonly host: string },
    options: HostOptions,
    terminal: string,
    size: Size,
  ): Promise<ReadyHost> {
    while (this.#creating >= maxCreating) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#creating += 1;
    try {
      const info = await this.#link.call((engine: EngineClient) =>
        orThere(engine.createHost(host, options), () => engine.host(host)),
      );
      const shell = await this.#link.call((engine) => openShell(engine, host, terminal, size));
      return { name, host: info, terminals: [shell] };
    } finally {
      this.#creating -= 1;
      this.#waiting.shift()?.();
    }
  }
}
