// Makes, starts, resets and removes the hosts of sessions, and keeps a few spare hosts ready, each with its first shell at the
// prompt.

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
  /** A snapshot was taken when the host was made. It is the start of a lab that has no images and no files of its own. */
  readonly hasStart?: boolean;
}

/** The lab's name of each host -> the engine's. */
export type HostNames = ReadonlyMap<string, string>;

/** The server removes hosts with such a name only: others are the operator's, made by `drydock host create`. */
export function isSessionHost(name: string): boolean {
  return /^s-[0-9a-f]{16}$/.test(name);
}

function newName(): string {
  return `s-${randomBytes(8).toString('hex')}`;
}

/** Whether a spare host will do for this lab. */
export function takesSpare({ hosts: [first, second], egress }: Pick<Lab, 'hosts' | 'egress'>): boolean {
  return egress === 'none' && second === undefined && first?.name === 'docker-host' && first.workspace === 'workspace';
}

async function makeOrFind<T>(make: Promise<T>, there: () => Promise<T>): Promise<T> {
  try {
    return await make;
  } catch (error) {
    if (kindOf(error) === 'conflict') return there();
    throw error;
  }
}

/** Waits until all of them are settled; then gives their results, or throws the first error. */
export async function settleAll<T>(works: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

export class SessionHosts {
  readonly #link: EngineLink;
  readonly #log: Logger;
  readonly #spares = new Map<string, Promise<ReadyHost>>();
  readonly #removing = new Map<string, Promise<void>>();
  /** Hosts that the engine failed to remove. */
  readonly #unremoved = new Set<string>();
  #creating = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(link: EngineLink, log: Logger) {
    this.#link = link;
    this.#log = log;
  }

  /** How many spare hosts there are, including those that are still being made. */
  get spares(): number {
    return this.#spares.size;
  }

  /** How many hosts are being removed, and still hold memory. */
  get removing(): number {
    return this.#removing.size;
  }

  /** Whether `reconcile` must leave this host alone, although no session has it. */
  isBusy(name: string): boolean {
    return this.#spares.has(name) || this.#removing.has(name);
  }

  /** Resolves once every host that is being made or removed now has been. Never throws. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#spares.values(), ...this.#removing.values()]);
  }

  /**
   * The hosts of a lab: a spare host where that will do, else new ones. `named` is called with their names before they exist, and
   * again where other hosts are taken. Throws what the engine throws; the caller removes what was named then.
   */
  async obtain({ hosts, egress }: Lab, size: Size, named: (hosts: HostNames) => void): Promise<readonly ReadyHost[]> {
    if (takesSpare({ hosts, egress })) {
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
    return settleAll(
      hosts.map(({ name, workspace, api = [], account }, place) => {
        const host = names.get(name) ?? newName();
        const own = account === 'own' ? { ownHubAccount: true } : {};
        const options = { workspace, hostname: name, ...link, ...own, api, egress };
        return this.#make({ name, host }, options, `t${place + 1}`, size);
      }),
    );
  }

  /** Makes one more spare host. Resolves true where that succeeds; a failure is logged. */
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

  /** Removes a spare host, if there is one. */
  async dropSpare(): Promise<void> {
    const [name] = this.#spares.keys();
    if (name === undefined) return;
    const making = this.#spares.get(name);
    this.#spares.delete(name);
    await making?.catch(() => undefined);
    await this.remove(name);
  }

  /** Starts and thaws hosts, and opens a shell on each that has none. `last` as in `#withShells`. Throws what the engine throws. */
  async revive(hosts: HostNames, size: Size, last: number): Promise<readonly ReadyHost[]> {
    return this.#withShells(hosts, size, last, (engine, host) => engine.startHost(host));
  }

  /** Restores a snapshot of all hosts, and opens a new shell on each. `last` as in `#withShells`. Throws what the engine throws. */
  async takeBack(hosts: HostNames, snapshot: string, size: Size, last: number): Promise<readonly ReadyHost[]> {
    return this.#withShells(hosts, size, last, (engine, host) => engine.restoreSnapshot(host, snapshot));
  }

  /** Takes a snapshot of all hosts. Throws what the engine throws; some of the hosts may have the snapshot then. */
  async keep(hosts: HostNames, snapshot: string): Promise<void> {
    await settleAll(
      [...hosts.values()].map((host) => this.#link.call((engine) => engine.takeSnapshot(host, snapshot))),
    );
  }

  /** Removes a snapshot of all hosts. Idempotent. Throws what the engine throws. */
  async forget(hosts: HostNames, snapshot: string): Promise<void> {
    await settleAll(
      [...hosts.values()].map((host) => this.#link.call((engine) => engine.removeSnapshot(host, snapshot))),
    );
  }

  /** Freezes all hosts, until `revive`. Throws what the engine throws. */
  async freeze(hosts: HostNames): Promise<void> {
    await settleAll([...hosts.values()].map((host) => this.#link.call((engine) => engine.freezeHost(host))));
  }

  /** Stores all hosts: they hold no memory until `revive`. Throws what the engine throws. */
  async store(hosts: HostNames): Promise<void> {
    await settleAll([...hosts.values()].map((host) => this.#link.call((engine) => engine.storeHost(host))));
  }

  /** Removes a host. Idempotent. A failure is logged, and `retryRemovals` tries again. */
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

  /** Tries again to remove hosts that could not be removed. Resolves whether any of them is gone now. Never throws. */
  async retryRemovals(): Promise<boolean> {
    const names = this.#link.up ? [...this.#unremoved] : [];
    await Promise.all(names.map((name) => this.remove(name)));
    return names.some((name) => !this.#unremoved.has(name));
  }

  async removeAll(hosts: HostNames): Promise<void> {
    await Promise.all([...hosts.values()].map((host) => this.remove(host)));
  }

  /** `last` is the highest number that a terminal of the session has had, so that no terminal gets the id of an earlier one. */
  async #withShells(
    hosts: HostNames,
    size: Size,
    last: number,
    bringUp: (engine: EngineClient, host: string) => Promise<HostInfo>,
  ): Promise<readonly ReadyHost[]> {
    const up = await settleAll(
      [...hosts].map(async ([name, host]): Promise<ReadyHost> => {
        const info = await this.#link.call((engine) => bringUp(engine, host));
        return { name, host: info, terminals: await this.#link.call((engine) => engine.terminals(host)) };
      }),
    );
    let number = Math.max(last, ...up.flatMap(({ terminals }) => terminals.map(({ id }) => numberOf(id))));
    return settleAll(
      up.map(async (ready) => {
        if (ready.terminals.some(({ running }) => running)) return ready;
        number += 1;
        const id = `t${number}`;
        const shell = await this.#shellOrNone(ready.host.name, id, size);
        return { ...ready, terminals: [...ready.terminals, ...shell] };
      }),
    );
  }

  /** Opens a shell. None where the student has broken the host's shell: the rest of the lab can be used all the same. */
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
        makeOrFind(engine.createHost(host, options), () => engine.host(host)),
      );
      const shell = await this.#link.call((engine) => openShell(engine, host, terminal, size));
      return { name, host: info, terminals: [shell] };
    } finally {
      this.#creating -= 1;
      this.#waiting.shift()?.();
    }
  }
}
