// A context, its Dockerfile and what is asked.

export interface Case {
  readonly name: string;
  readonly dockerfile: string;
  /** A shell script that makes the files beside the Dockerfile, in their directory. */
  readonly make?: string;
  /** Dockerfiles of images that are built before, by their names. They have no context; no other case has images of these names. */
  readonly images?: Readonly<Record<string, string>>;
  /** Options of `docker build`. */
  readonly options?: readonly string[];
}

export type Cases = Readonly<Record<string, string | Omit<Case, 'name'>>>;
