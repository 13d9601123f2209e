// What a container is to the engine: its record, as stored, and the object that lives while its host does.

import type { Host } from '../hosts/host.ts';
import type { Endpoints } from '../networks/endpoint.ts';
import type { PublishedPort } from '../networks/ports.ts';
import { ProcessConsole } from '../processes/console.ts';
import type { HostConfig } from './host-config/table.ts';

/** The `Config` of the Docker Engine API, merged with the image's, every field present. */
export interface ContainerConfig {
  readonly Hostname: string;
  readonly Domainname: string;
  readonly User: string;
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  readonly StdinOnce: boolean;
  readonly Env: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly Image: string;
  readonly Volumes: Readonly<Record<string, Record<string, never>>> | null;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[] | null;
  readonly OnBuild: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
}

export type Status = 'created' | 'running' | 'paused' | 'exited' | 'removing' | 'dead';

export interface ContainerState {
  readonly status: Status;
  /** As the workspace's PID namespace numbers it; 0 when not running. */
  readonly pid: number;
  /** As the machine numbers it; 0 when not running. Never shown to a student. */
  readonly machinePid: number;
  /** Field 22 of `/proc/PID/stat` of machinePid: with it a reused PID is told from ours. */
  readonly startTicks: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /**
   * It did not end by itself, nor by its student: the host ended (stored, shut down, taken back, rebooted) and the container was to
   * run again with it. False from its next start on. Missing in the records of engines that did not know.
   */
  readonly interrupted?: boolean;
  readonly error: string;
  /** RFC 3339 with nanoseconds, or '0001-01-01T00:00:00Z' for never. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** Everything of a container that outlives the engine; stored whole at each change. */
export interface ContainerRecord {
  /** 64 hex digits. */
  readonly id: string;
  /** Without the slash that the API shows. */
  readonly name: string;
  readonly created: string;
  /** The image's ID, `sha256:` and 64 hex digits. */
  readonly imageId: string;
  /** What runs: entrypoint and command joined. */
  readonly path: string;
  readonly args: readonly string[];
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly state: ContainerState;
  /** Asked for with --mac-address; null for one made of the address. */
  readonly macAddress: string | null;
  readonly endpoints: Endpoints;
  readonly ports: readonly PublishedPort[];
  readonly restartCount: number;
  /**
   * A client was attached when its last run was started, as `docker run` without -d does it. Undefined where it has never run,
   * and in what engines stored that did not know of this yet.
   */
  readonly foreground?: boolean;
}

/** One container of one host. `record` is replaced, never changed in place; `save` stores it. */
export class Container {
  readonly host: Host;
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
  /** The verb in hand, so that verbs on one container follow one another. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(host: Host, record: ContainerRecord) {
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

  /** Wakes whoever waits, for the last time: the container is gone, and what a verb in hand still saves is not stored. */
  removed(): void {
    this.#gone = true;
    this.#record = { ...this.#record, state: { ...this.state, status: 'dead' } };
    for (const wake of [...this.#waiters]) wake();
  }

  /** Runs `verb` after every verb that was asked of this container before it. */
  inTurn<T>(verb: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(verb, verb);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
