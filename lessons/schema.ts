// What a lab file (`lab.yaml` beside a `lesson.mdx`) may say: the lesson's tasks, and the facts that tell they are done.
// A leaf: imports nothing of ours. Strict, so that a typo fails the start and the tests, not a student.

import { z } from 'zod';

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead';

/** Facts about one container; all that are given must hold of the same one. */
export interface ContainerCheck {
  readonly name?: string | undefined;
  /** `nginx` matches any tag of it, `nginx:1.26` that tag only. `docker.io/library/` may be left out, as in Docker. */
  readonly image?: string | undefined;
  readonly state?: ContainerState | undefined;
  /** `8080:80` as in `docker run -p`, or `none`: nothing is published. */
  readonly port?: string | undefined;
}

/** A fact of the student's host. Kinds compose: `all`, `any`, `not`, `after`. */
export type Check =
  /** A container is there, like this. */
  | { readonly container: ContainerCheck }
  /** A container of this image has run to its end (with this exit code), even if it is gone again. */
  | { readonly ran: { readonly image: string; readonly exitCode?: number | undefined } }
  /** The last lines of a container's log have one that this regular expression matches; `means` says it in words. */
  | { readonly log: { readonly container: string; readonly matches: string; readonly means: string } }
  /** No container has this name. */
  | { readonly absent: string }
  | { readonly all: readonly Check[] }
  | { readonly any: readonly Check[] }
  | { readonly not: Check }
  /** These tasks are done already, and the check holds. */
  | { readonly after: { readonly tasks: readonly string[]; readonly check: Check } };

/** A wrong attempt that many make: while `when` holds, `say` is what the student is told was found. */
export interface Slip {
  readonly when: Check;
  readonly say: string;
}

export interface Task {
  /** Unique in the lesson; progress is stored by it, so it is never renamed. */
  readonly id: string;
  /** What is wanted, as a fact in one sentence. */
  readonly expected: string;
  readonly check: Check;
  /** The first that holds speaks. */
  readonly slips: readonly Slip[];
}

/** What one `lab.yaml` says. The lesson's id is its directory: `01-why-containers/02-first-container`. */
export interface Lab {
  readonly tasks: readonly Task[];
}

const name = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/);
const image = z.string().min(1).max(255);
const sentence = z.string().trim().min(1).max(400);
const taskId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/);

function isRegularExpression(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}

const containerCheck = z
  .strictObject({
    name: name.optional(),
    image: image.optional(),
    state: z.enum(['created', 'running', 'paused', 'restarting', 'exited', 'dead']).optional(),
    port: z
      .string()
      .regex(/^(\d{1,5}:\d{1,5}|none)$/)
      .optional(),
  })
  .refine((value) => value.name !== undefined || value.image !== undefined, 'say at least a name or an image');

const check: z.ZodType<Check> = z.lazy(() =>
  z.union([
    z.strictObject({ container: containerCheck }),
    z.strictObject({ ran: z.strictObject({ image, exitCode: z.int().min(0).max(255).optional() }) }),
    z.strictObject({
      log: z.strictObject({
        container: name,
        matches: z.string().min(1).max(200).refine(isRegularExpression, 'is no regular expression'),
        means: sentence,
      }),
    }),
    z.strictObject({ absent: name }),
    z.strictObject({ all: z.array(check).min(1).max(10) }),
    z.strictObject({ any: z.array(check).min(1).max(10) }),
    z.strictObject({ not: check }),
    z.strictObject({ after: z.strictObject({ tasks: z.array(taskId).min(1).max(10), check }) }),
  ]),
);

const task = z.strictObject({
  id: taskId,
  expected: sentence,
  check,
  slips: z
    .array(z.strictObject({ when: check, say: sentence }))
    .max(20)
    .default([]),
});

/** Every task id that a check waits for. */
function awaitedTasks(of: Check): readonly string[] {
  if ('after' in of) return [...of.after.tasks, ...awaitedTasks(of.after.check)];
  if ('all' in of) return of.all.flatMap(awaitedTasks);
  if ('any' in of) return of.any.flatMap(awaitedTasks);
  return 'not' in of ? awaitedTasks(of.not) : [];
}

export const lab: z.ZodType<Lab> = z
  .strictObject({ tasks: z.array(task).min(1).max(30) })
  .refine((value) => new Set(value.tasks.map(({ id }) => id)).size === value.tasks.length, 'two tasks have one id')
  .refine(
    ({ tasks }) =>
      tasks.every(({ check: wanted, slips }, place) => {
        const earlier = new Set(tasks.slice(0, place).map(({ id }) => id));
        const slipsMayName = new Set(tasks.map(({ id }) => id));
        return (
          awaitedTasks(wanted).every((id) => earlier.has(id)) &&
          slips.every(({ when }) => awaitedTasks(when).every((id) => slipsMayName.has(id)))
        );
      }),
    'a task can only come after tasks that stand before it',
  );
