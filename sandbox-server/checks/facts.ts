// What the engine says of a lab's hosts, as checks look at it: plain data. Nothing that a student's terminal prints is in it.

import type { BaseTold, ConnectionTold } from '@drydock/runtime';
import type { ContainerState } from '../../lessons/schema.ts';
import type { BuildFact, DockerfileFact, DockerignoreFact } from './builds/facts.ts';
import type { SaidInstruction } from './builds/said.ts';
import type { Compared } from './compared.ts';
import type { MountFact } from './mounts.ts';
import type { PublishedPort } from './ports.ts';
import type { MoveFact, RepositoryFact } from './registries/facts.ts';
import type { YamlFact } from './yaml/read.ts';

/** What only `docker inspect` tells. */
export interface ContainerDetails {
  /** What was given after the image's name, or the image's own, as one line. */
  readonly command: string;
  /** `NAME=value` each. */
  readonly env: readonly string[];
  /** The ports that it publishes whenever it runs. */
  readonly publishes: readonly PublishedPort[];
  /** 0 for no limit, as for the next ones. */
  readonly memoryBytes: number;
  readonly memoryReservationBytes: number;
  readonly cpus: number;
  readonly cpuShares: number;
  readonly pids: number;
  /** The kernel ended its last run because it was out of memory. */
  readonly oomKilled: boolean;
  readonly health: 'starting' | 'healthy' | 'unhealthy' | 'none';
  /** As `--restart` says it: `no`, `on-failure:3`. */
  readonly restart: string;
  /** How often its restart policy has started it. */
  readonly restarts: number;
  readonly readOnly: boolean;
  readonly autoRemove: boolean;
  readonly user: string;
  /** Why it could not be started; empty where it could. */
  readonly error: string;
  /** What others call it, by the name of the network. */
  readonly aliases: Readonly<Record<string, readonly string[]>>;
}

export interface ContainerFact {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  /** Those names of checks that are the same image; empty where no check asks for one. */
  readonly sameImages: readonly string[];
  readonly state: ContainerState | 'removing';
  /** Of a container that has exited, else null. */
  readonly exitCode: number | null;
  /** What is published now. */
  readonly ports: readonly PublishedPort[];
  readonly labels: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  readonly mounts: readonly MountFact[];
  /** How its last run was started; null where nobody asked. */
  readonly started: 'in the background' | 'in the foreground' | 'never' | null;
  /** It ended with its host and was not started since, so its state says nothing of what its student did. */
  readonly interrupted: boolean;
  /** Null where nobody asked. */
  readonly details: ContainerDetails | null;
  /** Whether its image came from where checks ask, by `originKey`. */
  readonly origins: ReadonlyMap<string, Compared>;
}

/** A container that has run to its end; it may be gone by now. */
export interface EndedContainer {
  readonly name: string;
  readonly image: string;
  /** As of a container that is there. */
  readonly sameImages: readonly string[];
  readonly exitCode: number;
  /** Whether Docker was told to end it; null where nobody saw it end. */
  readonly byDocker: boolean | null;
  /** The kernel ended it for want of memory; null where nobody saw it end. */
  readonly oomKilled: boolean | null;
  /** Ids of the tasks that were done when it ended; null where nobody saw it end. */
  readonly doneTasks: ReadonlySet<string> | null;
}

/** A container, volume or network that was removed. */
export interface Removed {
  readonly kind: 'container' | 'volume' | 'network';
  readonly name: string;
  /** Ids of the tasks that were done by then. */
  readonly doneTasks: ReadonlySet<string>;
}

/** A command that `docker exec` has run to its end. */
export interface EndedExec {
  readonly container: string;
  readonly command: string;
  readonly exitCode: number;
}

export interface ImageFact {
  readonly id: string;
  /** `sha256:…` each. */
  readonly digests: readonly string[];
  /** The same with the names of their repositories: `nginx@sha256:…`. */
  readonly repoDigests: readonly string[];
  /** The base's first. */
  readonly layers: readonly string[];
  readonly sizeBytes: number;
  readonly command: string;
  readonly entrypoint: string;
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workdir: string;
  /** `80/tcp` each. */
  readonly exposes: readonly string[];
  readonly volumes: readonly string[];
  readonly hasHealthcheck: boolean;
  /** Empty where it says none. */
  readonly stopSignal: string;
  /** The oldest first; null where nobody asked. */
  readonly history: readonly SaidInstruction[] | null;
  /** As of a container. */
  readonly origins: ReadonlyMap<string, Compared>;
}

