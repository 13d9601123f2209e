// What a container is to the engine while its host is there: its record, its streams, and the verb in hand.

import type { Logger } from 'pino';
import type { HostLimits } from '../client.ts';
import type { EnginePaths } from '../engine-paths.ts';
import type { EventLog } from '../events.ts';
import type { HostImages, ImageStore } from '../images/image.ts';
import type { OciTools } from '../kernel/conmon.ts';
import type { HostTurns } from '../loop/turns.ts';
import type { Networks } from '../networks/network.ts';
import { ProcessConsole } from '../processes/console.ts';
import type { ExitWatch } from '../processes/exits.ts';
import type { Stage } from '../processes/rootfs.ts';
import type { Records } from '../store/records.ts';
import type { Turnstile } from '../turnstile.ts';
import type { ContainerRecord, ContainerState } from './container-record.ts';

/** What the containers of an engine use of it. */
export interface ContainerEngine {
  readonly paths: Pick<EnginePaths, 'exits'>;
  readonly records: Records;
  readonly images: ImageStore;
  readonly log: Logger;
  readonly exits: ExitWatch;
  readonly tools: OciTools;
  readonly stage: Stage;
  /** Starts of processes that are under way, by the host's name. */
  readonly starts: Turnstile;
}

/** What a container uses of the host that it is in. The host itself is known in `hosts/`, not here. */
export interface ContainerHost {
  readonly engine: ContainerEngine;
  readonly id: string;
  readonly name: string;
  readonly record: {
    /** The workspace's init as the machine numbers it, and its start time; 0 where the host is stopped. */
    readonly pid: number;
    readonly startTicks: number;
    /** First of the host's UIDs and GIDs. */
    readonly uidBase: number;
    readonly hostname: string;
    readonly limits: HostLimits;
  };
  readonly running: boolean;
  /** Holds everything of the host on the disk. */
  readonly directory: string;
  /** The cgroup above all of the host's own. */
  readonly group: string;
  /** By id. */
  readonly containers: Map<string, Container>;
  readonly networks: Networks;
  readonly execs: { forgetOf(container: Container): void };
  readonly images: HostImages;
  readonly events: EventLog;
  readonly turns: HostTurns;
  /** To be called by whoever sees that the workspace's init has ended, or has begun to. */
  readonly tellEnding: (() => void) | null;
  /** The directory of one process, on tmpfs. */
  bundle(name: string): string;
  /** Throws unavailable where the host is stopped, conflict where it is frozen. */
  needRunning(): void;
  /** Whether a container that ends now is to run again with its host. */
  startsAgain(containerId: string): boolean;
  storeContainer(record: ContainerRecord): void;
  /** As Docker resolves it. Throws notFound or invalid. */
  findContainer(reference: string): Container;
}

/** One container of one host. `record` is replaced, never changed in place; `save` stores it. */
export class Container {
  readonly host: ContainerHost;
  #record: ContainerRecord;
  /** Its streams: a new one for each run. */
  console: ProcessConsole;
  /** While `docker restart` has it: its end does not remove it, even with --rm. */
  restarting = false;
  /** What a start made is still there in part: until it is gone, the container is neither started nor removed. */
  unclean = false;
  /** Ids of the execs that were created in this run of the container and have not ended, as inspect shows them. */
  readonly execIds = new Set<string>();
  readonly #waiters = new Set<() => void>();
  #gone = false;
  /** Settles when the verb that holds the container's lock, and those that wait for it, are done. */
  #lock: Promise<unknown> = Promise.resolve();

  constructor(host: ContainerHost, record: ContainerRecord) {
    this.host = host;
    this.#record = record;
    this.console = new ProcessConsole(this.bundle, { endsWithProcess: false });
  }

  get record(): ContainerRecord {
    return this.#record;
  }
  get id(): string {
    return this.#record.id;
  }
  get name(): string {
    return this.#record.name;
  }
  get state(): ContainerState {
    return this.#record.state;
  }
  get running(): boolean {
    return this.state.status === 'running' || this.state.status === 'paused';
  }
  /** The container's directory in the host's subvolume: `upper`, `work`, `log`, `etc`. */
  get directory(): string {
    return `${this.host.directory}/containers/${this.id}`;
  }
  get bundle(): string {
    return this.host.bundle(this.id.slice(0, 24));
  }
  /** Its cgroup, below its host's. */
  get group(): string {
    return `${this.host.group}/${this.id}`;
  }
  /** conmon's log, in the k8s-file format. */
  get logPath(): string {
    return `${this.directory}/log`;
  }

  /** Replaces parts of the record, stores it and wakes whoever waits for a change. */
  save(change: Partial<ContainerRecord>): void {
    this.#record = { ...this.#record, ...change };
    try {
      if (!this.#gone) this.host.storeContainer(this.#record);
    } finally {
      for (const wake of [...this.#waiters]) wake(); // it is so, even where the disk did not take it
    }
  }

  saveState(change: Partial<ContainerState>): void {
    this.save({ state: { ...this.state, ...change } });
  }

  /** Calls `wake` after each change of the record until the returned function is called. */
  onChange(wake: () => void): () => void {
    this.#waiters.add(wake);
    return () => this.#waiters.delete(wake);
  }

  /** Wakes whoever waits, for the last time: the container is gone, and what a verb in progress still saves is not stored. */
  removed(): void {
    this.#gone = true;
    this.#record = { ...this.#record, state: { ...this.state, status: 'dead' } };
    for (const wake of [...this.#waiters]) wake();
  }

  /** Runs `verb` with the container's lock, which is given in the order of the calls. */
  withLock<T>(verb: () => Promise<T>): Promise<T> {
    const done = this.#lock.then(verb, verb);
    this.#lock = done.catch(() => undefined);
    return done;
  }
}
