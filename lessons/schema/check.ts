// What tells that a task is done: facts of the student's hosts, as the engine has them, and how they compose.

import { z } from 'zod';
import { pattern } from './pattern.ts';
import {
  containerName,
  exitCode,
  formed,
  homePath,
  hostName,
  imageName,
  line,
  portNumber,
  sentence,
  taskId,
} from './words.ts';

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
  readonly state?: ContainerState | undefined;
  /** `8080:80` as in `docker run -p`, or `none`: nothing is published. */
  readonly port?: string | undefined;
  /** Of one that has exited. */
  readonly exitCode?: number | undefined;
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

/** A container of this image has run to its end, even if it is gone again. */
export interface RanCheck extends OnHost {
  readonly image: string;
  readonly name?: string | undefined;
  readonly exitCode?: number | undefined;
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
  /** All of it; spaces and empty lines at its end do not count. */
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
  /** No container of the first host has this name. */
  | { readonly absent: string }
  | { readonly all: readonly Check[] }
  | { readonly any: readonly Check[] }
  | { readonly not: Check }
  /** These tasks are done already, and the check holds. */
  | { readonly after: { readonly tasks: readonly string[]; readonly check: Check } };

const onHost = { host: hostName.optional() };
const words = z.record(z.string().min(1).max(128), z.string().max(1000));
const size = formed(/^(none|\d{1,12}[bkmg]?)$/, 'is no size: 64m, 1g or a number of bytes');

const containerFilter = {
  name: containerName.optional(),
  image: imageName.optional(),
  state: z.enum(['created', 'running', 'paused', 'restarting', 'exited', 'dead']).optional(),
  port: formed(/^(\d{1,5}:\d{1,5}|none)$/, 'is no published port: "8080:80" or none').optional(),
  exitCode: exitCode.optional(),
  command: line.optional(),
  env: words.optional(),
  labels: words.optional(),
  network: containerName.optional(),
  memory: size.optional(),
  cpus: z
    .union([z.number(), z.string()])
    .transform(String)
    .pipe(formed(/^(none|\d{1,3}(\.\d{1,9})?)$/, 'is no number of CPUs, such as 0.5, or none'))
    .optional(),
};

const saysSomething = 'say at least one thing about the container beside its host';
const container = z
  .strictObject({ ...containerFilter, ...onHost })
  .refine(({ host, ...rest }) => Object.keys(rest).length > 0, saysSomething);
const containers = z
  .strictObject({
    ...containerFilter,
    ...onHost,
    count: z.int().min(0).max(100).optional(),
    atLeast: z.int().min(1).max(100).optional(),
  })
  .refine((value) => (value.count === undefined) !== (value.atLeast === undefined), 'say either count or atLeast');
const file = z
  .strictObject({
    ...onHost,
    path: homePath,
    exists: z.boolean().optional(),
    contains: z.string().min(1).max(1000).optional(),
    matches: pattern.optional(),
    equals: z.string().max(10_000).optional(),
    means: sentence.optional(),
  })
  .refine(
    ({ exists, contains, matches, equals }) =>
      [exists, contains, matches, equals].filter((each) => each !== undefined).length <= 1,
    'say one of exists, contains, matches, equals; put several into `all`',
  )
  .refine(
    ({ matches, means }) => matches === undefined || means !== undefined,
    'say with `means` what `matches` looks for',
  );
const processCheck = z
  .strictObject({
    ...onHost,
    executable: formed(/^[a-zA-Z0-9_.+-]{1,64}$/, 'is no name of a program').optional(),
    matches: pattern.optional(),
    container: containerName.optional(),
    means: sentence,
  })
  .refine(({ executable, matches }) => executable !== undefined || matches !== undefined, 'say executable or matches');
const command = z.strictObject({
  ...onHost,
  run: z
    .array(z.string().max(1000))
    .min(1)
    .max(20)
    .refine(([program = '']) => /^\/[a-zA-Z0-9_./+-]+$/.test(program), 'must begin with the full path of a program'),
  exitCode: exitCode.default(0),
  matches: pattern.optional(),
  means: sentence,
});

const kinds = {
  container,
  containers,
  ran: z.strictObject({ ...onHost, image: imageName, name: containerName.optional(), exitCode: exitCode.optional() }),
  exec: z.strictObject({
    ...onHost,
    container: containerName,
    matches: pattern,
    means: sentence,
    exitCode: exitCode.optional(),
  }),
  log: z.strictObject({ ...onHost, container: containerName, matches: pattern, means: sentence }),
  image: z.strictObject({
    ...onHost,
    name: imageName,
    from: imageName.optional(),
    sameAs: imageName.optional(),
    layers: z.int().min(0).max(127).optional(),
    digest: formed(/^sha256:[0-9a-f]{64}$/, 'is no digest: sha256: and 64 hexadecimal digits').optional(),
    command: line.optional(),
    env: words.optional(),
    labels: words.optional(),
    user: z.string().max(64).optional(),
    workdir: z.string().max(255).optional(),
    exposes: portNumber.optional(),
    smallerThan: size.optional(),
  }),
  network: z.strictObject({
    ...onHost,
    name: containerName,
    driver: z.string().max(64).optional(),
    containers: z.array(containerName).min(1).max(20).optional(),
  }),
  file,
  http: z.strictObject({
    ...onHost,
    port: portNumber,
    path: z
      .string()
      .startsWith('/')
      .max(1000)
      .regex(/^[\x21-\x7e]+$/, 'must be a path as in an address')
      .default('/'),
    status: z.int().min(100).max(599).default(200),
    contains: z.string().min(1).max(1000).optional(),
  }),
  process: processCheck,
  command,
  absent: containerName,
};

/** The names of all kinds, for whoever describes them. */
export const checkKinds: readonly string[] = [...Object.keys(kinds), 'all', 'any', 'not', 'after'];

/**
 * An object with one key. (A union would say of a mistake only that it fits none of sixteen forms; so each kind may stand,
 * and one must.)
 */
export const check: z.ZodType<Check> = z.lazy(() =>
  z
    .strictObject({
      ...z.strictObject(kinds).partial().shape,
      all: z.array(check).min(1).max(10).optional(),
      any: z.array(check).min(1).max(10).optional(),
      not: check.optional(),
      after: z.strictObject({ tasks: z.array(taskId).min(1).max(10), check }).optional(),
    })
    .refine((value) => Object.keys(value).length === 1, `say exactly one of ${checkKinds.join(', ')}`)
    .transform((value) => value as unknown as Check),
);

/** The check itself and every check in it. */
export function everyCheck(of: Check): readonly Check[] {
  if ('all' in of) return [of, ...of.all.flatMap(everyCheck)];
  if ('any' in of) return [of, ...of.any.flatMap(everyCheck)];
  if ('not' in of) return [of, ...everyCheck(of.not)];
  return 'after' in of ? [of, ...everyCheck(of.after.check)] : [of];
}

/** The host that a check is about; undefined for the first, and where it is about none. */
export function hostOf(of: Check): string | undefined {
  const [said] = Object.values(of) as readonly unknown[];
  if (typeof said !== 'object' || said === null || !('host' in said)) return undefined;
  return typeof said.host === 'string' ? said.host : undefined;
}
