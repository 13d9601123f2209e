// Whether a Dockerfile or a `.dockerignore` is what a check asks for. What is found instead is a part of a sentence here.

import type { DockerfileCheck, DockerignoreCheck } from '../../../lessons/schema.ts';
import { allHold, type Compared, compareOne } from '../compared.ts';
import { listed, shownSentence } from '../shown.ts';
import type { DockerfileFact, DockerignoreFact } from './facts.ts';
import { inOrder, instructionInWords, isWanted, missingInWords } from './instructions.ts';

type Read = Extract<DockerfileFact, { instructions: unknown }>;

const stagesInWords = (count: number): string => `${count} stage${count === 1 ? '' : 's'}`;

/** The rules of `wanted` that are broken: the first, as a part of a sentence; empty where all are kept. */
export function brokenRule(
  wanted: 'none' | readonly string[],
  warnings: readonly { readonly rule: string; readonly message: string; readonly line: number | null }[],
): string {
  const broken = warnings.find(({ rule }) => wanted === 'none' || wanted.includes(rule));
  if (broken === undefined) return '';
  const line = broken.line === null ? '' : ` (line ${broken.line})`;
  return `docker build --check warns of ${broken.rule}: ${shownSentence(broken.message).replace(/\.$/, '')}${line}`;
}

function compareDockerfile(wanted: DockerfileCheck, { instructions, stages, warnings }: Read): readonly Compared[] {
  return [
    ...compareOne(wanted.has, (has) => {
      const reached = inOrder(has, instructions);
      return { holds: reached.missing === null, instead: missingInWords(reached) };
    }),
    ...compareOne(wanted.hasNot, (not) => {
      const there = not.find((one) => instructions.some((instruction) => isWanted(one, instruction)));
      const instead = there === undefined ? '' : `there is ${instructionInWords(there)}, which should not be so`;
      return { holds: there === undefined, instead };
    }),
    ...compareOne(wanted.stages, (count) => ({ holds: count === stages, instead: `it has ${stagesInWords(stages)}` })),
    ...compareOne(wanted.stagesAtLeast, (count) => ({
      holds: count <= stages,
      instead: `it has ${stagesInWords(stages)}, and at least ${count} are wanted`,
    })),
    ...compareOne(wanted.warnings, (rules) => {
      const instead = brokenRule(rules, warnings);
      return { holds: instead === '', instead };
    }),
  ];
}

/** Null where nobody asked; `exists`: whether there is such a file. */
export function judgeDockerfile(
  wanted: DockerfileCheck,
  fact: DockerfileFact | undefined,
  exists: boolean | undefined,
): boolean | null {
  if (fact === undefined) return exists === undefined ? null : false;
  return 'mistake' in fact ? false : allHold(compareDockerfile(wanted, fact));
}

/** As a sentence, of a check that does not hold, and a file that is there. */
export function dockerfileFound(wanted: DockerfileCheck, fact: DockerfileFact): string {
  if ('mistake' in fact) return `${wanted.path} cannot be built: ${fact.mistake}.`;
  const differs = compareDockerfile(wanted, fact).find(({ holds }) => holds === false);
  return differs === undefined ? '' : `In ${wanted.path}, ${differs.instead}.`;
}

export function dockerfileInWords({ path, means, has, stages, stagesAtLeast, warnings }: DockerfileCheck): string {
  if (means !== undefined) return `a ${path} with ${means}`;
  const said = [
    ...(has === undefined ? [] : [`with ${listed(has.map((one) => instructionInWords(one)))}`]),
    ...(stages === undefined ? [] : [`of ${stagesInWords(stages)}`]),
    ...(stagesAtLeast === undefined ? [] : [`of at least ${stagesInWords(stagesAtLeast)}`]),
    ...(warnings === undefined
      ? []
      : [warnings === 'none' ? 'without a warning of docker build --check' : `that keeps ${listed(warnings)}`]),
  ];
  return `a ${path}${said.length === 0 ? ' that says what is asked for' : ` ${said.join(', ')}`}`;
}

function compareIgnore({ leavesOut = [], keeps = [] }: DockerignoreCheck, ignores: (path: string) => boolean) {
  return [
    ...leavesOut.filter((path) => !ignores(path)).map((path) => `it does not leave out ${path}`),
    ...keeps.filter((path) => ignores(path)).map((path) => `it leaves out ${path}, which the build needs`),
  ];
}

/** Patterns may be too dear to compare: then it is as a file that says nothing. */
function ignoreDiffers(wanted: DockerignoreCheck, fact: DockerignoreFact): string {
  if ('mistake' in fact) return `it cannot be read: ${fact.mistake}`;
  try {
    return compareIgnore(wanted, fact.leavesOut)[0] ?? '';
  } catch (error) {
    return `it cannot be read: ${shownSentence(error instanceof Error ? error.message : String(error))}`;
  }
}

/** As `judgeDockerfile`. */
export function judgeDockerignore(
  wanted: DockerignoreCheck,
  fact: DockerignoreFact | undefined,
  exists: boolean | undefined,
): boolean | null {
  if (fact === undefined) return exists === undefined ? null : false;
  return ignoreDiffers(wanted, fact) === '';
}

export function dockerignoreFound(wanted: DockerignoreCheck, fact: DockerignoreFact): string {
  const differs = ignoreDiffers(wanted, fact);
  return differs === '' ? '' : `The file ${wanted.path} is there, but ${differs}.`;
}

export function dockerignoreInWords({ path, leavesOut = [], keeps = [] }: DockerignoreCheck): string {
  const said = [
    ...(leavesOut.length === 0 ? [] : [`leaves out ${listed(leavesOut)}`]),
    ...(keeps.length === 0 ? [] : [`keeps ${listed(keeps)}`]),
  ];
  return `a ${path} that ${listed(said)}`;
}
