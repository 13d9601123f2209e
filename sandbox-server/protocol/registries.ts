// The message with the registries that a lab uses, and its parts. Imports nothing, so that the site may import it whole.

/**
 * What the lab has in registries, and the images that travel there and back; told on every change, five times a second at most. The
 * images of Docker Hub's names do not count: a lab that uses nothing else has no registries.
 */
export interface RegistriesView {
  readonly type: 'registries';
  /** The hub first. */
  readonly registries: readonly ViewRegistry[];
  /** The last push or pull of each host, the oldest first. */
  readonly moves: readonly ViewMove[];
  /** More was there than is told (4 registries, 12 repositories of each, 8 tags of each of them, 40 layers of a move). */
  readonly more: boolean;
}

export interface ViewRegistry {
  /** As the hosts call it: `hub.drydock`, `localhost:5000`. */
  readonly name: string;
  /** It is the one that Drydock has itself. Of others is told what the lab's hosts have sent them and fetched from them. */
  readonly hub: boolean;
  readonly repositories: readonly ViewRepository[];
}

export interface ViewRepository {
  readonly name: string;
  /** Null where that is not known. */
  readonly visibility: 'public' | 'private' | null;
  readonly tags: readonly ViewTag[];
}

export interface ViewTag {
  readonly name: string;
  /** The first 12 digits of the digest that it points to. */
  readonly digest: string;
}

/** An image on its way from a host to a registry, or back. */
export interface ViewMove {
  /** Of its host: later ones have greater numbers. */
  readonly id: number;
  /** The lab's name of the host. */
  readonly host: string;
  readonly direction: 'push' | 'pull';
  readonly registry: string;
  readonly repository: string;
  /** The tag; or the first 12 digits of the digest, behind `@`. */
  readonly reference: string;
  readonly state: 'going' | 'done' | 'failed';
  /** It is under way, or has just ended: the page may show how it went. */
  readonly fresh: boolean;
  /** The base first. */
  readonly layers: readonly ViewMovedLayer[];
}

export interface ViewMovedLayer {
  /** As in `ViewLayer`. */
  readonly id: string;
  readonly bytes: number;
  readonly movedBytes: number;
  /** `there`: not sent, since whoever takes the image has the layer. `elsewhere`: the registry has it in another repository. */
  readonly state: 'waiting' | 'moving' | 'moved' | 'there' | 'elsewhere';
}
