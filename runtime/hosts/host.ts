// One student's Docker host: what it is called, where it lives, what is in it.

import type { HostLimits } from '../client.ts';
import type { Container, ContainerRecord } from '../containers/container.ts';
import type { Exec } from '../containers/exec.ts';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import type { EventLog } from '../events.ts';
import type { HostImages } from '../images/image.ts';
import type { LiveTerminal } from './live-terminal.ts';
import type { HostSockets } from './sockets.ts';

/** What of a host outlives the engine. */
export interface HostRecord {
  /** 12 hex digits; names its directory, cgroup and records. */
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  /** Only a `whole` host outlives an engine that is killed: what is half made or half removed goes. */
  readonly phase: 'creating' | 'whole' | 'removing';
  /** First of the 65,536 UIDs and GIDs that are this host's alone. */
  readonly uidBase: number;
  readonly limits: HostLimits;
  /** The layers under the workspace's own, as it was first started: a newer image cannot be slid under what was written. */
  readonly workspaceLayers: readonly string[] | null;
  /** The workspace's init as the machine numbers it, and its start time (field 22 of /proc/PID/stat); 0 when stopped. */
  readonly pid: number;
  readonly startTicks: number;
}

export class Host {
  readonly engine: Engine;
  readonly images: HostImages;
  readonly events: EventLog;
  readonly containers = new Map<string, Container>();
  readonly execs = new Map<string, Exec>();
  readonly terminals = new Map<string, LiveTerminal>();
  /** Null while nobody can connect: before start, after stop. */
  sockets: HostSockets | null = null;
  #record: HostRecord;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, record: HostRecord, parts: { images: HostImages; events: EventLog }) {
    this.engine = engine;
    this.#record = record;
    this.images = parts.images;
    this.events = parts.events;
  }

  get record(): HostRecord {
    return this.#record;
  }
  get id(): string {
    return this.#record.id;
  }
  get name(): string {
    return this.#record.name;
  }
  get running(): boolean {
    return this.#record.pid > 0;
  }
  /** The host's btrfs subvolume. */
  get directory(): string {
    return `${this.engine.paths.hosts}/${this.id}`;
  }
  /** The host's directory below RUN: sockets, bundles, exit codes. On tmpfs, so no student's quota can fill it. */
  get runDirectory(): string {
    return `${this.engine.paths.run}/hosts/${this.name}`;
  }
  /** What conmon and the OCI runtime need of one process of this host: configuration, PID, sockets. Root alone may look. */
  bundle(name: string): string {
    return `${this.runDirectory}/b/${name}`;
  }
  /** Bound to /run/docker-host in the workspace: holds the Docker socket that the student uses. */
  get guestDirectory(): string {
    return `${this.runDirectory}/guest`;
  }
  /** The cgroup above all of the host's own, relative to each tree's root. */
  get group(): string {
    return `${this.engine.group}/${this.id}`;
  }
  /** Where an operator's Docker client connects. */
  get dockerSocket(): string {
    return `${this.runDirectory}/docker.sock`;
  }

  /** Runs `verb` after every verb that was asked of this host before it: a host is not started while it is being ended. */
  inTurn<T>(verb: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(verb, verb);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  save(change: Partial<HostRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.engine.records.put('host', this.id, this.id, this.#record);
  }

  storeContainer(record: ContainerRecord): void {
    this.engine.records.put('container', this.id, record.id, record);
  }

  /** By ID, name (with or without slash) or unambiguous ID prefix, as Docker resolves it. Throws notFound or invalid. */
  findContainer(reference: string): Container {
    const exact = this.containers.get(reference);
    if (exact) return exact;
    const name = reference.replace(/^\//, '');
    const byPrefix: Container[] = [];
    for (const container of this.containers.values()) {
      if (container.name === name) return container;
      if (reference !== '' && container.id.startsWith(reference)) byPrefix.push(container);
    }
    const [only, another] = byPrefix;
    if (only && !another) return only;
    if (another) throw new EngineError('invalid', `multiple IDs found with provided prefix: ${reference}`);
    throw new EngineError('notFound', `No such container: ${reference}`);
  }
}
