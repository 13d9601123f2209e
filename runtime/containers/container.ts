// A container in memory, while its host exists: its record, its streams, and its lock.

import type { Logger } from 'pino';
import type { Agenda } from '../agenda.ts';
import type { BuildLog } from '../build/build-log.ts';
import type { HostLimits } from '../client.ts';
import type { EnginePaths } from '../engine-paths.ts';
import type { EventLog } from '../events.ts';
import type { HostImages, ImageStore } from '../images/image.ts';
import type { OciTools } from '../kernel/conmon.ts';
import type { HostTurns } from '../loop/turns.ts';
import { type Endpoints, noEndpoints } from '../networks/endpoint.ts';
import type { Network } from '../networks/network.ts';
import type { NetworkRecord } from '../networks/network-record.ts';
import { ProcessConsole } from '../processes/console.ts';
import type { ExitWatch } from '../processes/exits.ts';
import type { Stage } from '../processes/rootfs.ts';
import type { Records } from '../store/records.ts';
import type { Turnstile } from '../turnstile.ts';
import type { Volumes } from '../volumes/volumes.ts';
import type { ContainerRecord, ContainerState } from './container-record.ts';
import { FileUses } from './file-uses.ts';
import type { StepMount } from './mounts/step-mount.ts';

/** The parts of the engine that its containers use. */
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
  /** Archives of containers' files that are being read or written, by the host's name. */
  readonly archives: Turnstile;
}

/** One `docker exec`, as its host counts it. */
export interface OwnExec {
  readonly id: string;
  readonly container: Container;
  readonly started: boolean;
  readonly exitCode: number | null;
}

/** The parts of its host that a container uses. The class Host itself is in `hosts/`, which this folder must not import. */
export interface ContainerHost {
  readonly engine: ContainerEngine;
  readonly id: string;
  readonly name: string;
  readonly record: {
    /** The workspace's init: its number on the machine, and its start time. 0 if the host is stopped. */
    readonly pid: number;
    readonly startTicks: number;
    /** First of the host's UIDs and GIDs. */
    readonly uidBase: number;
    readonly hostname: string;
    readonly limits: HostLimits;
    /** Names of the layers that its workspace stands on, base first; null before its first start. */
    readonly workspaceLayers: readonly string[] | null;
  };
  readonly running: boolean;
  /** Name servers that its containers ask, where they are not told others. */
  readonly nameServers: readonly string[];
  /** The host's subvolume: it holds all of the host's files. */
  readonly directory: string;
  /** The host's cgroup, which all its other cgroups are below. */
  readonly group: string;
  /** By id. */
  readonly containers: Map<string, Container>;
  /** By name. */
  readonly networks: Map<string, Network>;
  readonly volumes: Volumes;
  readonly execs: {
    add(exec: OwnExec): void;
    forget(exec: OwnExec): void;
    forgetOf(container: Container): void;
  };
  readonly images: HostImages;
  readonly buildLog: BuildLog;
  readonly events: EventLog;
  readonly turns: HostTurns;
  /** What is to be done later. */
  readonly agenda: Agenda;
  /** While it is, no process of the host runs. */
  readonly frozen: boolean;
  /** Call it when the workspace's init has ended, or has begun to end. */
  readonly tellEnding: (() => void) | null;
  /** The directory of one process, on tmpfs. */
  bundle(name: string): string;
  /** Throws unavailable where the host is stopped, conflict where it is frozen. */
  needRunning(): void;
  /** Whether a container that ends now is to run again with its host. */
  startsAgain(containerId: string): boolean;
  storeContainer(record: ContainerRecord): void;
  storeNetwork(record: NetworkRecord): void;
  /** Idempotent. */
  forgetNetwork(id: string): void;
  /** As Docker resolves it. Throws notFound or invalid. */
  findContainer(reference: string): Container;
}

/** One container of one host. `record` is replaced, never changed in place; `save` stores it. */
export class Container {
  readonly host: ContainerHost;
  #record: ContainerRecord;
  /** Its streams: a new one for each run. */
  console: ProcessConsole;
  /** Set during `docker restart`: the container's end does not remove it then, even with --rm. */
  restarting = false;
  /** What its restart policy waited before the last start; 0 where its student started it, or it ran for long. */
  restartDelayMs = 0;
  /**
   * While it waits to be started again by its restart policy: the endpoints that it gets back. Until then nobody else is given their
   * addresses, and their networks are in use.
   */
  keptEndpoints: Endpoints = noEndpoints;
  /**
   * Parts of its last run (mounts, cgroup, bundle) are still there. Until they are removed, it can be neither started nor
   * removed.
   */
  unclean = false;
  /** While it is made: its volumes are being filled, and it is in no record yet. */
  unmade = false;
  /** The number of the devpts file system that it uses; null for none, undefined where nobody has looked yet (take-terminals.ts). */
  terminals: number | null | undefined;
  /** What a step of a build has mounted, besides; empty for every other container. */
  stepMounts: readonly StepMount[] = [];
  /** Variables of a step that are stored nowhere. */
  stepEnv: readonly string[] = [];
  /** Of a step of BuildKit's: it may not write to /etc/hosts and /etc/resolv.conf. */
  hasFixedNames = false;
  /** What has the container's files open from outside: archives. */
  readonly fileUses = new FileUses();
  /** Ids of the execs that were created in this run of the container and have not ended, as inspect shows them. */
  readonly execIds = new Set<string>();
  readonly #waiters = new Set<() => void>();
  #gone = false;
  /** Settles when the verb that holds the container's lock, and those that wait for the lock, are done. */
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
  /** It runs, or is about to be started again by its restart policy: Docker calls both running. */
  get active(): boolean {
    return this.running || this.state.status === 'restarting';
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

  /** Replaces parts of the record, stores it, and wakes those that wait for a change. */
  save(change: Partial<ContainerRecord>): void {
    this.#record = { ...this.#record, ...change };
    try {
      if (!this.#gone) this.host.storeContainer(this.#record);
    } finally {
      for (const wake of [...this.#waiters]) wake(); // the change is true, even if it could not be stored
    }
  }

  /** As `save`, but what is not worth a write of its own: it is stored with the next change. */
  note(change: Partial<ContainerRecord>): void {
    this.#record = { ...this.#record, ...change };
    for (const wake of [...this.#waiters]) wake();
  }

  saveState(change: Partial<ContainerState>): void {
    this.save({ state: { ...this.state, ...change } });
  }

  /** Calls `wake` after each change of the record until the returned function is called. */
  onChange(wake: () => void): () => void {
    this.#waiters.add(wake);
    return () => this.#waiters.delete(wake);
  }

  /** The container is gone: wakes those that wait, for the last time. What a verb in progress still saves is not stored. */
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
