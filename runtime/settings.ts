// What an engine is told when it starts; `main.ts` makes it from flags. Nothing in the engine reads the environment.

import type { HostLimits } from './client.ts';
import type { EgressSettings } from './egress/egress.ts';
import type { Mirror } from './hub/mirrors/mirrors-file.ts';
import type { PullLimit } from './registry/accounts/pull-limits.ts';

export interface EngineSettings {
  /** [a-z0-9-]{1,20}: stands in the name of every cgroup, interface and mount that this engine makes. */
  readonly instance: string;
  /** Holds `store.img` (a btrfs file system) and `engine.db`. */
  readonly dataDirectory: string;
  /** Sockets, bundles, exit codes: gone after a reboot. */
  readonly runDirectory: string;
  /** Catalogue images as built, shared by every instance on the machine. */
  readonly cacheDirectory: string;
  /** The catalogue's recipes: `lessons/images`, and those of other content folders. */
  readonly recipesDirectories: readonly string[];
  /** A docker configuration with the logins at registries that recipes name; null for none. */
  readonly dockerConfig: string | null;
  /** Who may use the sockets besides root: the server's user. */
  readonly socketOwner: { readonly uid: number; readonly gid: number };
  /** The first UID of the first host's range, and how many ranges there are. */
  readonly uidBase: number;
  readonly uidRanges: number;
  /** Apparent size of the sparse store file, where the data directory is not btrfs already. */
  readonly storeBytes: number;
  readonly hostLimits: HostLimits;
  /** An OCI runtime to use instead of crun, else runc. */
  readonly ociRuntime: string | null;
  readonly egress: EgressSettings;
  /** Of each account on the hub, and of each address without one. */
  readonly hubPulls: PullLimit | null;
  /** Places that webhooks of the hub may go to, as `Places` takes them. */
  readonly hubWebhooks: readonly string[];
  /** Registries that the machine fetches from for those who pull, and the bytes that it keeps of each. */
  readonly mirrors: readonly Mirror[];
  readonly mirrorBytes: number;
  /** The feed of known vulnerabilities that the hub tells of; where null, it is looked for in the data directory. */
  readonly vulnerabilities: string | null;
  /** Build the whole catalogue, or only `busybox` and `workspace`. */
  readonly catalogue: 'all' | 'minimal';
}
