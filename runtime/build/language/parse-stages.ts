// A Dockerfile as stages: the arguments before the first FROM, and for each FROM what follows it.

import type { ArgInstruction, Instruction, WrittenStage } from './instructions.ts';
import type { Linter } from './lint.ts';
import { parseInstruction } from './parse-instruction.ts';
import { LanguageError, located } from './source.ts';
import type { Statement } from './statements.ts';

export interface ParsedStages {
  /** The ARG instructions before the first FROM. */
  readonly globals: readonly ArgInstruction[];
  readonly stages: readonly WrittenStage[];
}

/** Throws LanguageError, with the place. */
export function parseStages(statements: readonly Statement[], lint: Linter): ParsedStages {
  const globals: ArgInstruction[] = [];
  const stages: { from: WrittenStage['from']; instructions: Instruction[] }[] = [];
  for (const statement of statements) {
    const instruction = parsedAt(statement, lint);
    const stage = stages.at(-1);
    if (instruction.kind === 'from') stages.push({ from: instruction, instructions: [] });
    else if (stage) stage.instructions.push(instruction);
    else if (instruction.kind === 'arg') globals.push(instruction);
    else throw new LanguageError('no build stage in current context', [statement.location]);
  }
  return { globals, stages };
}

function parsedAt(statement: Statement, lint: Linter): ReturnType<typeof parseInstruction> {
  try {
    return parseInstruction(statement, lint);
  } catch (error) {
    const { message, locations } = located(error, statement.location);
    throw new LanguageError(`dockerfile parse error on line ${statement.location.first}: ${message}`, locations, {
      cause: error,
    });
  }
}
