// One student's Docker host: its name, its places on the disk and in the kernel, and what is in it.

import type http from 'node:http';
import type net from 'node:net';
import type { AccessRecord } from '../access/access-record.ts';
import { Agenda } from '../agenda.ts';
import type { BuildLog } from '../build/build-log.ts';
import type { Builder } from '../build/builder.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Container, ContainerEngine, ContainerHost } from '../containers/container.ts';
import { type ContainerRecord, containerKind } from '../containers/container-record.ts';
import { Execs } from '../containers/execs.ts';
import { shownContainers } from '../containers/shown.ts';
import type { Egress } from '../egress/egress.ts';
import type { EnginePaths } from '../engine-paths.ts';
import { EngineError } from '../errors.ts';
import type { EventLog } from '../events.ts';
import type { Hub } from '../hub/hub.ts';
import type { HostImages } from '../images/image.ts';
import type { Traffic } from '../images/traffic.ts';
import { countsSnapshots, diskGroupOf } from '../kernel/quotas.ts';
import type { HostTurns, Turns } from '../loop/turns.ts';
import type { LoopWatch } from '../loop/watch.ts';
import { type Network, predefinedNetworks } from '../networks/network.ts';
import { type NetworkRecord, networkKind } from '../networks/network-record.ts';
import type { EngineSettings } from '../settings.ts';
import { Volumes } from '../volumes/volumes.ts';
import { type HostRecord, hostKind } from './host-record.ts';
import type { LiveTerminal } from './live-terminal.ts';
import type { SnapshotRecord } from './snapshot-record.ts';

/** Where a host's Docker API is reached. */
export interface HostSockets {
  /** Serves clients from now on, also those that have connected already and wait. Idempotent. */
  admit(): void;
  /** Serves a client that has come by another way. */
  serve(socket: net.Socket): void;
  /** Closes the way too when the sockets are closed. */
  own(way: { close(): void }): void;
  /** Closes both sockets and all connections. Idempotent. */
  close(): void;
}

/** What the hosts of an engine, and those who ask them, use of it. */
export interface HostEngine extends ContainerEngine {
  readonly version: string;
  readonly startedAt: string;
  readonly settings: EngineSettings;
  readonly paths: EnginePaths;
  readonly catalogue: Catalogue;
  readonly egress: Egress;
  readonly hub: Hub;
  /** By name. */
  readonly hosts: Map<string, Host>;
  /** The Docker Engine API of one host; not listening yet. Handed in, so that hosts need not know HTTP. */
  readonly serveDocker: (host: Host) => http.Server;
  /** Whose turn it is on the event loop. */
  readonly turns: Turns;
  readonly loop: LoopWatch;
  /** `MAJOR:MINOR` of the disk under the store, for limits of I/O. */
  readonly storeDevice: string | null;
  /** The cgroup above every host's: `drydock/INSTANCE`. */
  readonly group: string;
  /** Aborted when the engine begins to shut down. */
  readonly ending: AbortController;
}

export class Host implements ContainerHost {
  readonly engine: HostEngine;
  readonly images: HostImages;
  readonly events: EventLog;
  readonly traffic: Traffic;
  readonly buildLog: BuildLog;
  /** The host's share of the event loop. */
  readonly turns: HostTurns;
  readonly containers = new Map<string, Container>();
  /** By name. */
  readonly networks: Map<string, Network>;
  readonly volumes: Volumes = new Volumes(this);
  readonly execs = new Execs();
  /** What is to be done later in it. Nothing comes due while it is frozen. */
  readonly agenda = new Agenda();
  readonly terminals = new Map<string, LiveTerminal>();
  /** By id, as stored. */
  readonly snapshots = new Map<string, SnapshotRecord>();
  /** True while the host's processes are frozen. */
  frozen = false;
  /** True while the host waits for this engine to start it (`return.ts`): until it runs, or the engine gives up. */
  returning = false;
  /** To call when the workspace's init has ended or is ending. Null while the host is stopped. */
  tellEnding: (() => void) | null = null;
  /** By what other ways its API is reached; null where by none. */
  access: AccessRecord | null = null;
  /** The host's API sockets; null while the host is stopped. */
  sockets: HostSockets | null = null;
  #builder: Promise<Builder> | null = null;
  #record: HostRecord;
  #lock: Promise<unknown> = Promise.resolve();

  constructor(engine: HostEngine, record: HostRecord, parts: Pick<Host, 'images' | 'events' | 'traffic' | 'buildLog'>) {
    this.engine = engine;
    this.#record = record;
    this.images = parts.images;
    this.networks = predefinedNetworks(record.id, record.createdAt);
    this.turns = engine.turns.forHost(record.name);
    this.events = parts.events;
    this.traffic = parts.traffic;
    this.buildLog = parts.buildLog;
  }

