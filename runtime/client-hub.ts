// What the server and the `drydock` command ask of the hub over the engine's socket.

export interface HubRepository {
  readonly name: string;
  readonly tags: number;
  readonly manifests: number;
  /** Of its blobs, those that other repositories have too among them. */
  readonly bytes: number;
  readonly visibility: 'public' | 'private';
  /** RFC 3339; null where nothing was pushed. */
  readonly pushedAt: string | null;
}

export interface HubReport {
  /** By name, without the official ones. */
  readonly repositories: readonly HubRepository[];
  /** Of all blobs, each counted once. */
  readonly blobs: number;
  readonly bytes: number;
  readonly accounts: number;
}

export interface HubCollection {
  readonly uploads: number;
  readonly blobs: number;
  readonly bytes: number;
}

/** A name and a password for `docker login`. */
export interface HubLogin {
  readonly name: string;
  readonly password: string;
}

export interface HubTokenOptions {
  readonly name: string;
  readonly scope: 'read' | 'read-write' | 'delete';
  /** Until it expires; null: never. */
  readonly days: number | null;
}

export interface HubClient {
  hubReport(): Promise<HubReport>;
  /** Removes what nobody needs. `now`: blobs too that were sent a moment ago, which a push may be about to name. */
  collectHub(now: boolean): Promise<HubCollection>;
  /** The lab's account of that name, or a new one with a name that nobody has: the same password each time. Throws conflict. */
  hubSession(name?: string): Promise<HubLogin>;
  /** Throws invalid, conflict, exhausted. */
  createHubAccount(login: HubLogin): Promise<void>;
  /** Of a person or a lab, with all that it has. Idempotent. */
  removeHubAccount(name: string): Promise<void>;
  /** Gives the secret, which nobody is told again. Throws notFound, invalid, exhausted. */
  createHubToken(account: string, options: HubTokenOptions): Promise<string>;
}
