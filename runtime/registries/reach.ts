// How a host's registries are reached.

/** From the machine itself, to a registry that the operator has named, by its origin, and to where that leads on the internet. Plain data. */
export interface MachineReach {
  readonly origin: string;
}

/** From the network of its workspace, by the names that it knows. Plain data: it goes to a thread. */
export interface Reach {
  readonly pid: number;
  readonly startTicks: number;
  /** Holds the workspace's `hosts` and `resolv.conf`. */
  readonly namesDirectory: string;
  /** The HTTP proxy that is its only way out; null where it has none. */
  readonly proxy: { readonly address: string; readonly port: number } | null;
}