export interface NetworkFact {
  readonly driver: string;
  readonly internal: boolean;
  readonly subnets: readonly string[];
  readonly gateways: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** The running containers on it. */
  readonly members: readonly { readonly name: string; readonly address: string }[];
}

export interface VolumeFact {
  readonly driver: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

/** A file of the home directory, a container, a volume or an image: `text` is null if it is not a file, or too large to be looked at. */
export interface FileFact {
  readonly exists: boolean;
  readonly text: string | null;
}

/** What a port answered: `status` is null where nothing did, and `text` says why then. */
export interface AnswerFact {
  readonly status: number | null;
  readonly text: string;
}

export interface ProcessFact {
  readonly executable: string;
  readonly command: string;
  /** The container's name; null for a process of the workspace. */
  readonly container: string | null;
}

/** What a container got that connected to another one. */
export type ConnectionFact = ConnectionTold;

export interface CommandFact {
  readonly exitCode: number;
  readonly output: string;
}

/** One host. In the maps a key is missing if nobody asked for it; its value is null if there is no such thing. */
export interface HostFacts {
  readonly containers: readonly ContainerFact[];
  readonly ended: readonly EndedContainer[];
  readonly execs: readonly EndedExec[];
  readonly removed: readonly Removed[];
  /** The last lines of a container's log, by the container's name. */
  readonly logs: ReadonlyMap<string, string>;
  readonly images: ReadonlyMap<string, ImageFact | null>;
  /** Of images that others are to be made on, and that are not in the list: what builds have begun with by that name last. */
  readonly bases: ReadonlyMap<string, BaseTold | null>;
  readonly networks: ReadonlyMap<string, NetworkFact | null>;
  readonly volumes: ReadonlyMap<string, VolumeFact | null>;
  /** Whether there is nothing in a volume. */
  readonly emptyVolumes: ReadonlyMap<string, boolean>;
  /** By `fileKey`. */
  readonly files: ReadonlyMap<string, FileFact>;
  /** What files say that are taken for YAML, by `fileKey`; missing too where there is no such file, or no text in it. */
  readonly yaml: ReadonlyMap<string, YamlFact>;
  /** Of the home directory, by their paths; missing too where there is no such file, or no text in it. */
  readonly dockerfiles: ReadonlyMap<string, DockerfileFact>;
  readonly ignores: ReadonlyMap<string, DockerignoreFact>;
  /** Where a text stands in an image, as a part of a sentence, by `textKey`; null for nowhere. */
  readonly textsInImages: ReadonlyMap<string, string | null>;
  /** By `connectionKey`. */
  readonly connections: ReadonlyMap<string, ConnectionFact>;
  /** By `8080/path`. */
  readonly answers: ReadonlyMap<string, AnswerFact>;
  readonly processes: readonly ProcessFact[] | null;
  /** What it has pushed and pulled, the oldest first; null where nobody asked. */
  readonly moves: readonly MoveFact[] | null;
  /** What it has built, the oldest first; null where nobody asked. */
  readonly builds: readonly BuildFact[] | null;
  /** Of registries, by `repositoryKey`. */
  readonly repositories: ReadonlyMap<string, RepositoryFact>;
  /** By the JSON of its arguments. */
  readonly commands: ReadonlyMap<string, CommandFact>;
}

export interface Facts {
  /** By the lab's name of the host; the first is the one that is meant where a check names none. */
  readonly hosts: ReadonlyMap<string, HostFacts>;
  readonly doneTasks: ReadonlySet<string>;
}

/** A host of which nothing is known but that it has no containers. */
export const emptyHost: HostFacts = {
  containers: [],
  ended: [],
  execs: [],
  removed: [],
  logs: new Map(),
  images: new Map(),
  bases: new Map(),
  networks: new Map(),
  volumes: new Map(),
  emptyVolumes: new Map(),
  files: new Map(),
  yaml: new Map(),
  dockerfiles: new Map(),
  ignores: new Map(),
  textsInImages: new Map(),
  connections: new Map(),
  answers: new Map(),
  processes: null,
  moves: null,
  builds: null,
  repositories: new Map(),
  commands: new Map(),
};

/** The facts of the host that a check names, or of the first. */
export function factsOf(facts: Facts, host: string | undefined): HostFacts {
  const found = host === undefined ? [...facts.hosts.values()][0] : facts.hosts.get(host);
  return found ?? emptyHost;
}
