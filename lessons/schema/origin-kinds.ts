// Where an image came from, as a check of a container or an image may say it.

/** Where an image came from: a pull or a push has given it this repository's digest. */
export interface FromRepository {
  /** As `RepositoryCheck.name`. */
  readonly name: string;
  /** It is what this tag points to now. Of the hub alone. */
  readonly tag?: string | undefined;
  /** It is what this host of the lab has pushed there last. */
  readonly pushedBy?: string | undefined;
  /** Of a container: it was made from `name@sha256:…`. Of an image: it is in the list by that. */
  readonly byDigest?: boolean | undefined;
}
