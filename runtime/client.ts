// What other packages use to speak to a running engine: its own API over RUN/engine.sock and each host's Docker API.

import type { Duplex } from 'node:stream';
import type { HostBuilds } from './client-builds.ts';
import type { CheckReport } from './client-check.ts';
import type { HostReach } from './client-files.ts';
import type { HubClient } from './client-hub.ts';
import type { HostInside } from './client-inside.ts';
import type { HostTraffic } from './client-traffic.ts';
import type { HostUsage } from './client-usage.ts';

export type { CheckReport };

export interface HostLimits {
  readonly memoryBytes: number;
  /** In CPUs; 0.5 is half of one. */
  readonly cpus: number;
  readonly pids: number;
  readonly diskBytes: number;
}

/** What a host reaches of the internet, as far as the operator allows it: nothing, names by a proxy, or all. */
export type EgressKind = 'none' | 'proxy' | 'open';

/** A way to a host's Docker API beside its sockets, for the other hosts on its link: TCP with TLS at 2376, or SSH at 22. */
export type ApiWay = 'tls' | 'ssh';

/** What a host is made with; each left out is the engine's own. */
export interface HostOptions {
  readonly limits?: Partial<HostLimits>;
  /** The catalogue image that the workspace starts from, such as `workspace-vm`; default `workspace`. */
  readonly workspace?: string;
  /** What the machine is called inside: [a-z0-9-]{1,63}; default `docker-host`. Unique on its link. */
  readonly hostname?: string;
  /** [a-z0-9-]{1,63}. Hosts on one link reach each other by hostname, and nobody else; default none. */
  readonly link?: string;
  /** How the other hosts on its link reach its API: they find the keys for it. Default none; needs a link. */
  readonly api?: readonly ApiWay[];
  /** Default none. */
  readonly egress?: EgressKind;
  /**
   * The account on the hub by whose rights those in the host ask who show no credentials; default one for the host and those on its
   * link, which goes with the last of them.
   */
  readonly hubAccount?: string;
  /** It has one for itself, as a second student's, whatever the others on its link have. Default false. */
  readonly ownHubAccount?: boolean;
}

export interface HostInfo {
  readonly name: string;
  readonly id: string;
  /**
   * `frozen`: everything is there and nothing runs, until it is thawed. `starting`: it ran when an engine before this one was shut
   * down, or the machine, and is about to be started again by itself.
   */
  readonly state: 'running' | 'frozen' | 'starting' | 'stopped';
  /** RFC 3339. */
  readonly createdAt: string;
  /** Path on this machine; mode 0600, owned by the server's user. */
  readonly dockerSocket: string;
  readonly uidBase: number;
  /** The workspace's init, as the machine numbers it; 0 when stopped. */
  readonly pid: number;
  readonly limits: HostLimits;
  readonly containers: number;
  readonly containersRunning: number;
  /** Ids of containers that ended with the host, not by their student's doing, and have not been started since. */
  readonly interrupted: readonly string[];
  readonly terminals: number;
  /** The account on the hub of those in the host; null where it has none. */
  readonly hubAccount: string | null;
}

/** A host as it was at one moment: files, containers, images, and which containers ran. */
export interface SnapshotInfo {
  /** [a-z0-9-]{1,64}; unique in the host. */
  readonly id: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly containersRunning: number;
}

/** How a container's last run was started. */
export interface ContainerRun {
  readonly id: string;
  /** A client was attached when it was started, as `docker run` without -d does it. */
  readonly foreground: boolean;
}

export interface CatalogueImage {
  /** `nginx:latest` */
  readonly reference: string;
  /** Every name that it can be pulled by, `reference` among them; none where it is not offered to students. */
  readonly names: readonly string[];
  /** `sha256:…`, as `docker inspect` shows it; null where it is not built yet. */
  readonly imageId: string | null;
  readonly state: 'waiting' | 'building' | 'ready' | 'failed';
  /** What is being done, in words: `installing 24 packages`. */
  readonly step: string;
  readonly elapsedMs: number;
  readonly sizeBytes: number;
  /** What it is made of: a Dockerfile, an image of a registry, an archive; or it was imported, or its folder has a mistake. */
  readonly source: 'base' | 'dockerfile' | 'registry' | 'archive' | 'import' | 'mistake';
}

/** What a request did between two waits. */
export interface LoopTurn {
  readonly ms: number;
  /** Of which the engine's thread itself had the processor: on a machine with too much to do the rest is others' time. */
  readonly cpuMs: number;
  /** The host's name. */
  readonly host: string;
  /** `GET /containers/json`. */
  readonly place: string;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
}

/** How the engine's event loop, which all hosts share, has done. */
export interface LoopReport {
  /** The longest that nothing was answered. */
  readonly longestStallMs: number;
  /** Of a hundred looks at the loop one met a longer delay. */
  readonly p99StallMs: number;
  readonly longestTurn: LoopTurn | null;
}

export interface EngineStatus {
  readonly version: string;
  readonly pid: number;
  readonly instance: string;
  readonly startedAt: string;
  readonly hosts: number;
  /** How many hosts' UID ranges there are. */
  readonly maxHosts: number;
  readonly catalogue: readonly CatalogueImage[];
  /** True once `busybox` and `workspace` are there, so that a host can be created. */
  readonly ready: boolean;
  /** What can still be written: in the store, or on the disk that its file grows on, where that is less. */
  readonly storeFreeBytes: number;
  /** Of the last two minutes. */
  readonly loop: LoopReport;
}

