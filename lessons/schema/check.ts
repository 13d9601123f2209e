// Reads what tells that a task is done: facts of the student's hosts, as the engine has them, and how they compose.

import { z } from 'zod';
import { built, dockerfile, dockerignore, image } from './build-words.ts';
import type { Check, WantedMember } from './check-kinds.ts';
import { containerFilter } from './container-filter.ts';
import { checkPlace, filePlace } from './file-place.ts';
import type { FromRepository } from './origin-kinds.ts';
import { pattern } from './pattern.ts';
import { anonymous, pulled, pushed, repository } from './repository-words.ts';
import {
  containerName,
  exitCode,
  formed,
  hostName,
  imageName,
  ipv4Address,
  labels,
  portNumber,
  reachedName,
  sentence,
  taskId,
  volumeName,
} from './words.ts';
import { yamlData } from './yaml-words.ts';

const onHost = { host: hostName.optional() };

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
    ...filePlace,
    exists: z.boolean().optional(),
    contains: z.string().min(1).max(1000).optional(),
    matches: pattern.optional(),
    equals: z.string().max(10_000).optional(),
    means: sentence.optional(),
  })
  .superRefine(checkPlace)
  .refine(
    ({ exists, contains, matches, equals }) =>
      [exists, contains, matches, equals].filter((each) => each !== undefined).length <= 1,
    'say one of exists, contains, matches, equals; put several into `all`',
  )
  .refine(
    ({ matches, means }) => matches === undefined || means !== undefined,
    'say with `means` what `matches` looks for',
  );
const yamlWords = {
  ...onHost,
  has: yamlData.optional(),
  hasNot: yamlData.optional(),
  means: sentence.optional(),
};
const saysData = ({ has, hasNot }: { has?: unknown; hasNot?: unknown }) => has !== undefined || hasNot !== undefined;
const yaml = z
  .strictObject({ ...yamlWords, ...filePlace })
  .superRefine(checkPlace)
  .refine(saysData, 'say has or hasNot');
const compose = z
  .strictObject({ ...yamlWords, ...filePlace, path: filePlace.path.default('compose.yaml') })
  .superRefine(checkPlace)
  .refine(saysData, 'say has or hasNot');
/** A running container on a network: its name, or what is wanted of it there. */
const member = z.union([
  containerName.transform((name): WantedMember => ({ name })),
  z.strictObject({ name: containerName, alias: reachedName.optional(), address: ipv4Address.optional() }),
]);

const named = { name: containerName.optional(), volume: volumeName.optional(), network: containerName.optional() };

/** For `refine`: that exactly one of these keys stands. */
function namesOne(keys: readonly string[]) {
  const isOne = (value: object) => keys.filter((key) => Object.hasOwn(value, key)).length === 1;
  return [isOne, `say exactly one of ${keys.join(', ')}`] as const;
}

const processCheck = z
  .strictObject({
    ...onHost,
    executable: formed(/^[a-zA-Z0-9_.+-]{1,64}$/, 'is no name of a program').optional(),
    matches: pattern.optional(),
    container: containerName.optional(),
    atLeast: z.int().min(1).max(300).optional(),
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
      oomKilled: z.boolean().optional(),
      since: taskId.optional(),
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
  image,
  built,
  dockerfile,
  dockerignore,
  volume: z
    .strictObject({
      ...onHost,
      name: volumeName,
      driver: z.string().max(64).optional(),
      labels: labels.optional(),
      options: labels.optional(),
      usedBy: z.array(containerName).min(1).max(20).optional(),
      unused: z.boolean().optional(),
      empty: z.boolean().optional(),
    })
    .refine(({ usedBy, unused }) => usedBy === undefined || unused === undefined, 'say one of usedBy and unused'),
  network: z
    .strictObject({
      ...onHost,
      name: containerName,
      driver: z.string().max(64).optional(),
      internal: z.boolean().optional(),
      subnet: formed(/^[0-9a-fA-F:.]{2,45}\/\d{1,3}$/, 'is no subnet, such as 10.9.0.0/24').optional(),
      gateway: ipv4Address.optional(),
      labels: labels.optional(),
      empty: z.boolean().optional(),
      containers: z.array(member).min(1).max(20).optional(),
    })
    .refine(
      ({ containers, empty }) => containers === undefined || empty === undefined,
      'say one of containers and empty',
    ),
  connection: z.strictObject({
    ...onHost,
    from: containerName,
    to: reachedName,
    port: portNumber,
    works: z.boolean().default(true),
  }),
  repository,
  pushed,
  pulled,
  file,
  yaml,
  compose,
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
  /** A name alone is a container's, on the first host. */
  absent: z.union([
    containerName.transform((name) => ({ name })),
    z
      .strictObject({ ...onHost, ...named, image: imageName.optional() })
      .refine(...namesOne(['name', 'volume', 'network', 'image'])),
  ]),
  removed: z
    .strictObject({ ...onHost, ...named, since: taskId.optional() })
    .refine(...namesOne(['name', 'volume', 'network'])),
};

/** The names of all kinds, for whoever describes them. */
export const checkKinds: readonly string[] = [...Object.keys(kinds), 'all', 'any', 'not', 'after'];

/**
 * An object with one key. (A union would say of a mistake only that it fits none of twenty forms; so each kind may stand,
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
  const since = sinceOf(of);
  return since === undefined ? [] : [since];
}

function sinceOf(of: Check): string | undefined {
  if ('removed' in of) return of.removed.since;
  if ('ran' in of) return of.ran.since;
  if ('pushed' in of) return of.pushed.since;
  if ('built' in of) return of.built.since;
  return 'pulled' in of ? of.pulled.since : undefined;
}

/** Names of other hosts that a check asks about, beside `hostOf`. */
export function otherHostsOf(of: Check): readonly string[] {
  if ('repository' in of) {
    const { mayPull = [], mayNotPull = [] } = of.repository;
    return [...mayPull, ...mayNotPull].filter((puller) => puller !== anonymous);
  }
  if ('pulled' in of) return of.pulled.pushedBy === undefined ? [] : [of.pulled.pushedBy];
  const from = fromOf(of);
  return from?.pushedBy === undefined ? [] : [from.pushedBy];
}

/** Where a check wants a container or an image to have come from. */
export function fromOf(of: Check): FromRepository | undefined {
  if ('container' in of) return of.container.repository;
  if ('containers' in of) return of.containers.repository;
  return 'image' in of ? of.image.repository : undefined;
}

/** The host that a check is about; undefined for the first, and where it is about none. */
export function hostOf(of: Check): string | undefined {
  const [said] = Object.values(of) as readonly unknown[];
  if (typeof said !== 'object' || said === null || !('host' in said)) return undefined;
  return typeof said.host === 'string' ? said.host : undefined;
}
