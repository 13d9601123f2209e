// What a check may ask of images, builds and Dockerfiles, as it is read from a lab file.

import { z } from 'zod';
import {
  type InstructionName,
  instructionNames,
  type WantedInstruction,
  type WantedRunMount,
  type WantedStep,
} from './build-kinds.ts';
import { fromRepository } from './repository-words.ts';
import { formed, homePath, hostName, imageName, labels, line, sentence, size, taskId } from './words.ts';

const text = z.string().min(1).max(300);
/** Null for any. */
const said = z
  .union([text, z.number(), z.boolean(), z.null()])
  .transform((value) => (value === null ? null : String(value)))
  .optional();

/** Which instructions a detail is of. */
const detailsOf: Readonly<Record<string, readonly InstructionName[]>> = {
  as: ['from'],
  to: ['copy', 'add'],
  fromStage: ['copy'],
  chown: ['copy', 'add'],
  chmod: ['copy', 'add'],
  mount: ['run'],
  form: ['cmd', 'entrypoint', 'run', 'healthcheck'],
};

const runMount = z.strictObject({
  type: z.enum(['bind', 'cache', 'tmpfs', 'secret', 'ssh']).optional(),
  target: text.optional(),
  source: text.optional(),
  id: text.optional(),
});

const details = {
  stage: z.union([z.int(), text]).transform(String).optional(),
  as: text.optional(),
  to: text.optional(),
  fromStage: z.union([z.int(), text]).transform(String).optional(),
  chown: text.optional(),
  chmod: z.union([z.int(), text]).transform(String).optional(),
  mount: runMount.optional(),
  form: z.enum(['exec', 'shell']).optional(),
};

interface Written extends Partial<Record<InstructionName, string | null | undefined>> {
  readonly stage?: string | undefined;
  readonly as?: string | undefined;
  readonly to?: string | undefined;
  readonly fromStage?: string | undefined;
  readonly chown?: string | undefined;
  readonly chmod?: string | undefined;
  readonly mount?: WantedRunMount | undefined;
  readonly form?: 'exec' | 'shell' | undefined;
}

const keys = Object.fromEntries(instructionNames.map((name) => [name, said])) as Record<InstructionName, typeof said>;

function checkInstruction(written: Written, context: z.RefinementCtx): void {
  const names = instructionNames.filter((name) => Object.hasOwn(written, name));
  const complain = (message: string): void => context.addIssue({ code: 'custom', message });
  const [name] = names;
  if (name === undefined || names.length > 1) complain(`name one instruction: ${instructionNames.join(', ')}`);
  else
    for (const [detail, its] of Object.entries(detailsOf))
      if (Object.hasOwn(written, detail) && !its.includes(name)) complain(`\`${detail}\` is of ${its.join(' and ')}`);
}

function wantedOf(written: Written): WantedInstruction {
  const instruction = instructionNames.find((name) => Object.hasOwn(written, name)) ?? 'run';
  const { stage, as, to, fromStage, chown, chmod, mount, form } = written;
  return {
    instruction,
    says: written[instruction] ?? null,
    ...(stage !== undefined && { stage }),
    ...(as !== undefined && { as }),
    ...(to !== undefined && { to }),
    ...(fromStage !== undefined && { fromStage }),
    ...(chown !== undefined && { chown }),
    ...(chmod !== undefined && { chmod }),
    ...(mount !== undefined && { mount }),
    ...(form !== undefined && { form }),
  };
}

const instruction = z
  .strictObject({ ...keys, ...details })
  .superRefine(checkInstruction)
  .transform(wantedOf);
const instructions = z.array(instruction).min(1).max(20);

/** In a history or a build an instruction is text: its mounts and the owners of its files are asked of the Dockerfile. */
const told = z
  .strictObject({ ...keys, stage: details.stage, cached: z.boolean().optional() })
  .superRefine(checkInstruction)
  .transform(
    ({ cached, ...written }): WantedStep => ({ ...wantedOf(written), ...(cached !== undefined && { cached }) }),
  );
