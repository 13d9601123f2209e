// Reads what tells that a task is done: facts of the student's hosts, as the engine has them, and how they compose.

import { z } from 'zod';
import type { Check } from './check-kinds.ts';
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

const onHost = { host: hostName.optional() };
const words = z.record(z.string().min(1).max(128), z.string().max(1000));
const size = formed(/^(none|\d{1,12}[bkmg]?)$/, 'is no size: 64m, 1g or a number of bytes');

const containerFilter = {
  name: containerName.optional(),
  image: imageName.optional(),
  sameImage: imageName.optional(),
  detached: z.boolean().optional(),
  state: z.enum(['created', 'running', 'paused', 'restarting', 'exited', 'dead']).optional(),
  port: formed(/^(\d{1,5}:\d{1,5}|none)$/, 'is no published port: "8080:80" or none').optional(),
  publishes: formed(/^\d{1,5}:\d{1,5}$/, 'is no published port: "8080:80"').optional(),
  exitCode: exitCode.optional(),
  oomKilled: z.boolean().optional(),
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
  ran: z
    .strictObject({
      ...onHost,
      image: imageName.optional(),
      sameImage: imageName.optional(),
      name: containerName.optional(),
      exitCode: exitCode.optional(),
      byDocker: z.boolean().optional(),
    })
    .refine(
      ({ image, sameImage }) => (image === undefined) !== (sameImage === undefined),
      'say either image or sameImage',
    ),
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
  /** A name alone is one of the first host. */
  absent: z.union([containerName.transform((name) => ({ name })), z.strictObject({ ...onHost, name: containerName })]),
  removed: z.strictObject({ ...onHost, name: containerName, since: taskId.optional() }),
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

/** The tasks that a check wants done before its facts count. */
export function tasksBefore(of: Check): readonly string[] {
  if ('after' in of) return of.after.tasks;
  return 'removed' in of && of.removed.since !== undefined ? [of.removed.since] : [];
}

/** The host that a check is about; undefined for the first, and where it is about none. */
export function hostOf(of: Check): string | undefined {
  const [said] = Object.values(of) as readonly unknown[];
  if (typeof said !== 'object' || said === null || !('host' in said)) return undefined;
  return typeof said.host === 'string' ? said.host : undefined;
}
