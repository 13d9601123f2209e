// What a host uses, as the engine measures it: the answer to `usage`. Names in it come from students: they are text only.

/** What a container has written to its own layer. */
export interface OwnLayerUsage {
  /** Regular files, links and devices; directories are not counted, what was deleted of the image is. */
  readonly files: number;
  readonly bytes: number;
  /** There is more than was counted. */
  readonly truncated: boolean;
}

export interface ContainerUsage {
  readonly id: string;
  /** What it would have to give back: without the file cache that the kernel drops first, as `docker stats` counts. */
  readonly memoryBytes: number;
  readonly pids: number;
  /** Of CPU time, since it was started. */
  readonly cpuMs: number;
  readonly ownLayer: OwnLayerUsage;
}

export interface ProcessUsage {
  /** As the workspace's PID namespace numbers it: as `ps` in a terminal shows it. */
  readonly pid: number;
  /** As its own container numbers it; the same as `pid` for a process of the workspace. */
  readonly insidePid: number;
  /** The parent's `pid`; 0 where that is none of the host's. */
  readonly parent: number;
  /** Null for a process of the workspace. */
  readonly container: string | null;
  /** The program's file name, without its path; empty where it cannot be told. */
  readonly executable: string;
  /** The command line, at most 256 characters, none of them a control character. */
  readonly command: string;
  /** Resident. */
  readonly memoryBytes: number;
}

export interface HostUsage {
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
  readonly pids: number;
  readonly containers: readonly ContainerUsage[];
  /** At most 300, ordered by `pid`. */
  readonly processes: readonly ProcessUsage[];
}
