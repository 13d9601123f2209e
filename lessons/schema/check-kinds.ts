// What a check may say, kind by kind; check.ts reads it from a lab file.

import type { BuiltCheck, DockerfileCheck, DockerignoreCheck, ImageCheck } from './build-kinds.ts';
import type { FromRepository } from './origin-kinds.ts';

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
  /**
   * As in `docker run -p`: `8080:80` at any address of the host, `127.0.0.1:8080:80`, `80` for any port of the host, `53:53/udp`; or
   * `none`: nothing is published.
   */
  readonly port?: string | undefined;
  /** It was made with this port, which it publishes whenever it runs. `port` holds only while it runs. `80`: Docker chooses. */
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
  /** It is on exactly these networks. */
  readonly networks?: readonly string[] | undefined;
  /** It has all of these mounts; `none`: no mount at all. */
  readonly mounts?: 'none' | readonly WantedMount[] | undefined;
  /** What its health check says; `none` where it has no health check. */
  readonly health?: 'starting' | 'healthy' | 'unhealthy' | 'none' | undefined;
  /** As in `--restart`: `no`, `always`, `unless-stopped`, `on-failure` with any number of tries, `on-failure:3`. */
  readonly restart?: string | undefined;
  /** How often its restart policy has started it again, at least. */
  readonly restartsAtLeast?: number | undefined;
  /** Its limit: `64m` as in `--memory`, or `none`. */
  readonly memory?: string | undefined;
  /** As in `--memory-reservation`, or `none`. */
  readonly memoryReservation?: string | undefined;
  /** Its limit: `0.5` as in `--cpus`, or `none`. */
  readonly cpus?: string | undefined;
  /** As in `--cpu-shares`. */
  readonly cpuShares?: string | undefined;
  /** Its limit: `50` as in `--pids-limit`, or `none`. */
  readonly pids?: string | undefined;
  /** Its root file system cannot be written to (`--read-only`). */
  readonly readOnly?: boolean | undefined;
  /** It is removed when it ends (`--rm`). */
  readonly autoRemove?: boolean | undefined;
  /** As in `--user`, or the image's own; empty for root by default. */
  readonly user?: string | undefined;
  /** Words of the reason why it could not be started. */
  readonly error?: string | undefined;
  /** Its image came from there. */
  readonly repository?: FromRepository | undefined;
}

/** A mount of a container; all that is given must hold. */
export interface WantedMount {
  readonly type?: 'volume' | 'bind' | 'tmpfs' | 'image' | undefined;
  /** A volume's name, a path as the host sees it, or an image; `./site` is in the home directory. */
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
  readonly readOnly?: boolean | undefined;
  /** Of a volume: it was made for the container, without a name. */
  readonly anonymous?: boolean | undefined;
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
  /** The kernel has ended it for want of memory. */
  readonly oomKilled?: boolean | undefined;
  /** It was seen to end after this task was done; that must be so. At any time where left out. */
  readonly since?: string | undefined;
}

/** The container, volume or network of this name is gone: there is none, or it was removed and a new one has the name by now. */
export interface RemovedCheck extends OnHost, NamedThing {
  /** It went after this task was done; that must be so. At any time where left out. */
  readonly since?: string | undefined;
}

/** What a name is of: one of these stands. */
export interface NamedThing {
  /** A container's. */
  readonly name?: string | undefined;
  readonly volume?: string | undefined;
  readonly network?: string | undefined;
}

