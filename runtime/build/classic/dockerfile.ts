// The Dockerfile of a classic build, out of the context that the client has sent.

import path from 'node:path';
import { EngineError } from '../../errors.ts';
import { maxDockerfileBytes } from '../../limits.ts';
import { WorkBudget } from '../../work-budget.ts';
import type { Sent, SentFiles } from '../execute/sent-files.ts';
import { parseIgnoreFile } from '../language/ignore-file.ts';
import type { ArgInstruction, WrittenStage } from '../language/instructions.ts';
import { Linter } from '../language/lint.ts';
import { parseStages } from '../language/parse-stages.ts';
import { PatternMatcher } from '../language/pattern-matcher.ts';
import { parseStatements } from '../language/statements.ts';

const ignoreFile = '.dockerignore';

export interface ClassicContext {
  readonly name: string;
  readonly text: string;
  /** Without the Dockerfile and `.dockerignore` where the latter leaves them out: the client has applied the rest of it. */
  readonly sent: Sent;
}

/** Throws invalid, and refused where there is none. */
export async function readContext(
  sentFiles: SentFiles,
  sent: Sent,
  asked: string,
  signal: AbortSignal,
): Promise<ClassicContext> {
  const clean = path.posix.normalize(asked).replace(/^\/+/, '');
  const names = [clean, ...(clean === 'Dockerfile' ? ['dockerfile'] : [])];
  const [ignored, ...texts] = await sentFiles.texts(sent, [ignoreFile, ...names], maxDockerfileBytes, signal);
  for (const [at, name] of names.entries()) {
    const text = texts[at];
    if (text === null || text === undefined) continue;
    if (text.trim() === '') throw new EngineError('invalid', `the Dockerfile (${name}) cannot be empty`);
    return { name, text, sent: withoutIgnored(sent, name, ignored ?? '') };
  }
  throw new EngineError('refused', `Cannot locate specified Dockerfile: ${asked.slice(0, 200)}`);
}

function withoutIgnored(sent: Sent, dockerfile: string, ignored: string): Sent {
  const patterns = parseIgnoreFile(ignored);
  if (patterns.length === 0) return sent;
  const matcher = new PatternMatcher(patterns, new WorkBudget());
  return { ...sent, without: [ignoreFile, dockerfile].filter((name) => matcher.matches(name)) };
}

export interface Written {
  readonly globals: readonly ArgInstruction[];
  /** Up to the target. */
  readonly stages: readonly WrittenStage[];
}

/** What is built of it. Throws LanguageError, and invalid for a target that is not there. */
export function stagesUpTo(text: string, target: string): Written {
  const silent = new Linter({ skip: 'all', experimental: [], error: false }, () => {});
  const { globals, stages } = parseStages(parseStatements(text).statements, silent);
  if (target === '') return { globals, stages };
  const at = stages.findIndex(({ from }, index) => from.name === target.toLowerCase() || String(index) === target);
  if (at < 0)
    throw new EngineError('invalid', `target stage ${JSON.stringify(target.slice(0, 100))} could not be found`);
  return { globals, stages: stages.slice(0, at + 1) };
}

/** The arguments that the client gives and no ARG takes, in order. */
export function unusedArguments({ globals, stages }: Written, given: ReadonlyMap<string, string>): string[] {
  const all = [...globals, ...stages.flatMap(({ instructions }) => instructions)];
  const declared = new Set(
    all.flatMap((instruction) => (instruction.kind === 'arg' ? instruction.arguments.map(({ name }) => name) : [])),
  );
  const isUnused = (name: string) => !declared.has(name) && !/^(https?|ftp|no|all)_proxy$/i.test(name);
  return [...given.keys()].filter(isUnused).sort();
}
