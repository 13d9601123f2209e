// Which stages a command takes files from, which stages are needed at all, and the triggers that a base has (ONBUILD).

import type { Instruction } from '../instructions.ts';
import { Linter } from '../lint.ts';
import { mountFrom } from '../mounts.ts';
import { parseInstruction } from '../parse-instruction.ts';
import { LanguageError, located, relocated } from '../source.ts';
import { parseStatements } from '../statements.ts';
import { expandIn, type PlanContext } from './context.ts';
import { type Command, Stage, type Stages } from './stage.ts';

type CommandContext = Pick<PlanContext, 'stages' | 'escapeWith' | 'budget'>;

/** Throws LanguageError, without a place. */
function sourcesOf(instruction: Instruction, context: CommandContext): Stage[] {
  const { stages } = context;
  if (instruction.kind === 'copy' && instruction.from !== '') {
    const { from, location } = instruction;
    const { text, error } = expandIn(context, from, new Map());
    if (error) throw error;
    if (text !== from)
      throw new LanguageError(
        'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
      );
    if (/^[+-]?\d+$/.test(from)) return [stages.numbered(Number(from))];
    return [stages.named(from) ?? Stage.implicit(from, location)];
  }
  if (instruction.kind !== 'run') return [];
  return instruction.mounts.map((mount) => {
    // A mount that names nothing has a stage too, which counts: then the only stage of a file has a name in progress.
    const from = mountFrom(mount) || 'scratch';
    return stages.named(from) ?? Stage.implicit(from, null);
  });
}

/** `instructions` as commands of `stage`; the stages that they need are added. */
function commandsOf(
  stage: Stage,
  instructions: readonly Instruction[],
  isOnbuild: boolean,
  context: CommandContext,
): Command[] {
  return instructions.map((instruction) => {
    const sources = sourcesOf(instruction, context);
    for (const source of sources) {
      stage.needs.set(source, instruction);
      if (source.isImplicit) context.stages.add(source);
    }
    return { instruction, sources, isOnbuild };
  });
}

/** Finds what the commands of all stages need. Throws LanguageError. */
export function linkCommands(context: CommandContext): void {
  for (const stage of [...context.stages.all])
    stage.commands = commandsOf(
      stage,
      stage.commands.map(({ instruction }) => instruction),
      false,
      context,
    );
  checkCircles(context.stages);
}

/** Throws LanguageError where a stage takes files from one that takes files from it. */
function checkCircles({ all }: Stages): void {
  const visited = new Set<Stage>();
  for (const first of all) {
    /** The stages between `first` and here, each with what it needs that was not looked at. */
    const path: { stage: Stage; by: Instruction | null; needs: [Stage, Instruction][] }[] = [];
    const enter = (stage: Stage, by: Instruction | null): void => {
      visited.add(stage);
      path.push({ stage, by, needs: [...stage.needs].reverse() });
    };
    if (!visited.has(first)) enter(first, null);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const next = top.needs.pop();
      if (!next) {
        path.pop();
        continue;
      }
      const [stage, instruction] = next;
      if (path.some((entry) => entry.stage === stage)) {
        const commands = [...path.map(({ by }) => by), instruction].filter((command) => command !== null);
        throw new LanguageError(
          `circular dependency detected on stage: ${first.shownName}`,
          commands.reverse().map(({ location }) => location),
        );
      }
      if (!visited.has(stage)) enter(stage, instruction);
    }
  }
}

/** These, and all that they begin with or take files from. */
export function neededStages(wanted: readonly Stage[]): Set<Stage> {
  const needed = new Set(wanted);
  // A set is gone through in the order in which it grows.
  for (const stage of needed) {
    if (stage.base) needed.add(stage.base);
    for (const other of stage.needs.keys()) needed.add(other);
  }
  return needed;
}

/**
 * Puts the triggers of what a stage begins with before its own commands. True where they need stages that were not known.
 * Throws LanguageError, at FROM.
 */
export function addTriggers(stage: Stage, triggers: readonly string[], context: CommandContext): boolean {
  const { location } = stage;
  try {
    const instructions = triggers.map((trigger) => parseTrigger(trigger, stage));
    const commands = commandsOf(stage, instructions, true, context);
    stage.commands = [...commands, ...stage.commands];
    stage.stepTotal += commands.length;
    return commands.some(({ sources }) => sources.length > 0);
  } catch (error) {
    throw location ? relocated(error, location) : error;
  }
}

function parseTrigger(trigger: string, { location }: Stage): Instruction {
  const { statements } = parseStatements(trigger);
  const [statement] = statements;
  if (!statement || statements.length > 1) throw new LanguageError('onbuild trigger should be a single expression');
  const placed = location ? { ...statement, location } : statement;
  try {
    const instruction = parseInstruction(placed, silent);
    if (instruction.kind === 'from') throw new LanguageError('*instructions.Stage is not a command type');
    return instruction;
  } catch (error) {
    throw located(error, placed.location);
  }
}

/** What a base's triggers are like is not for who builds on it to change. */
const silent = new Linter({ skip: 'all', experimental: [], error: false }, () => {});
