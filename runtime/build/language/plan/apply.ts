// The instructions of a stage, one after another, each to what those before it have made.

import { cut } from '../go-text.ts';
import { pathVariable } from '../image-document.ts';
import type { Instruction } from '../instructions.ts';
import { located } from '../source.ts';
import {
  applyArg,
  applyCmd,
  applyEntrypoint,
  applyEnv,
  applyExpose,
  applyHealthcheck,
  applyLabel,
  applyMaintainer,
  applyOnbuild,
  applyShell,
  applyStopSignal,
  applyUser,
  applyVolume,
} from './apply-config.ts';
import { applyCopy, applyWorkdir, setWorkdir } from './apply-files.ts';
import { applyRun } from './apply-run.ts';
import type { PlanContext } from './context.ts';
import { expandInstruction } from './expand-instruction.ts';
import type { Command, Stage } from './stage.ts';

/** What it costs to copy a variable, next to a character. */
const copyCost = 25;

/** A stage begins as its base is, with its image's environment, directory and user. */
function begin(stage: Stage, { platforms, budget }: PlanContext): void {
  const { base } = stage;
  if (base) budget.spend(copyCost * (base.draft.size + base.buildArguments.size));
  stage.inherit();
  stage.isDone = true;
  stage.platform ??= platforms.target;
  const { environment, config } = stage.draft;
  const path = pathVariable(stage.platform.os);
  const [name, value] = cut(path ?? '', '=');
  if (path !== null && !environment.has(name)) environment.set(name, value ?? '');
  for (const variable of environment) stage.environment.set(...variable);
  if (config.WorkingDir) setWorkdir(stage, config.WorkingDir);
  if (config.User) stage.user = config.User;
}

/** Gives the instruction with its variables put in. */
function apply(stage: Stage, command: Command, context: PlanContext): Instruction {
  stage.inTrigger = command.isOnbuild;
  const instruction = expandInstruction(stage, command.instruction, context);
  switch (instruction.kind) {
    case 'add':
    case 'copy':
      applyCopy(stage, command, instruction, context);
      break;
    case 'run':
      applyRun(stage, command, instruction, context);
      break;
    case 'workdir':
      applyWorkdir(stage, instruction, context);
      break;
    case 'arg':
      applyArg(stage, instruction, context);
      break;
    case 'cmd':
      applyCmd(stage, instruction, context);
      break;
    case 'entrypoint':
      applyEntrypoint(stage, instruction, context);
      break;
    case 'env':
      applyEnv(stage, instruction, context);
      break;
    case 'label':
      applyLabel(stage, instruction, context);
      break;
    case 'expose':
      return applyExpose(stage, instruction, context);
    case 'healthcheck':
      applyHealthcheck(stage, instruction, context);
      break;
    case 'maintainer':
      applyMaintainer(stage, instruction, context);
      break;
    case 'onbuild':
      applyOnbuild(stage, instruction, context);
      break;
    case 'shell':
      applyShell(stage, instruction, context);
      break;
    case 'stopsignal':
      applyStopSignal(stage, instruction, context);
      break;
    case 'user':
      applyUser(stage, instruction, context);
      break;
    case 'volume':
      applyVolume(stage, instruction, context);
      break;
  }
  return instruction;
}

/** Plans the steps of a stage whose base is resolved, and sets its image. Throws LanguageError, with the place. */
export async function applyStage(stage: Stage, context: PlanContext): Promise<void> {
  try {
    begin(stage, context);
  } catch (error) {
    throw stage.location ? located(error, stage.location) : error;
  }
  for (const command of stage.commands) {
    await context.applied();
    try {
      const meant = apply(stage, command, context);
      stage.applied.push({ command, meant, tree: stage.tree });
    } catch (error) {
      throw located(error, command.instruction.location);
    }
  }
}
