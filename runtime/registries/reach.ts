// How a host's registries are reached.

/** From the network of its workspace, by the names that it knows. Plain data: it goes to a thread. */
export interface Reach {
  readonly pid: number;
  readonly startTicks: number;
  /** Holds the workspace's `hosts` and `resolv.conf`. */
  readonly namesDirectory: string;
  /** The HTTP proxy that is its only way out; null where it has none. */
  readonly proxy: { readonly address: string; readonly port: number } | null;
}