  /** What builds its images; loaded when its first client builds. */
  builder(): Promise<Builder> {
    if (this.#builder) return this.#builder;
    const builder = import('../build/builder.ts').then(({ Builder }) => new Builder(this));
    // One that cannot be made now may be made when it is asked for again.
    builder.catch(() => {
      if (this.#builder === builder) this.#builder = null;
    });
    this.#builder = builder;
    return builder;
  }

  /** Gives up its builds: the host ends. */
  endBuilds(): void {
    void this.#builder?.then((builder) => builder.close()).catch(() => undefined);
    this.#builder = null;
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
    return `${this.engine.paths.hosts}/${this.record.subvolume}`;
  }
  /** The host's directory below RUN: sockets, bundles, exit codes. On tmpfs, so no student's quota can fill it. */
  get runDirectory(): string {
    return `${this.engine.paths.run}/hosts/${this.name}`;
  }
  /** For one process of this host, what conmon and the OCI runtime need: configuration, PID, sockets. Only root can read it. */
  bundle(name: string): string {
    return `${this.runDirectory}/b/${name}`;
  }
  /** Mounted at /run/docker-host in the workspace; holds the Docker socket that the student uses. */
  get guestDirectory(): string {
    return `${this.runDirectory}/guest`;
  }
  /** The cgroup above all cgroups of the host, relative to the root of each tree. */
  get group(): string {
    return `${this.engine.group}/${this.id}`;
  }
  /** Where an operator's Docker client connects. */
  get dockerSocket(): string {
    return `${this.runDirectory}/docker.sock`;
  }

  /** Holds the snapshots' subvolumes. */
  get snapshotsDirectory(): string {
    return `${this.engine.paths.snapshots}/${this.id}`;
  }
  /** The quota group in which the host's subvolume and its snapshots count together; null where the kernel has none. */
  get diskGroup(): string | null {
    return countsSnapshots ? diskGroupOf(this.id) : null;
  }

  /** Those that the host and its containers ask, where they are not told others. */
  get nameServers(): readonly string[] {
    return this.engine.egress.nameServersFor(this.#record.egress);
  }

  /** Throws unavailable where the host is stopped, conflict where it is frozen. */
  needRunning(): void {
    if (!this.running) throw new EngineError('unavailable', `host ${this.name} is stopped; start it first`);
    if (this.frozen) throw new EngineError('conflict', `host ${this.name} is frozen; thaw it first`);
  }

  /** Whether the container starts again with the host. Such a container is not removed when it ends, even with --rm. */
  startsAgain(containerId: string): boolean {
    return this.#record.startAgain.some(({ id }) => id === containerId);
  }

  /** Runs `verb` with the host's lock, which is given in the order of the calls: a host is not started while it is being stopped. */
  withLock<T>(verb: () => Promise<T>): Promise<T> {
    const done = this.#lock.then(verb, verb);
    this.#lock = done.catch(() => undefined);
    return done;
  }

  /** As `withLock`, for verbs that make no sense once the host has been removed. Throws notFound then. */
  whileThere<T>(verb: () => Promise<T>): Promise<T> {
    return this.withLock(async () => {
      if (this.engine.hosts.get(this.name) !== this || this.#record.phase === 'removing')
        throw new EngineError('notFound', `host ${this.name} has been removed`);
      if (this.engine.ending.signal.aborted) throw new EngineError('unavailable', 'the engine is shutting down');
      return await verb();
    });
  }

  save(change: Partial<HostRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.engine.records.put(hostKind, this.id, this.id, this.#record);
  }

  /** Makes `record` the host's record. It is stored already. */
  adoptRecord(record: HostRecord): void {
    this.#record = record;
  }

  storeContainer(record: ContainerRecord): void {
    this.engine.records.put(containerKind, this.id, record.id, record);
  }

  storeNetwork(record: NetworkRecord): void {
    this.engine.records.put(networkKind, this.id, record.id, record);
  }

  forgetNetwork(id: string): void {
    this.engine.records.delete(networkKind, this.id, id);
  }

  /** By ID, name (with or without slash) or unambiguous ID prefix, as Docker resolves it. Throws notFound or invalid. */
  findContainer(reference: string): Container {
    const exact = this.containers.get(reference);
    if (exact && !exact.record.isStep) return exact;
    const name = reference.replace(/^\//, '');
    const byPrefix: Container[] = [];
    for (const container of shownContainers(this)) {
      if (container.name === name) return container;
      if (reference !== '' && container.id.startsWith(reference)) byPrefix.push(container);
    }
    const [only, another] = byPrefix;
    if (only && !another) return only;
    if (another) throw new EngineError('invalid', `multiple IDs found with provided prefix: ${reference}`);
    throw new EngineError('notFound', `No such container: ${reference}`);
  }
}
