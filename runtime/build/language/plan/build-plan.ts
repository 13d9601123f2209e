// A Dockerfile becomes a plan: the steps that make its target, and the image that comes of them.

import { maxStages } from '../../../limits.ts';
import { WorkBudget } from '../../../work-budget.ts';
import { findDirective } from '../directives.ts';
import { ExpansionBudget } from '../expansion-budget.ts';
import { joinPath } from '../go-text.ts';
import { type ImageDocument, withPlatform } from '../image-document.ts';
import type { WrittenStage } from '../instructions.ts';
import { type CheckOptions, Linter, parseCheckOptions, type Warning } from '../lint.ts';
import { says } from '../lint-rules.ts';
import type { BuildOptions } from '../options.ts';
import { parseStages } from '../parse-stages.ts';
import { PatternMatcher } from '../pattern-matcher.ts';
import { normalPlatform, type Platform } from '../platforms.ts';
import { LanguageError, located, wrapped } from '../source.ts';
import { parseStatements } from '../statements.ts';
import type { Step, Tree } from '../steps.ts';
import { applyStage } from './apply.ts';
import { linkCommands } from './commands.ts';
import { internalStep, type LocalDraft, type PlanContext, type PlanPlatforms, type Surroundings } from './context.ts';
import { addStages, targetStage } from './from.ts';
import { checkDefaultBases, globalArguments, platformArguments } from './global-arguments.ts';
import { mergeSteps } from './merge-steps.ts';
import { resolveStages } from './resolve.ts';
import { type Stage, Stages } from './stage.ts';

export interface PlanRequest {
  readonly text: string;
  readonly options: BuildOptions;
  /** What the result is for; null for the machine's own, or that of the base. */
  readonly platform: Platform | null;
  /** What is built instead of the client's files: a repository, or an archive of a URL. Null for the client's. */
  readonly mainContext: Step | null;
  /** Every stage up to the target is gone through, not only those that it needs: for `--check`, and for the classic builder. */
  readonly allStages: boolean;
  /** Told at once: also where the plan fails behind it. */
  readonly warn: (warning: Warning) => void;
}

export interface Plan {
  readonly result: Tree;
  /** With no `rootfs`: that is known when the steps are done. */
  readonly image: ImageDocument;
  /** As the registry has it; null for scratch. */
  readonly baseImage: ImageDocument | null;
  readonly target: Stage;
  /** Those that were gone through, in the order of the file; then images that are only copied from. */
  readonly stages: readonly Stage[];
}

/** Throws LanguageError, and what `surroundings` throws, with the places. */
export async function planBuild(request: PlanRequest, surroundings: Surroundings): Promise<Plan> {
  const { text, options } = request;
  if (text === '') throw new LanguageError('the Dockerfile cannot be empty');
  const pause = async (): Promise<void> => await surroundings.pause?.();
  await pause();
  const lint = new Linter(checkOptions(request), request.warn);
  const { statements, escapeWith, emptyContinuations } = parseStatements(text);
  for (const location of emptyContinuations) lint.warn('NoEmptyContinuation', location, says.noEmptyContinuation());
  await pause();
  const { globals, stages: written } = parseStages(statements, lint);
  if (written.length === 0) throw new LanguageError('dockerfile contains no stages to build');
  if (written.length > maxStages) throw new LanguageError(`a Dockerfile may have ${maxStages} stages`);
  checkNames(written, lint);
  checkCasing(written, lint);

  const platforms = planPlatforms(request);
  const budget = new ExpansionBudget();
  const lexing = { escapeWith, budget, lint };
  const own = platformArguments(platforms, options, options.target || (written.at(-1)?.from.name ?? ''));
  checkDefaultBases(lexing, written, own, globals);
  const { values, outlined } = globalArguments(lexing, own, globals, options.buildArguments);
  const stages = new Stages();
  const mainContext: LocalDraft = {
    ...internalStep('[internal] load build context', platforms.target),
    kind: 'local',
    local: 'context',
    isNamed: false,
    paths: null,
  };
  let applied = 0;
  const context: PlanContext = {
    options,
    platforms,
    ...lexing,
    globals: values,
    stages,
    buildContext: request.mainContext ?? mainContext,
    ignored: await ignoredPaths(lint, request, surroundings),
    proxies: proxiesOf(options.buildArguments),
    locals: new Map(),
    applied: () => (++applied % commandsPerPart === 0 ? pause() : undefined),
  };
  await pause();
  addStages(context, written, outlined);
  const target = targetStage(context);
  await pause();
  linkCommands(context);
  if (stages.all.length === 1) target.shownName = '';
  const wanted = request.allStages ? stages.all.slice(0, stages.all.indexOf(target) + 1) : [target];
  const needed = await resolveStages(context, surroundings, wanted);
  await surroundings.imagesResolved?.();
  for (const stage of stages.all) if (needed.has(stage) && !stage.isDone) await applyOnce(stage, context);
  await pause();
  lint.check();
  target.paths.add('/');
  const contextPaths = stages.all.flatMap((stage) => [...stage.contextPaths]);
  mainContext.paths = followed(contextPaths);
  for (const [local, paths] of context.locals) local.paths = followed(paths);
  return {
    result: mergeSteps(target.tree),
    image: imageOf(target, context),
    baseImage: target.baseImage,
    target,
    stages: stages.all.filter((stage) => needed.has(stage)),
  };
}