export interface TerminalOptions {
  /** Chosen by the caller, [a-z0-9-]{1,32}; unique in the host. */
  readonly id: string;
  readonly rows: number;
  readonly columns: number;
  /** Default: the workspace's login shell. */
  readonly argv?: readonly string[];
  /** Default `student`. */
  readonly user?: string;
  readonly cwd?: string;
  readonly env?: readonly string[];
}

export interface TerminalInfo {
  readonly id: string;
  readonly running: boolean;
  readonly exitCode: number | null;
  /** Bytes of output since it was opened. */
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
}

/** A live connection to a terminal: reading gives output, writing types. Not reading holds the shell back. */
export interface TerminalConnection {
  /** The absolute offset of the first byte that `stream` gives: `from`, or later where older output is gone. */
  readonly offset: number;
  readonly stream: Duplex;
}

export interface CommandOptions {
  readonly argv: readonly string[];
  readonly user?: string;
  readonly cwd?: string;
  readonly env?: readonly string[];
  readonly stdin?: Uint8Array;
  /** Default 10,000, most 60,000. The command is killed then and `timedOut` is true. */
  readonly timeoutMs?: number;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly timedOut: boolean;
}

/** An event of the Docker Engine API, as `GET /events` streams it. */
export interface DockerEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly time: number;
  readonly timeNano: number;
}

/** One host's Docker API. */
export interface DockerClient {
  /** The parsed JSON body. Throws EngineError with the API's own message and the kind of its status. */
  request(method: string, path: string, body?: object): Promise<unknown>;
  /** Resolves once the subscription stands, so that nothing that happens after is missed. Ends when the engine goes or `signal` aborts. */
  events(signal: AbortSignal): Promise<AsyncIterable<DockerEvent>>;
}

/** A client of one engine. Every call throws EngineError: `unavailable` where no engine answers, else the kind the engine gave. */
export interface EngineClient extends HostReach, HostInside, HostTraffic, HostBuilds {
  readonly hub: HubClient;
  status(): Promise<EngineStatus>;
  /** How the loop has done since a moment, in milliseconds since 1970, of the last two minutes. */
  loop(since: number): Promise<LoopReport>;
  check(): Promise<CheckReport>;
  /** Somebody has changed the recipes or the cache: the engine looks again. */
  reloadCatalogue(): Promise<void>;
  /**
   * Has images of the catalogue built that are not there, by their names, `redis` or `redis:7`; all where none is named. With `again`
   * those that are there too. Gives their references; how far they are is in `status`. Throws notFound for a name that none has.
   */
  buildCatalogue(names: readonly string[], options?: { readonly again?: boolean }): Promise<readonly string[]>;
  hosts(): Promise<readonly HostInfo[]>;
  host(name: string): Promise<HostInfo>;
  /**
   * Throws conflict where the name or the hostname is taken, exhausted where no UID range is left, notFound where there is no
   * such workspace image, unavailable where it is not built yet (its step is in the message).
   */
  createHost(name: string, options?: HostOptions): Promise<HostInfo>;
  /** Starts a stopped host's workspace again, and after `storeHost` the containers that ran then; idempotent. Thaws. */
  startHost(name: string): Promise<HostInfo>;
  removeHost(name: string): Promise<void>;
  /** As it was when created: containers, images, files, snapshots gone; terminals closed. */
  resetHost(name: string): Promise<HostInfo>;
  /**
   * Keeps the host as it is now; it runs on. Replaces a snapshot of that id, and is there whole or not at all. Throws exhausted
   * where the host has as many as it may have.
   */
  takeSnapshot(host: string, id: string): Promise<SnapshotInfo>;
  /**
   * Makes the host what it was: terminals are closed, what ran then runs again with the same ids, names and ports. An engine that
   * is killed meanwhile leaves the old or the new. Throws notFound.
   */
  restoreSnapshot(host: string, id: string): Promise<HostInfo>;
  /** The oldest first. */
  snapshots(host: string): Promise<readonly SnapshotInfo[]>;
  /** Idempotent. */
  removeSnapshot(host: string, id: string): Promise<void>;
  /**
   * Stops every process of the host where it stands; idempotent. Until it is thawed, what needs the host throws conflict, but
   * for `removeHost`, `storeHost`, `restoreSnapshot` and `shutdown`. Throws unavailable where the host is stopped.
   */
  freezeHost(host: string): Promise<HostInfo>;
  /** Idempotent. */
  thawHost(host: string): Promise<HostInfo>;
  /** Ends everything that runs, politely for two seconds, and keeps what is on disk and which containers ran; idempotent. */
  storeHost(host: string): Promise<void>;
  openTerminal(host: string, options: TerminalOptions): Promise<TerminalInfo>;
  terminals(host: string): Promise<readonly TerminalInfo[]>;
  resizeTerminal(host: string, id: string, rows: number, columns: number): Promise<void>;
  closeTerminal(host: string, id: string): Promise<void>;
  attachTerminal(host: string, id: string, from: number, signal: AbortSignal): Promise<TerminalConnection>;
  run(host: string, options: CommandOptions): Promise<CommandResult>;
  /** Of every container that has run. */
  runs(host: string): Promise<readonly ContainerRun[]>;
  /** What it uses now: memory, processes, what its containers wrote. About 5 ms; all zero and empty where it is stopped. */
  usage(host: string): Promise<HostUsage>;
  docker(host: HostInfo): DockerClient;
  /** Puts every host away as `storeHost` does, and ends the engine. What ran is started again by the next one. */
  shutdown(): Promise<void>;
}
