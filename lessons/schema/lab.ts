// What one `lab.yaml` says: the lab's hosts and what is in them from the start, and its tasks with their checks and solutions.

import { z } from 'zod';
import { check, everyCheck, hostOf, otherHostsOf, tasksBefore } from './check.ts';
import type { Check } from './check-kinds.ts';
import { fillInAll, type ParameterValues } from './fill-in.ts';
import { namespaceHosts } from './namespaces.ts';
import { type Parameters, parameter, parameterName } from './parameters.ts';
import { homePath, hostName, imageName, line, portNumber, sentence, taskId } from './words.ts';

/** One machine of the lab. */
export interface LabHost {
  /** How terminals, checks and the other hosts call it. */
  readonly name: string;
  /** The image of the catalogue that it starts from. */
  readonly workspace: string;
  /** How the lab's other hosts reach its Docker API; by no way where it is left out. They find the keys for it. */
  readonly api?: readonly ('tls' | 'ssh')[] | undefined;
  /** `own`: it has an account of its own on the hub, as a second student's; the lab's where it is left out. */
  readonly account?: 'own' | undefined;
}

/** A terminal beside the first one: opened when the student asks for it, or runs a command that names it. */
export interface LabTerminal {
  readonly title: string;
  readonly host: string;
  /** A command line that it begins with. */
  readonly run?: string | undefined;
}

/** The preview of a port opens by itself when a task is done. */
export interface LabPreview {
  readonly task: string;
  readonly host?: string | undefined;
  readonly port: string;
}

/** A file of the home directory opens in the editor by itself when a task comes to hand. */
export interface LabEditor {
  readonly task: string;
  readonly host?: string | undefined;
  readonly path: string;
  /** Where the cursor goes, from 1 on. */
  readonly line?: number | undefined;
}

/** Something to do in the lab: files that are written first, then lines that are typed, each after the prompt came back. */
export interface Attempt {
  readonly run: readonly string[];
  /** By path below the home directory: what the file holds then. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** The host whose first terminal it is typed into, and whose files they are; the first where left out. */
  readonly host?: string | undefined;
  /** The title of one of the lab's terminals, where it is typed into that. */
  readonly terminal?: string | undefined;
}

/** A wrong attempt, for `lab test`: made from the start of the task, it must get a message with `says` in it. */
export interface WrongAttempt extends Attempt {
  readonly says: string;
}

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
  /** A challenge for who wants more: the lesson is done without it. Optional tasks stand after all others. */
  readonly optional: boolean;
  readonly check: Check;
  /** The first that holds speaks. */
  readonly slips: readonly Slip[];
  readonly solution: Attempt;
  readonly wrong: readonly WrongAttempt[];
}

/** What one `lab.yaml` says. The lesson's id is its directory: `01-why-containers/02-first-container`. */
export interface Lab {
  /** One at least; the first is the one that is meant where none is named. */
  readonly hosts: readonly LabHost[];
  /** What the hosts reach beside each other, as far as the operator allows it: nothing, names by a proxy, or the internet. */
  readonly egress: 'none' | 'proxy' | 'open';
  /** Images that every host of the lab has from the start. */
  readonly images: readonly string[];
  readonly parameters: Parameters;
  readonly previews: readonly LabPreview[];
  readonly editors: readonly LabEditor[];
  readonly terminals: readonly LabTerminal[];
  readonly tasks: readonly Task[];
}

const defaultHosts: readonly LabHost[] = [{ name: 'docker-host', workspace: 'workspace' }];

/** One host and nothing to do: the playground. */
export const emptyLab: Lab = {
  hosts: defaultHosts,
  egress: 'none',
  images: [],
  parameters: {},
  previews: [],
  editors: [],
  terminals: [],
  tasks: [],
};

const attempt = {
  run: z.array(line).max(20).default([]),
  files: z.record(homePath, z.string().max(100_000)).optional(),
  host: hostName.optional(),
  terminal: z.string().optional(),
};
const doesSomething = 'run a line or write a file';
const does = ({ run, files }: Attempt) => run.length > 0 || Object.keys(files ?? {}).length > 0;

const preview = z.strictObject({ task: taskId, host: hostName.optional(), port: portNumber });
const editor = z.strictObject({
  task: taskId,
  host: hostName.optional(),
  path: homePath,
  line: z.int().min(1).max(10_000).optional(),
});

/** One, or a list. */
function oneOrMore<T>(of: z.ZodType<T>) {
  return z.union([of.transform((one) => [one]), z.array(of).max(5)]).default([]);
}

const task = z.strictObject({
  id: taskId,
  expected: sentence,
  optional: z.boolean().default(false),
  check,
  slips: z
    .array(z.strictObject({ when: check, say: sentence }))
    .max(20)
    .default([]),
  solution: z.strictObject(attempt).refine(does, doesSomething),
  wrong: z
    .array(z.strictObject({ ...attempt, says: sentence }).refine(does, doesSomething))
    .max(20)
    .default([]),
});