const steps = z.array(told).min(1).max(20);
const history = z.array(z.strictObject(keys).superRefine(checkInstruction).transform(wantedOf)).min(1).max(20);

/** Rules are BuildKit's, by their names: `JSONArgsRecommended`. */
const rule = z.string().regex(/^[A-Z][A-Za-z]{3,60}$/, 'is no name of a rule, such as JSONArgsRecommended');
const warnings = z.union([z.literal('none'), z.array(rule).min(1).max(22)]).optional();

const exposed = z
  .union([z.int(), z.string()])
  .transform(String)
  .pipe(formed(/^\d{1,5}(\/(tcp|udp|sctp))?$/, 'is no port, such as 80 or 53/udp'));

export const image = z.strictObject({
  host: hostName.optional(),
  name: imageName,
  from: imageName.optional(),
  sameAs: imageName.optional(),
  layers: z.int().min(0).max(127).optional(),
  digest: formed(/^sha256:[0-9a-f]{64}$/, 'is no digest: sha256: and 64 hexadecimal digits').optional(),
  command: line.optional(),
  entrypoint: line.optional(),
  env: labels.optional(),
  labels: labels.optional(),
  user: z.string().max(64).optional(),
  runsAsRoot: z.boolean().optional(),
  workdir: z.string().max(255).optional(),
  exposes: z.union([exposed.transform((port) => [port]), z.array(exposed).min(1).max(20)]).optional(),
  volumes: z.array(text).min(1).max(20).optional(),
  healthcheck: z.boolean().optional(),
  stopSignal: text.optional(),
  smallerThan: size.optional(),
  smallerThanImage: imageName.optional(),
  history: history.optional(),
  historyNot: history.optional(),
  without: z.array(z.string().min(6).max(200)).min(1).max(5).optional(),
  repository: fromRepository.optional(),
});

export const dockerfile = z
  .strictObject({
    host: hostName.optional(),
    path: homePath.default('Dockerfile'),
    has: instructions.optional(),
    hasNot: instructions.optional(),
    stages: z.int().min(1).max(50).optional(),
    stagesAtLeast: z.int().min(1).max(50).optional(),
    warnings,
    means: sentence.optional(),
  })
  .refine(
    ({ has, hasNot, stages, stagesAtLeast, warnings: rules }) =>
      [has, hasNot, stages, stagesAtLeast, rules].some((each) => each !== undefined),
    'say has, hasNot, stages, stagesAtLeast or warnings',
  );

export const dockerignore = z
  .strictObject({
    host: hostName.optional(),
    path: homePath.default('.dockerignore'),
    leavesOut: z.array(homePath).min(1).max(20).optional(),
    keeps: z.array(homePath).min(1).max(20).optional(),
  })
  .refine(({ leavesOut, keeps }) => leavesOut !== undefined || keeps !== undefined, 'say leavesOut or keeps');

const count = z.int().min(0).max(500);
const stageNames = z.array(text).min(1).max(20);

export const built = z
  .strictObject({
    host: hostName.optional(),
    image: imageName.optional(),
    now: z.boolean().optional(),
    target: text.optional(),
    steps: steps.optional(),
    stepsNot: steps.optional(),
    stages: stageNames.optional(),
    stagesNot: stageNames.optional(),
    allCached: z.boolean().optional(),
    cachedAtLeast: count.optional(),
    ranAtMost: count.optional(),
    ranAtLeast: count.optional(),
    contextSmallerThan: size.optional(),
    contextFilesAtMost: z.int().min(0).max(100_000).optional(),
    warnings,
    failed: z.boolean().optional(),
    failedAt: z.strictObject(keys).superRefine(checkInstruction).transform(wantedOf).optional(),
    since: taskId.optional(),
  })
  .refine(({ image: name, now }) => now === undefined || name !== undefined, 'say with `image` whose name that is')
  .refine(
    ({ failed, failedAt }) => failedAt === undefined || failed !== false,
    'say one of failedAt and failed: false',
  );
