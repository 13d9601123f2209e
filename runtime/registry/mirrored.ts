// Repositories of other registries that the hub has in its own, as far as somebody has asked for them. What is brought is answered as all
// else that the registry has.

export interface MirroredRepositories {
  has(repository: string): boolean;
  /** A sentence where the registry could not be asked, and what is told is what it had before; else null. Throws Refusal. */
  bringManifest(repository: string, reference: string, asker: FetchAsker): Promise<string | null>;
  /** Nothing where no manifest that was brought names the blob. Throws Refusal. */
  bringBlob(repository: string, digest: string, asker: FetchAsker, onBytes?: (bytes: number) => void): Promise<void>;
  /** The tags that the repository has there, or where it cannot be asked, those that are here. Throws Refusal. */
  tags(repository: string, asker: FetchAsker): Promise<readonly string[]>;
}

export interface FetchAsker {
  /** In whose share a fetch counts: a host, an account, an address. */
  readonly share: string;
  /** Whether anything may be fetched for them: nobody who has not logged in makes the machine ask others. */
  readonly mayFetch: boolean;
}
