// A context, its Dockerfile and what is asked.

export interface Case {
  readonly name: string;
  readonly dockerfile: string;
  /** A shell script that makes the files beside the Dockerfile, in their directory. */
  readonly make?: string;
  /** Options of `docker build`. */
  readonly options?: readonly string[];
}

export type Cases = Readonly<Record<string, string | Omit<Case, 'name'>>>;
