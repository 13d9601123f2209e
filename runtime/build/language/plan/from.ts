// FROM: a stage begins with an image, another stage, or a named context.

import type { Expansion } from '../expansion.ts';
import { quote } from '../go-text.ts';
import type { FromInstruction, WrittenStage } from '../instructions.ts';
import { says } from '../lint-rules.ts';
import { type Platform, parsePlatform } from '../platforms.ts';
import { LanguageError, located, wrapped } from '../source.ts';
import { closest } from '../suggest.ts';
import { expandIn, type PlanContext } from './context.ts';
import { namedContext } from './named-contexts.ts';
import type { Outline, OutlinedArgument } from './outline.ts';
import { Stage } from './stage.ts';

type FromContext = Pick<PlanContext, 'options' | 'platforms' | 'lint' | 'budget' | 'escapeWith' | 'globals' | 'stages'>;

const steps = ['add', 'copy', 'run', 'workdir'];

/** Adds a stage for each FROM. Throws LanguageError, with the place. */
export function addStages(
  context: FromContext,
  written: readonly WrittenStage[],
  outlined: ReadonlyMap<string, OutlinedArgument>,
): void {
  for (const [index, { from, instructions }] of written.entries()) {
    const base = expandIn(context, from.base, context.globals);
    warnUnset(context, base, from, outlined);
    if (base.error) throw located(base.error, from.location);
    if (base.text === '') throw new LanguageError(`base name (${from.base}) should not be blank`, [from.location]);
    const stage = new Stage({
      name: from.name,
      shownName: from.name || `stage-${index}`,
      location: from.location,
      baseName: base.text,
      code: from.code,
      description: from.description,
      isImplicit: false,
    });
    for (const [name, argument] of outlined) stage.outline.known.set(name, argument);
    const used = new Set(base.matched);
    if (from.platform !== '') {
      const platform = platformOf(context, from, outlined);
      stage.platform = platform.platform;
      for (const name of platform.matched) used.add(name);
    }
    stage.commands = instructions.map((instruction) => ({ instruction, sources: [], isOnbuild: false }));
    if (from.name !== '')
      stage.context = namedContext(context.options.contexts, from.name, stage.platform ?? context.platforms.target);
    context.stages.add(stage);
    // What is given under its name comes in place of what it begins with.
    if (stage.context) stage.base = null;
    else begin(stage, context, instructions, used, stage.outline);
  }
}

function begin(
  stage: Stage,
  { options }: FromContext,
  instructions: WrittenStage['instructions'],
  used: ReadonlySet<string>,
  outline: Outline,
): void {
  for (const name of used) outline.used.add(name);
  const fromStep = stage.baseName !== 'scratch' && !stage.base ? 1 : 0;
  stage.stepTotal = fromStep + instructions.filter(({ kind }) => steps.includes(kind)).length;
  const { noCache } = options;
  stage.ignoreCache =
    noCache !== null &&
    (noCache.length === 0 || noCache.some((name) => name.toLowerCase() === stage.name.toLowerCase()));
}

/** Warns of variables that no ARG before the first FROM declares. */
function warnUnset(
  { lint, globals }: FromContext,
  { unmatched }: Expansion,
  { location }: FromInstruction,
  outlined: ReadonlyMap<string, OutlinedArgument>,
): void {
  for (const name of unmatched) {
    if (outlined.has(name) || globals.has(name) || !lint.applies('UndefinedArgInFrom')) continue;
    const known = [...outlined.keys(), ...globals.keys()];
    lint.warn('UndefinedArgInFrom', location, says.undefinedArgInFrom(name, closest(name, known)));
  }
}

interface FoundPlatform {
  readonly platform: Platform;
  readonly matched: ReadonlySet<string>;
}

function platformOf(
  context: FromContext,
  from: FromInstruction,
  outlined: ReadonlyMap<string, OutlinedArgument>,
): FoundPlatform {
  const { globals } = context;
  const { location } = from;
  const expansion = expandIn(context, from.platform, globals);
  const { text, matched, unmatched, error } = expansion;
  warnUnset(context, expansion, from, outlined);
  warnPlatform(context, from, expansion);
  if (error) throw located(wrapped(`failed to process arguments for platform ${text}`, error), location);
  /** With what was perhaps meant by a variable that is not set. */
  const suggested = (failure: LanguageError): LanguageError => {
    for (const name of unmatched) {
      const match = closest(name, globals.keys());
      if (match !== null)
        return new LanguageError(`${failure.message} (did you mean ${match}?)`, failure.locations, { cause: failure });
    }
    return failure;
  };
  if (text === '')
    throw suggested(new LanguageError(`empty platform value from expression ${from.platform}`, [location]));
  try {
    return { platform: parsePlatform(text), matched };
  } catch (failure) {
    const found = suggested(located(failure, location));
    throw located(wrapped(`failed to parse platform ${from.platform}`, found), location);
  }
}

function warnPlatform(
  { lint, globals }: FromContext,
  { platform, name, location }: FromInstruction,
  { text, matched, unmatched }: Expansion,
): void {
  if (matched.size === 1 && unmatched.size === 0 && matched.has('TARGETPLATFORM')) {
    if (text === (globals.get('TARGETPLATFORM') ?? ''))
      lint.warn('RedundantTargetPlatform', location, says.redundantTargetPlatform(platform));
  }
  if (matched.size > 0 || unmatched.size > 0) return;
  let constant: Platform;
  try {
    constant = parsePlatform(text);
  } catch {
    // The build fails for the same reason.
    return;
  }
  // A stage that is named for its platform is meant to have it.
  if (name.includes(constant.os) || name.includes(constant.architecture)) return;
  lint.warn('FromPlatformFlagConstDisallowed', location, says.fromPlatformFlagConstDisallowed(text));
}

/** The stage that is asked for. Throws LanguageError, without a place. */
export function targetStage({ options: { target }, stages }: FromContext): Stage {
  const found = target === '' ? (stages.all.at(-1) ?? null) : stages.named(target);
  if (found) return found;
  const match = closest(target, stages.names);
  throw new LanguageError(
    `target stage ${quote(target)} could not be found${match === null ? '' : ` (did you mean ${match}?)`}`,
  );
}
