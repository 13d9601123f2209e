// What a check may say, kind by kind; check.ts reads it from a lab file.

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead';

/** Of which of the lab's hosts; the first where it is left out. */
interface OnHost {
  readonly host?: string | undefined;
}

/** What of a container can be asked; all that is given must hold of the same one. */
export interface ContainerFilter {
  readonly name?: string | undefined;
  /** `nginx` matches any tag of it, `nginx:1.26` that tag only. `docker.io/library/` may be left out, as in Docker. */
  readonly image?: string | undefined;
  /**
   * It is the same image as this one, whatever name it was given by: `docker run redis` for `redis:8`, where the two are one.
   * The host's image of that name counts, or where it has none the one that `docker pull` would bring.
   */
  readonly sameImage?: string | undefined;
  readonly state?: ContainerState | undefined;
  /** True: its last run was started in the background (`-d`). False: in the foreground, where `docker run` stays attached. */
  readonly detached?: boolean | undefined;
  /** `8080:80` as in `docker run -p`, or `none`: nothing is published. */
  readonly port?: string | undefined;
  /** `8080:80`: it was made with this port, which it publishes whenever it runs. `port` holds only while it runs. */
  readonly publishes?: string | undefined;
  /** Of one that has exited. */
  readonly exitCode?: number | undefined;
  /** The kernel has ended it for want of memory, at its last run. */
  readonly oomKilled?: boolean | undefined;
  /** What was given after the image's name, or the image's own where nothing was: `redis-server --save ""`. */
  readonly command?: string | undefined;
  /** Variables that it has, with these values. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The name of a network that it is on. */
  readonly network?: string | undefined;
  /** Its limit: `64m` as in `--memory`, or `none`. */
  readonly memory?: string | undefined;
  /** Its limit: `0.5` as in `--cpus`, or `none`. */
  readonly cpus?: string | undefined;
}

export interface ContainerCheck extends ContainerFilter, OnHost {}

/** How many containers are like this: exactly `count`, or `atLeast` so many. */
export interface ContainersCheck extends ContainerFilter, OnHost {
  readonly count?: number | undefined;
  readonly atLeast?: number | undefined;
}

/** A container of this image has run to its end, even if it is gone again. One of `image` and `sameImage` stands. */
export interface RanCheck extends OnHost {
  readonly image?: string | undefined;
  readonly sameImage?: string | undefined;
  readonly name?: string | undefined;
  readonly exitCode?: number | undefined;
  /** True: Docker was told to end it (`kill`, `stop`, `rm -f`, …). False: it was seen to end without that. */
  readonly byDocker?: boolean | undefined;
}

/** The container of this name is gone: there is none, or it was removed and a new one has the name by now. */
export interface RemovedCheck extends OnHost {
  readonly name: string;
  /** It went after this task was done; that must be so. At any time where left out. */
  readonly since?: string | undefined;
}

/** No container has this name. */
export interface AbsentCheck extends OnHost {
  readonly name: string;
}

/** `docker exec` has run a command in a container to its end, and the command is as `matches` says. */
export interface ExecCheck extends OnHost {
  readonly container: string;
  readonly matches: string;
  readonly means: string;
  readonly exitCode?: number | undefined;
}

/** The last lines of a container's log have one that this regular expression matches; `means` says it in words. */
export interface LogCheck extends OnHost {
  readonly container: string;
  readonly matches: string;
  readonly means: string;
}

/** An image in the host's list (`docker images`); all that is given must hold of it. */
export interface ImageCheck extends OnHost {
  readonly name: string;
  /** It was made on top of this image, which is in the list too: its layers begin with all of that one's. */
  readonly from?: string | undefined;
  /** It is the same image as this one: another name for it. */
  readonly sameAs?: string | undefined;
  /** How many layers it has. */
  readonly layers?: number | undefined;
  /** Its id or one of its digests: `sha256:…`. */
  readonly digest?: string | undefined;
  /** Its configuration: the command without its entrypoint, as one line. */
  readonly command?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly user?: string | undefined;
  readonly workdir?: string | undefined;
  /** A port that it exposes: `80`. */
  readonly exposes?: string | undefined;
  /** In bytes, or as `20m`. */
  readonly smallerThan?: string | undefined;
}

export interface NetworkCheck extends OnHost {
  readonly name: string;
  readonly driver?: string | undefined;
  /** Running containers that are on it, by name. */
  readonly containers?: readonly string[] | undefined;
}

/** A file of a host's home directory. With `path` alone: it is there. */
export interface FileCheck extends OnHost {
  readonly path: string;
  readonly exists?: boolean | undefined;
  readonly contains?: string | undefined;
  /** A regular expression that one of its lines matches. */
  readonly matches?: string | undefined;
  /** All of it; how lines end, blanks at their ends, and empty lines at the end of all do not count. */
  readonly equals?: string | undefined;
  /** Says in words what should stand in it. */
  readonly means?: string | undefined;
}

/** What a port of the host answers, asked from within the host. Other redirects are not followed. */
export interface HttpCheck extends OnHost {
  readonly port: string;
  readonly path: string;
  readonly status: number;
  readonly contains?: string | undefined;
}

/** A process that the host sees. */
export interface ProcessCheck extends OnHost {
  /** The file name of its program, as the kernel has it: `redis-server`. */
  readonly executable?: string | undefined;
  /** A regular expression over its command line. A process can write there what it likes: take `executable` where it will do. */
  readonly matches?: string | undefined;
  /** In this container; `none` for the workspace itself. */
  readonly container?: string | undefined;
  readonly means: string;
}

/** A program of the workspace's, run as nobody's shell would change it. The last resort: a student can become root there. */
export interface CommandCheck extends OnHost {
  /** The program's full path and its arguments; no shell reads them. */
  readonly run: readonly string[];
  readonly exitCode: number;
  /** A regular expression that a line of its output matches. */
  readonly matches?: string | undefined;
  readonly means: string;
}

/** A fact of the student's hosts. Kinds compose: `all`, `any`, `not`, `after`. */
export type Check =
  | { readonly container: ContainerCheck }
  | { readonly containers: ContainersCheck }
  | { readonly ran: RanCheck }
  | { readonly exec: ExecCheck }
  | { readonly log: LogCheck }
  | { readonly image: ImageCheck }
  | { readonly network: NetworkCheck }
  | { readonly file: FileCheck }
  | { readonly http: HttpCheck }
  | { readonly process: ProcessCheck }
  | { readonly command: CommandCheck }
  | { readonly absent: AbsentCheck }
  | { readonly removed: RemovedCheck }
  | { readonly all: readonly Check[] }
  | { readonly any: readonly Check[] }
  | { readonly not: Check }
  /** These tasks are done already, and the check holds. */
  | { readonly after: { readonly tasks: readonly string[]; readonly check: Check } };
