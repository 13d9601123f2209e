// What the engine says of a lab's hosts, as checks look at it: plain data. Nothing that a student's terminal prints is in it.

import type { ContainerState } from '../../lessons/schema.ts';

/** What only `docker inspect` tells. */
export interface ContainerDetails {
  /** What was given after the image's name, or the image's own, as one line. */
  readonly command: string;
  /** `NAME=value` each. */
  readonly env: readonly string[];
  /** The TCP ports that it publishes whenever it runs: `8080:80` each. */
  readonly publishes: readonly string[];
  /** 0 for no limit. */
  readonly memoryBytes: number;
  /** 0 for no limit. */
  readonly cpus: number;
  /** Its last run was ended by the kernel for want of memory. */
  readonly oomKilled: boolean;
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
  /** `8080:80` each, as in `docker run -p`. */
  readonly ports: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  /** How its last run was started; null where nobody asked. */
  readonly started: 'in the background' | 'in the foreground' | 'never' | null;
  /** It has ended with its host and was not started since: what it is says nothing of what its student did. */
  readonly interrupted: boolean;
  /** Null where nobody asked. */
  readonly details: ContainerDetails | null;
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
}

/** A container that was removed. */
export interface RemovedContainer {
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
  /** The base's first. */
  readonly layers: readonly string[];
  readonly sizeBytes: number;
  readonly command: string;
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workdir: string;
  /** `80/tcp` each. */
  readonly exposes: readonly string[];
}

export interface NetworkFact {
  readonly driver: string;
  /** Names of the running containers on it. */
  readonly containers: readonly string[];
}

/** A file of the home directory: `text` is null where it is none, or too large to be looked at. */
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

export interface CommandFact {
  readonly exitCode: number;
  readonly output: string;
}

/** One host. What nobody asked for is missing from the maps; what is not there is null in them. */
export interface HostFacts {
  readonly containers: readonly ContainerFact[];
  readonly ended: readonly EndedContainer[];
  readonly execs: readonly EndedExec[];
  readonly removed: readonly RemovedContainer[];
  /** The last lines of a container's log, by the container's name. */
  readonly logs: ReadonlyMap<string, string>;
  readonly images: ReadonlyMap<string, ImageFact | null>;
  readonly networks: ReadonlyMap<string, NetworkFact | null>;
  readonly files: ReadonlyMap<string, FileFact>;
  /** By `8080/path`. */
  readonly answers: ReadonlyMap<string, AnswerFact>;
  readonly processes: readonly ProcessFact[] | null;
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
  networks: new Map(),
  files: new Map(),
  answers: new Map(),
  processes: null,
  commands: new Map(),
};

/** The facts of the host that a check names, or of the first. */
export function factsOf(facts: Facts, host: string | undefined): HostFacts {
  const found = host === undefined ? [...facts.hosts.values()][0] : facts.hosts.get(host);
  return found ?? emptyHost;
}