const shape = z.strictObject({
  hosts: z
    .array(
      z.strictObject({
        name: hostName,
        workspace: z
          .string()
          .regex(/^[a-z0-9-]{1,64}$/)
          .default('workspace'),
        api: z
          .array(z.enum(['tls', 'ssh']))
          .min(1)
          .max(2)
          .readonly()
          .optional(),
        account: z.literal('own').optional(),
      }),
    )
    .min(1)
    .max(4, 'a lab has four hosts at most')
    .default([...defaultHosts]),
  egress: z.enum(['none', 'proxy', 'open']).default('none'),
  images: z.array(imageName).max(20).default([]),
  parameters: z.record(parameterName, parameter).default({}),
  preview: oneOrMore(preview),
  editor: oneOrMore(editor),
  terminals: z
    .array(z.strictObject({ title: z.string().trim().min(1).max(32), host: hostName.optional(), run: line.optional() }))
    .max(4)
    .default([]),
  tasks: z.array(task).min(1).max(30),
});

type Parsed = z.output<typeof shape>;
type Complain = (path: (string | number)[], message: string) => void;

function complainOfTwins(
  ids: readonly string[],
  path: (place: number) => (string | number)[],
  complain: Complain,
): void {
  ids.forEach((id, place) => {
    if (ids.indexOf(id) !== place) complain(path(place), `${id} is there twice`);
  });
}

/** What no part of the file can tell alone: that names are unique, and that what is named is there. */
function complainOfNames(said: Parsed, complain: Complain): void {
  const taskIds = said.tasks.map(({ id }) => id);
  const hosts = said.hosts.map(({ name }) => name);
  const titles = said.terminals.map(({ title }) => title);
  complainOfTwins(taskIds, (place) => ['tasks', place, 'id'], complain);
  complainOfTwins(hosts, (place) => ['hosts', place, 'name'], complain);
  said.hosts.forEach(({ api, account }, place) => {
    if (account && place === 0)
      complain(['hosts', place, 'account'], 'is for the other hosts: the account of the first is the lab’s');
    if (api && hosts.length === 1)
      complain(['hosts', place, 'api'], 'is for the other hosts of the lab, and there is none');
    complainOfTwins(api ?? [], (way) => ['hosts', place, 'api', way], complain);
  });
  for (const [name, host] of namespaceHosts(said.hosts))
    if (Object.hasOwn(said.parameters, name))
      complain(
        ['parameters', name],
        `is the namespace of ${host} on the hub, which no lab file says; take another name`,
      );
  complainOfTwins(titles, (place) => ['terminals', place, 'title'], complain);
  const wantHost = (host: string | undefined, path: (string | number)[]) => {
    if (host !== undefined && !hosts.includes(host)) complain(path, `there is no host ${host} in this lab`);
  };
  said.terminals.forEach(({ host }, place) => {
    wantHost(host, ['terminals', place, 'host']);
  });
  for (const key of ['preview', 'editor'] as const)
    said[key].forEach((one, place) => {
      wantHost(one.host, [key, place, 'host']);
      if (!taskIds.includes(one.task)) complain([key, place, 'task'], `there is no task ${one.task}`);
    });
  const firstOptional = said.tasks.findIndex(({ optional }) => optional);
  if (firstOptional === 0) complain(['tasks', 0, 'optional'], 'one task at least must not be optional');
  said.tasks.forEach((one, place) => {
    const path = ['tasks', place];
    if (!one.optional && firstOptional > 0 && place > firstOptional)
      complain([...path, 'id'], `${one.id} stands after ${taskIds[firstOptional]}, which is optional: put those last`);
    const attempts: [Attempt, (string | number)[]][] = [
      [one.solution, [...path, 'solution']],
      ...one.wrong.map((wrong, number): [Attempt, (string | number)[]] => [wrong, [...path, 'wrong', number]]),
    ];
    for (const [{ host, terminal }, at] of attempts) {
      wantHost(host, [...at, 'host']);
      if (terminal !== undefined && !titles.includes(terminal))
        complain([...at, 'terminal'], `there is no terminal “${terminal}” in this lab`);
    }
    const inCheck = (of: Check, mayAwait: readonly string[], at: (string | number)[], why: string) => {
      for (const each of everyCheck(of)) {
        for (const host of [hostOf(each), ...otherHostsOf(each)]) wantHost(host, at);
        const wrong = tasksBefore(each).find((id) => !mayAwait.includes(id));
        if (wrong !== undefined) complain(at, `waits for the task ${wrong}, ${why}`);
      }
    };
    inCheck(one.check, taskIds.slice(0, place), [...path, 'check'], 'which does not stand before it');
    one.slips.forEach(({ when }, number) => {
      inCheck(when, taskIds, [...path, 'slips', number, 'when'], 'which is none of this lesson');
    });
  });
}

export const lab: z.ZodType<Lab> = shape
  .superRefine((said, context) =>
    complainOfNames(said, (path, message) => context.addIssue({ code: 'custom', path, message })),
  )
  .transform(({ preview, editor, terminals, ...said }): Lab => {
    const first = said.hosts[0]?.name ?? '';
    return {
      ...said,
      previews: preview,
      editors: editor,
      terminals: terminals.map((each) => ({ ...each, host: each.host ?? first })),
    };
  });

/** The lab as one student has it: with values for `{{name}}` in all its texts. */
export function withParameters(of: Lab, values: ParameterValues): Lab {
  return Object.keys(of.parameters).length === 0 && Object.keys(values).length === 0 ? of : fillInAll(of, values);
}
