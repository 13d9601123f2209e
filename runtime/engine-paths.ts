// Where an engine keeps what it has.

export interface EnginePaths {
  readonly run: string;
  readonly data: string;
  /** Mount point of the btrfs store. */
  readonly store: string;
  readonly hosts: string;
  /** A directory for each host that has any, named for its id. */
  readonly snapshots: string;
  /** Held by whoever copies a subvolume, also when the engine has been killed meanwhile. */
  readonly copying: string;
  /** The network namespace of each link between hosts, pinned. */
  readonly links: string;
  /** conmon writes the exit code of a container there, into a file named for it. */
  readonly exits: string;
}
