// The instructions that only change the image's configuration.

import { formatDuration } from '../durations.ts';
import { quote, quoteAll } from '../go-text.ts';
import { healthConfig } from '../image-document.ts';
import type { Argument, Healthcheck, Instruction, InstructionOf, Pair } from '../instructions.ts';
import { says } from '../lint-rules.ts';
import { parsePorts } from '../ports.ts';
import { checkSignal } from '../signals.ts';
import { LanguageError, type Location } from '../source.ts';
import { expandIn, type PlanContext } from './context.ts';
import { builderArguments, warnUndefined } from './expand-instruction.ts';
import type { Stage } from './stage.ts';

const secretWords = 'apikey|auth|credentials?|key|password|pword|passwd|secret|token';
const secretName = new RegExp(`(?:_|^)(?:${secretWords})(?:_|$)`, 'i');
const publicName = /(?:_|^)public(?:_|$)/i;

type Apply<Kind extends Instruction['kind']> = (
  stage: Stage,
  instruction: InstructionOf<Kind>,
  context: PlanContext,
) => void;

function warnSecret(keyword: 'ENV' | 'ARG', name: string, location: Location, { lint }: PlanContext): void {
  if (secretName.test(name) && !publicName.test(name))
    lint.warn('SecretsUsedInArgOrEnv', location, says.secretsUsedInArgOrEnv(keyword, name));
}

function record(stage: Stage, createdBy: string, { options, budget }: PlanContext): void {
  budget.spend(createdBy.length);
  stage.draft.addHistory(createdBy, false, options.epoch);
}

const written = (pairs: readonly Pair[]): string => pairs.map(({ name, value }) => ` ${name}=${value}`).join('');

function warnLegacy({ pairs, keyword, location }: InstructionOf<'env' | 'label'>, { lint }: PlanContext): void {
  for (const { isLegacy } of pairs)
    if (isLegacy) lint.warn('LegacyKeyValueFormat', location, says.legacyKeyValueFormat(keyword));
}

export const applyEnv: Apply<'env'> = (stage, instruction, context) => {
  warnLegacy(instruction, context);
  for (const { name, value } of instruction.pairs) {
    warnSecret('ENV', name, instruction.location, context);
    stage.environment.set(name, value);
    stage.draft.environment.set(name, value);
  }
  record(stage, `ENV${written(instruction.pairs)}`, context);
};

export const applyLabel: Apply<'label'> = (stage, instruction, context) => {
  warnLegacy(instruction, context);
  for (const { name, value } of instruction.pairs) stage.draft.labels.set(name, value);
  record(stage, `LABEL${written(instruction.pairs)}`, context);
};

export const applyMaintainer: Apply<'maintainer'> = (stage, { maintainer }, context) => {
  stage.draft.document = { ...stage.draft.document, author: maintainer };
  record(stage, `MAINTAINER ${maintainer}`, context);
};

export const applyOnbuild: Apply<'onbuild'> = (stage, { expression }) => {
  stage.draft.triggers.push(expression);
};

/** A line for the shell as its words. */
export function shellWords(stage: Stage, words: readonly string[]): readonly string[] {
  const { Shell = [] } = stage.draft.config;
  const own = stage.draft.document.os === 'windows' ? ['cmd', '/S', '/C'] : ['/bin/sh', '-c'];
  return [...(Shell.length > 0 ? Shell : own), words.join(' ')];
}

function commandWords(
  stage: Stage,
  { words, isJson, keyword, location }: InstructionOf<'cmd' | 'entrypoint'>,
  { lint }: PlanContext,
): readonly string[] {
  if (isJson) return words;
  if ((stage.draft.config.Shell ?? []).length === 0)
    lint.warn('JSONArgsRecommended', location, says.jsonArgsRecommended(keyword));
  return shellWords(stage, words);
}

/** Warns where an instruction of its kind was there before: at that one, which has no effect. */
function warnRepeated({ keyword }: { readonly keyword: string }, before: Location | null, { lint }: PlanContext): void {
  if (before) lint.warn('MultipleInstructionsDisallowed', before, says.multipleInstructionsDisallowed(keyword));
}

export const applyCmd: Apply<'cmd'> = (stage, instruction, context) => {
  warnRepeated(instruction, stage.lastCmd, context);
  stage.lastCmd = instruction.location;
  const words = commandWords(stage, instruction, context);
  stage.draft.config.Cmd = words;
  stage.draft.config.ArgsEscaped = true;
  record(stage, `CMD ${quoteAll(words)}`, context);
};