/** There is no such container, volume, network or image. */
export interface AbsentCheck extends OnHost, NamedThing {
  readonly image?: string | undefined;
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

/** What a repository of a registry holds now; with `name` alone: it is there. All that is given must hold. */
export interface RepositoryCheck extends OnHost {
  /**
   * As `docker push` takes it, without a tag. Where no registry is named it is the hub's; `localhost:5000/web` is asked of the port
   * 5000 of the host, `dev:5000/web` of that host's.
   */
  readonly name: string;
  /** It answers by HTTPS, whoever has signed its certificate; plain HTTP where left out. Not of the hub, as the next. */
  readonly tls?: boolean | undefined;
  /** It takes this name and password (Basic). */
  readonly login?: { readonly user: string; readonly password: string } | undefined;
  readonly tag?: string | undefined;
  /** All of these are there. */
  readonly tags?: readonly string[] | undefined;
  /** False: there is no such repository, or no such tag. */
  readonly exists?: boolean | undefined;
  /** What `tag` points to, `sha256:…`; as the next ones say it in other ways. */
  readonly digest?: string | undefined;
  /** The same as this tag. */
  readonly sameTag?: string | undefined;
  /** Something else than this tag, which is there. */
  readonly otherThanTag?: string | undefined;
  /** The image that the host has by this name. */
  readonly sameImage?: string | undefined;
  /** Whether everybody may pull it. Of a registry of the student's own: whether it lets in who has not logged in. */
  readonly visibility?: 'public' | 'private' | undefined;
  /** Hosts of the lab, or `anonymous` for whoever has not logged in. Of the hub alone, as the next. */
  readonly mayPull?: readonly string[] | undefined;
  readonly mayNotPull?: readonly string[] | undefined;
}

/** The host's Docker has pushed to this repository; all that is given must hold of one push. */
export interface PushedCheck extends OnHost {
  /** As `RepositoryCheck.name`. */
  readonly name: string;
  readonly tag?: string | undefined;
  /** So many layers were sent. */
  readonly layersSent?: number | undefined;
  readonly layersSentAtMost?: number | undefined;
  readonly layersSentAtLeast?: number | undefined;
  /** The registry had so many already. */
  readonly layersThereAtLeast?: number | undefined;
  /** It ended after this task was done; that must be so. */
  readonly since?: string | undefined;
}

/** The host's Docker has pulled from this repository; all that is given must hold of one pull. */
export interface PulledCheck extends OnHost {
  /** As `RepositoryCheck.name`. */
  readonly name: string;
  readonly tag?: string | undefined;
  /** `name@sha256:…` was asked for. */
  readonly byDigest?: boolean | undefined;
  /** It brought what this host of the lab has pushed there last. */
  readonly pushedBy?: string | undefined;
  /** So many layers came. */
  readonly layersBrought?: number | undefined;
  readonly layersBroughtAtMost?: number | undefined;
  readonly layersBroughtAtLeast?: number | undefined;
  /** The host had so many already. */
  readonly layersThereAtLeast?: number | undefined;
  readonly since?: string | undefined;
}

export interface NetworkCheck extends OnHost {
  readonly name: string;
  readonly driver?: string | undefined;
  readonly internal?: boolean | undefined;
  /** `10.9.0.0/24` */
  readonly subnet?: string | undefined;
  readonly gateway?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Whether no running container is on it. */
  readonly empty?: boolean | undefined;
  /** Running containers that are on it. */
  readonly containers?: readonly WantedMember[] | undefined;
}

/** A running container that is on a network. */
export interface WantedMember {
  readonly name: string;
  /** A name that others on the network find it by. */
  readonly alias?: string | undefined;
  readonly address?: string | undefined;
}

/** A volume; with `name` alone: it is there. */
export interface VolumeCheck extends OnHost {
  readonly name: string;
  readonly driver?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  /** Containers that have it mounted, running or not. */
  readonly usedBy?: readonly string[] | undefined;
  /** Whether no container has it. */
  readonly unused?: boolean | undefined;
  /** Whether nothing is in it. */
  readonly empty?: boolean | undefined;
}

/** Where a file is: in the home directory, or in a container, a volume or an image. */
export interface FilePlace extends OnHost {
  /** Below the home directory or the volume; absolute in a container and an image. */
  readonly path: string;
  readonly container?: string | undefined;
  readonly volume?: string | undefined;
  readonly image?: string | undefined;
}

/** With `path` alone: it is there. */
export interface FileCheck extends FilePlace {
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
  /** So many at once; one where it is left out. */
  readonly atLeast?: number | undefined;
  readonly means: string;
}

/** What a container gets that connects (TCP) to another one by a name. Both must be running. */
export interface ConnectionCheck extends OnHost {
  /** The name of the container that connects. */
  readonly from: string;
  /** How the other one is called there: a container's name, an alias, an address. */
  readonly to: string;
  readonly port: string;
  /** Whether something answers. */
  readonly works: boolean;
}

/** Plain data of a YAML file. Null in `has` stands for anything. */
export type YamlData = null | string | number | boolean | readonly YamlData[] | { readonly [key: string]: YamlData };

/** What a file of YAML says, however it is written. */
export interface YamlCheck extends FilePlace {
  /** All of this is in it, perhaps among other things. */
  readonly has?: YamlData | undefined;
  /** None of this is in it. */
  readonly hasNot?: YamlData | undefined;
  /** Says in words what should stand in it. */
  readonly means?: string | undefined;
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
  | { readonly built: BuiltCheck }
  | { readonly dockerfile: DockerfileCheck }
  | { readonly dockerignore: DockerignoreCheck }
  | { readonly volume: VolumeCheck }
  | { readonly network: NetworkCheck }
  | { readonly connection: ConnectionCheck }
  | { readonly repository: RepositoryCheck }
  | { readonly pushed: PushedCheck }
  | { readonly pulled: PulledCheck }
  | { readonly file: FileCheck }
  | { readonly yaml: YamlCheck }
  /** The same of a file for Compose, whose own ways to write a thing are taken as one. */
  | { readonly compose: YamlCheck }
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
