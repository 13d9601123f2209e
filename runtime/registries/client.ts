// Who asks a registry for a host: a thread in the host's network, or the engine itself where the registry is its own.

import type { Credentials } from './credentials.ts';
import type { JobName, RegistryJobs } from './jobs.ts';

export interface Listeners {
  /** Bytes of the blob that have been brought or sent. */
  readonly onBytes?: (bytes: number) => void;
  /** A try has failed; the next one is so many seconds away. */
  readonly onRetry?: (seconds: number) => void;
}

export interface RegistryClient extends AsyncDisposable {
  /** Throws EngineError, with what to tell the student. */
  ask<Name extends JobName>(
    name: Name,
    ask: RegistryJobs[Name]['ask'],
    listeners?: Listeners,
  ): Promise<RegistryJobs[Name]['answer']>;
}

/** Who asks a registry of the engine's own, and for what. */
export interface NearPlace {
  readonly hostId: string;
  /** The account of the host's lab, by whose rights those ask who show no credentials; null where it has none. */
  readonly account: string | null;
  /** The repository; empty for a login. */
  readonly path: string;
  /** As people write the repository, for messages. */
  readonly shown: string;
  readonly credentials: Credentials;
  readonly actions: 'pull' | 'pull,push';
}

/** A registry that is in this process: nothing that it is asked for goes over a network. */
export interface NearRegistry {
  readonly domain: string;
  /**
   * The path at `connect` of a repository that is called so in images' names: of its own domain, or of another registry that it is a
   * mirror of, which is pulled from alone. Null where it is neither.
   */
  pathOf(domain: string, path: string): string | null;
  connect(place: NearPlace, signal: AbortSignal): RegistryClient;
  /** The image of the catalogue's repository that a path of it means; null where it means none. */
  officialName(path: string): string | null;
  /** Of names that hold `term`, those that whoever asks may pull, the catalogue's not among them. */
  search(place: Pick<NearPlace, 'hostId' | 'account'>, term: string, most: number): readonly string[];
  /** Counts a pull of an image of the catalogue, by a tag or, with null, by its digest alone. */
  pulledOfficial(
    place: Pick<NearPlace, 'hostId' | 'account'>,
    repository: string,
    tag: string | null,
    digest: string,
  ): void;
}