export const applyEntrypoint: Apply<'entrypoint'> = (stage, instruction, context) => {
  warnRepeated(instruction, stage.lastEntrypoint, context);
  stage.lastEntrypoint = instruction.location;
  const words = commandWords(stage, instruction, context);
  stage.draft.config.Entrypoint = words.length === 0 ? null : words;
  // The command of the base was meant for the base's entrypoint.
  if (!stage.lastCmd) stage.draft.config.Cmd = null;
  record(stage, `ENTRYPOINT ${quoteAll(words)}`, context);
};

/** As Go prints the structure with `%q`. */
function printed(check: Healthcheck): string {
  const times = [check.intervalNs, check.timeoutNs, check.startPeriodNs, check.startIntervalNs];
  const retries = check.retries <= 0x10ffff ? String.fromCodePoint(check.retries) : '\ufffd';
  const character = quote(retries).slice(1, -1).replace(/^\\"$/, '"').replace(/^'$/, "\\'");
  return `&{${quoteAll(check.Test)} ${times.map((ns) => quote(formatDuration(ns))).join(' ')} '${character}'}`;
}

export const applyHealthcheck: Apply<'healthcheck'> = (stage, instruction, context) => {
  warnRepeated(instruction, stage.lastHealthcheck, context);
  stage.lastHealthcheck = instruction.location;
  stage.draft.config.Healthcheck = healthConfig(instruction.healthcheck);
  record(stage, `HEALTHCHECK ${printed(instruction.healthcheck)}`, context);
};

/** Gives the instruction with its ports as they are exposed: `80/tcp`. */
export function applyExpose(
  stage: Stage,
  instruction: InstructionOf<'expose'>,
  context: PlanContext,
): InstructionOf<'expose'> {
  const { ports, location } = instruction;
  const words = ports.flatMap((port) => {
    const expansion = expandIn(context, port, stage.environment.values, { split: true });
    if (expansion.error) throw expansion.error;
    return expansion.words;
  });
  const exposed = parsePorts(words, location, context.lint);
  for (const port of exposed) stage.draft.ports.add(port);
  record(stage, `EXPOSE [${exposed.join(' ')}]`, context);
  return { ...instruction, ports: exposed };
}

export const applyUser: Apply<'user'> = (stage, { user }, context) => {
  stage.user = user;
  stage.draft.config.User = user;
  record(stage, `USER ${user}`, context);
};

export const applyVolume: Apply<'volume'> = (stage, { volumes }, context) => {
  if (volumes.includes('')) throw new LanguageError('VOLUME specified can not be an empty string');
  for (const volume of volumes) stage.draft.volumes.add(volume);
  record(stage, `VOLUME [${volumes.join(' ')}]`, context);
};

export const applyStopSignal: Apply<'stopsignal'> = (stage, { signal }, context) => {
  checkSignal(signal);
  stage.draft.config.StopSignal = signal;
  record(stage, `STOPSIGNAL ${signal}`, context);
};

export const applyShell: Apply<'shell'> = (stage, { shell }, context) => {
  stage.draft.config.Shell = shell;
  record(stage, `SHELL [${shell.join(' ')}]`, context);
};

export const applyArg: Apply<'arg'> = (stage, instruction, context) => {
  const set = instruction.arguments.map((argument) => {
    warnSecret('ARG', argument.name, instruction.location, context);
    const applied = valued(stage, argument, instruction, context);
    const { name, value } = applied;
    if (value !== null && !builderArguments.has(name)) stage.environment.set(name, value);
    stage.outline.used.add(name);
    stage.buildArguments.set(name, applied);
    return value === null ? name : `${name}=${value}`;
  });
  record(stage, `ARG ${set.join(' ')}`, context);
};

/** The argument with its value: what the client gives, else its default, else what it is before the first FROM. */
function valued(stage: Stage, argument: Argument, instruction: InstructionOf<'arg'>, context: PlanContext): Argument {
  const { name } = argument;
  const given = context.options.buildArguments.get(name);
  const inherited = given === undefined && argument.value === null ? context.globals.get(name) : undefined;
  if (inherited !== undefined) return { ...argument, value: inherited };
  let value = given ?? null;
  if (given === undefined && argument.value !== null) {
    const expansion = expandIn(context, argument.value, stage.environment.values);
    warnUndefined(stage, instruction.location, expansion.unmatched, context);
    if (expansion.error) throw expansion.error;
    value = expansion.text;
  }
  const applied = { ...argument, value };
  stage.outline.known.set(name, {
    definition: applied,
    value: value ?? '',
    needs: new Set(),
    location: instruction.location,
  });
  return applied;
}