/** Commands that are applied without a pause: in 10 ms. */
const commandsPerPart = 200;

async function applyOnce(stage: Stage, context: PlanContext): Promise<void> {
  // What is only copied from, or given from outside, has nothing to do.
  if (stage.isDone || !(stage.image ?? stage.base)) return;
  await applyStage(stage, context);
}

function checkOptions({ text, options }: PlanRequest): CheckOptions {
  if (options.check) return options.check;
  try {
    return parseCheckOptions(findDirective(text, 'check')?.value ?? '');
  } catch (error) {
    throw wrapped('failed to parse check options', error);
  }
}

function planPlatforms({ options, platform }: PlanRequest): PlanPlatforms {
  return { build: options.buildPlatform, target: platform ?? options.buildPlatform, isImplicit: platform === null };
}

async function ignoredPaths(
  lint: Linter,
  { mainContext }: PlanRequest,
  surroundings: Surroundings,
): Promise<PatternMatcher | null> {
  if (mainContext || !lint.applies('CopyIgnoredFile')) return null;
  const patterns = await surroundings.ignorePatterns();
  return patterns.length === 0 ? null : new PatternMatcher(patterns, new WorkBudget());
}

/** The proxies that the client gives, by their names in lower case. */
function proxiesOf(given: ReadonlyMap<string, string>): Map<string, string> {
  const names = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy'];
  return new Map(
    [...given].map(([name, value]) => [name.toLowerCase(), value] as const).filter(([name]) => names.includes(name)),
  );
}

/** What is asked for of a context of which these are taken; null for all of it. */
function followed(paths: Iterable<string>): string[] | null {
  const all = new Set(paths);
  if (all.has('/') || all.size === 0) return null;
  return Array.from(all, (path) => joinPath('.', path)).sort();
}

function imageOf(target: Stage, { options, platforms }: PlanContext): ImageDocument {
  for (const [name, value] of options.labels) target.draft.labels.set(name, value);
  const { rootfs: _rootfs, ...image } = target.draft.finished();
  const os = image.os;
  const own: Platform = {
    os,
    architecture: image.architecture,
    ...(image.variant !== undefined && { variant: image.variant }),
    ...(image['os.version'] !== undefined && { osVersion: image['os.version'] }),
  };
  if (platforms.isImplicit) return withPlatform(image, normalPlatform(own));
  const { target: asked } = platforms;
  const isSame = asked.os === own.os && asked.architecture === own.architecture;
  return withPlatform(image, normalPlatform(isSame ? { ...own, ...asked } : asked));
}

const reserved = ['context', 'scratch'];

function checkNames(stages: readonly WrittenStage[], lint: Linter): void {
  const names = new Set<string>();
  for (const { from } of stages) {
    if (from.name === '') continue;
    if (reserved.includes(from.name)) lint.warn('ReservedStageName', from.location, says.reservedStageName(from.name));
    if (names.has(from.name)) lint.warn('DuplicateStageName', from.location, says.duplicateStageName(from.name));
    names.add(from.name);
  }
}

/** All names of instructions should be written as most are. */
function checkCasing(stages: readonly WrittenStage[], lint: Linter): void {
  const instructions = stages.flatMap(({ from, instructions }) => [from, ...instructions]);
  const isLower = (keyword: string) => keyword === keyword.toLowerCase();
  const isUpper = (keyword: string) => keyword === keyword.toUpperCase();
  const lower = instructions.filter(({ keyword }) => isLower(keyword)).length;
  const upper = instructions.filter(({ keyword }) => !isLower(keyword) && isUpper(keyword)).length;
  const [casing, isRight] = lower > upper ? (['lowercase', isLower] as const) : (['uppercase', isUpper] as const);
  for (const { keyword, location } of instructions)
    if (!isRight(keyword))
      lint.warn('ConsistentInstructionCasing', location, says.consistentInstructionCasing(keyword, casing));
}

/** What is wrong with a file that is only checked; null where nothing is. */
export async function checkBuild(request: PlanRequest, surroundings: Surroundings): Promise<LanguageError | null> {
  try {
    await planBuild({ ...request, allStages: request.options.target === '' }, surroundings);
    return null;
  } catch (error) {
    return error instanceof LanguageError ? error : located(error, { first: 0, last: 0 });
  }
}

/** The stages of the file that are built, with what each begins with. */
export function stagesOf({ stages }: Plan): { readonly name: string; readonly base: string }[] {
  return stages
    .filter(({ isImplicit }) => !isImplicit)
    .map(({ shownName: name, base, baseName }) => ({ name, base: base?.shownName ?? baseName }));
}
