// What an engine is made of: its settings, its records, its images, its hosts.

import type http from 'node:http';
import type { Logger } from 'pino';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { EngineStatus } from './client.ts';
import type { Host } from './hosts/host.ts';
import type { ImageStore } from './images/image.ts';
import type { OciTools } from './kernel/conmon.ts';
import type { Turns } from './loop/turns.ts';
import type { LoopWatch } from './loop/watch.ts';
import type { ExitWatch } from './processes/exits.ts';
import type { Stage } from './processes/rootfs.ts';
import type { EngineSettings } from './settings.ts';
import type { Records } from './store/records.ts';
import type { Turnstile } from './turnstile.ts';

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

export interface Engine {
  readonly version: string;
  readonly startedAt: string;
  readonly settings: EngineSettings;
  readonly paths: EnginePaths;
  readonly records: Records;
  readonly images: ImageStore;
  readonly catalogue: Catalogue;
  /** By name. */
  readonly hosts: Map<string, Host>;
  readonly log: Logger;
  readonly exits: ExitWatch;
  readonly tools: OciTools;
  readonly stage: Stage;
  /** The Docker Engine API of one host; not listening yet. Handed in, so that hosts need not know HTTP. */
  readonly serveDocker: (host: Host) => http.Server;
  /** Whose turn it is on the event loop. */
  readonly turns: Turns;
  /** Starts of processes that are under way, by the host's name. */
  readonly starts: Turnstile;
  readonly loop: LoopWatch;
  /** `MAJOR:MINOR` of the disk under the store, for limits of I/O. */
  readonly storeDevice: string | null;
  /** The cgroup above every host's: `drydock/INSTANCE`. */
  readonly group: string;
  /** Aborted when the engine begins to shut down. */
  readonly ending: AbortController;
  /** Resolved when it has: nothing of it is left in the kernel. */
  readonly ended: PromiseWithResolvers<void>;
  status(): EngineStatus;
}
