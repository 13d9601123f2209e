// The Dockerfile of a classic build, out of the context that the client has sent.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { EngineError } from '../../errors.ts';
import { maxDockerfileBytes } from '../../limits.ts';
import { WorkBudget } from '../../work-budget.ts';
import type { Sent } from '../execute/sent-files.ts';
import { SentTree } from '../files/source-tree.ts';
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

/** Null where there is no such file. */
async function textIn({ directory, entries }: Sent, name: string): Promise<string | null> {
  const at = new SentTree(directory, entries).followed(path.posix.join('/', name)).slice(1);
  const found = entries.find((entry) => entry.path === at);
  if (!found?.content) return null;
  if (found.size > maxDockerfileBytes)
    throw new EngineError('invalid', `${name.slice(0, 100)} may have ${maxDockerfileBytes} bytes`);
  return await readFile(`${directory}/${found.content.file}`, 'utf8');
}

/** Throws invalid, and refused where there is none. */
export async function readContext(sent: Sent, asked: string): Promise<ClassicContext> {
  const clean = path.posix.normalize(asked).replace(/^\/+/, '');
  const others = clean === 'Dockerfile' ? ['dockerfile'] : [];
  for (const name of [clean, ...others]) {
    const text = await textIn(sent, name);
    if (text === null) continue;
    if (text.trim() === '') throw new EngineError('invalid', `the Dockerfile (${name}) cannot be empty`);
    return { name, text, sent: await withoutIgnored(sent, name) };
  }
  throw new EngineError('refused', `Cannot locate specified Dockerfile: ${asked.slice(0, 200)}`);
}

async function withoutIgnored(sent: Sent, dockerfile: string): Promise<Sent> {
  const patterns = parseIgnoreFile((await textIn(sent, ignoreFile)) ?? '');
  if (patterns.length === 0) return sent;
  const matcher = new PatternMatcher(patterns, new WorkBudget());
  const left = [ignoreFile, dockerfile].filter((name) => matcher.matches(name));
  return { ...sent, entries: sent.entries.filter((entry) => !left.includes(entry.path)) };
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
