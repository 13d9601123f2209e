// The variables in an instruction are put in, as far as its kind has some. RUN's are its shell's.

import type { Expansion } from '../expansion.ts';
import type { Instruction, Pair } from '../instructions.ts';
import { says } from '../lint-rules.ts';
import type { Location } from '../source.ts';
import { closest } from '../suggest.ts';
import { expandIn, type PlanContext } from './context.ts';
import type { Stage } from './stage.ts';

/** Build arguments that are the builder's own, and no variables of commands. */
export const builderArguments: ReadonlySet<string> = new Set([
  'BUILDKIT_SBOM_SCAN_CONTEXT',
  'BUILDKIT_SBOM_SCAN_STAGE',
]);

/** Warns of variables that are not set, and are no argument of the stage. */
export function warnUndefined(
  { buildArguments, environment }: Stage,
  location: Location,
  unmatched: ReadonlySet<string>,
  { lint }: PlanContext,
): void {
  if (unmatched.size === 0) return;
  for (const name of unmatched) {
    if (!lint.applies('UndefinedVar')) return;
    if (builderArguments.has(name) || buildArguments.has(name)) continue;
    lint.warn('UndefinedVar', location, says.undefinedVar(name, closest(name, environment.values.keys())));
  }
}

/** Puts variables into a word, for an instruction at `location`. Throws LanguageError. */
export function wordExpander(stage: Stage, location: Location, context: PlanContext): (word: string) => string {
  return (word) => textOf(stage, location, context, expandIn(context, word, stage.environment.values));
}

function textOf(stage: Stage, location: Location, context: PlanContext, expansion: Expansion): string {
  warnUndefined(stage, location, expansion.unmatched, context);
  if (expansion.error) throw expansion.error;
  return expansion.text;
}

/** The instruction with its variables put in; that of EXPOSE, ARG and RUN are put in where they are applied. Throws LanguageError. */
export function expandInstruction(stage: Stage, instruction: Instruction, context: PlanContext): Instruction {
  const { location } = instruction;
  const word = wordExpander(stage, location, context);
  switch (instruction.kind) {
    case 'env':
    case 'label': {
      const pair = ({ name, value, isLegacy }: Pair): Pair => ({ name: word(name), value: word(value), isLegacy });
      return { ...instruction, pairs: instruction.pairs.map(pair) };
    }
    case 'add':
    case 'copy': {
      const [chown, chmod] = [word(instruction.chown), word(instruction.chmod)];
      const checksum = instruction.kind === 'add' ? { checksum: word(instruction.checksum) } : {};
      const sources = instruction.sources.map(word);
      const destination = word(instruction.destination);
      // What is in a file has no quotes, and always a backslash to escape with.
      const contents = (data: string): string =>
        textOf(
          stage,
          location,
          context,
          expandIn(context, data, stage.environment.values, { escapeWith: '\\', ignoreQuotes: true }),
        );
      const inlineFiles = instruction.inlineFiles.map((file) =>
        file.expand ? { ...file, data: contents(file.data) } : file,
      );
      return { ...instruction, ...checksum, chown, chmod, sources, destination, inlineFiles };
    }
    case 'user':
      return { ...instruction, user: word(instruction.user) };
    case 'volume':
      return { ...instruction, volumes: instruction.volumes.map(word) };
    case 'stopsignal':
      return { ...instruction, signal: word(instruction.signal) };
    case 'workdir':
      return { ...instruction, path: word(instruction.path) };
    default:
      return instruction;
  }
}
