// Whether a host has built what a check asks for. What is found instead is whole sentences here.

import type { BuildStage, BuildStep } from '@drydock/runtime';
import type { BuiltCheck, WantedStep } from '../../../lessons/schema.ts';
import { allHold, type Compared, compareOne } from '../compared.ts';
import type { ImageFact } from '../facts.ts';
import { isImage } from '../image-name.ts';
import { listed, shown, shownSentence } from '../shown.ts';
import { bytesOf, sizeInWords } from '../sizes.ts';
import { brokenRule } from './dockerfile-check.ts';
import type { BuildFact } from './facts.ts';
import { inOrder, instructionInWords, isWanted, missingInWords } from './instructions.ts';
import { type SaidInstruction, type SaidStage, saidInText } from './said.ts';

/** What judging needs of the check's host. */
export interface BuiltSurroundings {
  /** Null where nobody asked. */
  readonly builds: readonly BuildFact[] | null;
  readonly doneTasks: ReadonlySet<string>;
  /** An image by its name: undefined where nobody asked, null where there is none. */
  image(name: string): ImageFact | null | undefined;
}

interface SaidStep extends SaidInstruction {
  readonly step: BuildStep;
}

/** Of a build's steps those that stand in the Dockerfile, stage by stage. */
function saidSteps({ steps, stages }: BuildFact): readonly SaidStep[] {
  const stageOf = (name: string): SaidStage => {
    const number = stages.findIndex((stage: BuildStage) => stage.name === name);
    return { name, number, isLast: number === stages.length - 1 };
  };
  return steps
    .filter(({ kind }) => kind === 'step' || kind === 'base')
    .flatMap((step) => {
      const said = saidInText(step.name, stageOf(step.stage));
      return said === null ? [] : [{ ...said, step }];
    })
    .sort((a, b) => (a.stage?.number ?? 0) - (b.stage?.number ?? 0));
}

function isStep(wanted: WantedStep, has: SaidStep): boolean {
  const { cached } = wanted;
  if (!isWanted(wanted, has)) return false;
  return cached === undefined || has.step.state === (cached ? 'cached' : 'done');
}

function stepInWords(wanted: WantedStep): string {
  const { cached } = wanted;
  const how = cached === undefined ? '' : cached ? ' from the cache' : ' carried out';
  return `${instructionInWords(wanted)}${how}`;
}

const stepsInWords = (count: number): string => `${count} step${count === 1 ? '' : 's'}`;
const nameOf = ({ image }: BuiltCheck): string => (image === undefined ? 'the last build' : `the build of ${image}`);

function compareSteps(wanted: BuiltCheck, build: BuildFact): readonly Compared[] {
  const all = saidSteps(build);
  const own = all.filter(({ step }) => step.kind === 'step');
  const cached = own.filter(({ step }) => step.state === 'cached').length;
  const ran = own.length - cached;
  const counts = `${stepsInWords(cached)} came from the cache, and ${ran} had to be carried out`;
  const first = own.find(({ step }) => step.state !== 'cached');
  const from = first === undefined ? '' : `, from ${shown(first.step.name)} on`;
  return [
    ...compareOne(wanted.steps, (steps) => {
      const reached = inOrder(steps, all, isStep);
      const { missing } = reached;
      const other = missing === null ? undefined : all.find((has) => isWanted({ ...missing, stage: undefined }, has));
      const instead =
        missing?.cached !== undefined &&
        other !== undefined &&
        other.step.state !== (missing.cached ? 'cached' : 'done')
          ? `${shown(other.step.name)} ${missing.cached ? 'was carried out, and did not come from the cache' : 'came from the cache'}`
          : missingInWords(reached, (one) => stepInWords(one));
      return { holds: missing === null, instead };
    }),
    ...compareOne(wanted.stepsNot, (steps) => {
      const there = steps.find((one) => all.some((has) => isStep(one, has)));
      return {
        holds: there === undefined,
        instead: there === undefined ? '' : `it has the step ${stepInWords(there)}`,
      };
    }),
    ...compareOne(wanted.allCached, (is) => ({
      holds: is === (ran === 0),
      instead: ran === 0 ? 'all of it came from the cache' : `${counts}${from}`,
    })),
    ...compareOne(wanted.cachedAtLeast, (least) => ({ holds: cached >= least, instead: `${counts}${from}` })),
    ...compareOne(wanted.ranAtMost, (most) => ({ holds: ran <= most, instead: `${counts}${from}` })),
    ...compareOne(wanted.ranAtLeast, (least) => ({ holds: ran >= least, instead: counts })),
  ];
}

function compareBuild(
  wanted: BuiltCheck,
  build: BuildFact,
  { doneTasks, image }: BuiltSurroundings,
): readonly Compared[] {
  const names = build.stages.map(({ name }) => name);
  const { context } = build;
  const told = listed(names.map((name) => shown(name) || 'the only one'));
  return [
    ...compareOne(wanted.since, (task) => ({
      holds: build.doneTasks.has(task),
      instead: doneTasks.has(task) ? 'it was before the task in hand: build once more' : '',
    })),
    ...compareOne(wanted.target, (target) => ({
      holds: target === build.target || (target === 'last' && build.target === ''),
      instead: build.target === '' ? 'it had no --target' : `its target was ${shown(build.target)}`,
    })),
    ...compareOne(wanted.stages, (stages) => ({
      holds: stages.every((stage) => names.includes(stage.toLowerCase())),
      instead: `the stages that were built are ${told}`,
    })),
    ...compareOne(wanted.stagesNot, (stages) => ({
      holds: !stages.some((stage) => names.includes(stage.toLowerCase())),
      instead: `the stages that were built are ${told}`,
    })),
    ...compareSteps(wanted, build),
    ...compareOne(wanted.contextSmallerThan, (most) => ({
      holds: (context?.bytes ?? 0) < bytesOf(most),
      instead: `its build context has ${sizeInWords(context?.bytes ?? 0)}`,
    })),
    ...compareOne(wanted.contextFilesAtMost, (most) => ({
      holds: (context?.files ?? 0) <= most,
      instead: `its build context has ${context?.files ?? 0} files`,
    })),
    ...compareOne(wanted.warnings, (rules) => {
      const instead = brokenRule(rules, build.warnings);
      return { holds: instead === '', instead };
    }),
    ...compareOne(wanted.failedAt, (step) => {
      const failed = saidSteps(build).find((has) => has.step.state === 'failed');
      const instead = failed === undefined ? 'none of its steps failed' : `it failed at ${shown(failed.step.name)}`;
      return { holds: failed !== undefined && isWanted(step, failed), instead };
    }),
    ...compareOne(wanted.now, (is) => {
      const now = image(wanted.image ?? '');
      if (now === undefined) return { holds: null, instead: '' };
      const instead = is ? 'another image has its name by now' : 'its name is still that of what came of it';
      return { holds: is === (now !== null && now.id === build.imageId), instead };
    }),
  ];
}

const wantsFailure = ({ failed, failedAt }: BuiltCheck): boolean => failed === true || failedAt !== undefined;

function ofImage({ image }: BuiltCheck, builds: readonly BuildFact[]): readonly BuildFact[] {
  return image === undefined ? builds : builds.filter(({ names }) => names.some((name) => isImage(image, name)));
}

/** Null where nobody asked. */
export function judgeBuilt(check: BuiltCheck, surroundings: BuiltSurroundings): boolean | null {
  const { builds } = surroundings;
  if (builds === null) return null;
  const state = wantsFailure(check) ? 'failed' : 'done';
  const each = ofImage(check, builds)
    .filter((build) => build.state === state)
    .map((build) => allHold(compareBuild(check, build, surroundings)));
  if (each.includes(true)) return true;
  return each.includes(null) ? null : false;
}

/** Of a check that does not hold; empty where nobody asked, or its turn has not come. */
export function builtFound(check: BuiltCheck, surroundings: BuiltSurroundings): string {
  const { builds, doneTasks } = surroundings;
  const { image, since } = check;
  if (builds === null || (since !== undefined && !doneTasks.has(since))) return '';
  const its = ofImage(check, builds).filter(({ state }) => state !== 'going');
  const last = its.findLast(({ state }) => state !== 'stopped');
  const subject = nameOf(check).replace(/^t/, 'T');
  if (last === undefined) {
    const other = builds.findLast(({ state }) => state === 'done')?.names[0];
    const instead =
      other === undefined ? '' : ` The last one built is ${shown(other.replace(/^docker\.io\/(library\/)?/, ''))}.`;
    return image === undefined ? 'Nothing was built here yet.' : `No image ${image} was built here yet.${instead}`;
  }
  if (wantsFailure(check) !== (last.state === 'failed')) {
    if (last.state === 'done') return `${subject} has succeeded.`;
    const line = last.errorLine === null ? '' : ` (line ${last.errorLine})`;
    return `${subject} has failed: ${shownSentence(last.error)}${line}.`;
  }
  const differs = compareBuild(check, last, surroundings).find(({ holds }) => holds === false);
  return differs === undefined || differs.instead === '' ? '' : `Of ${nameOf(check)}: ${differs.instead}.`;
}

export function builtInWords(check: BuiltCheck): string {
  const { image, target, steps, stepsNot, stages, stagesNot, allCached, cachedAtLeast } = check;
  const { ranAtMost, ranAtLeast, contextSmallerThan, contextFilesAtMost, warnings, failed, failedAt } = check;
  const those = (all: readonly WantedStep[]) => listed(all.map(stepInWords));
  const said = [
    ...(target === undefined ? [] : [`with the target ${target}`]),
    ...(steps === undefined ? [] : [`with the step ${those(steps)}`]),
    ...(stepsNot === undefined ? [] : [`without the step ${those(stepsNot)}`]),
    ...(stages === undefined ? [] : [`with the stage ${listed(stages)}`]),
    ...(stagesNot === undefined ? [] : [`without the stage ${listed(stagesNot)}`]),
    ...(allCached === undefined ? [] : [allCached ? 'all from the cache' : 'not all from the cache']),
    ...(cachedAtLeast === undefined ? [] : [`with at least ${stepsInWords(cachedAtLeast)} from the cache`]),
    ...(ranAtMost === undefined ? [] : [`that carries out ${stepsInWords(ranAtMost)} at most`]),
    ...(ranAtLeast === undefined ? [] : [`that carries out ${stepsInWords(ranAtLeast)} at least`]),
    ...(contextSmallerThan === undefined ? [] : [`with a context smaller than ${contextSmallerThan}`]),
    ...(contextFilesAtMost === undefined ? [] : [`with ${contextFilesAtMost} files in its context at most`]),
    ...(warnings === undefined ? [] : ['without a warning']),
    ...(failedAt !== undefined ? [`that fails at ${instructionInWords(failedAt)}`] : failed ? ['that fails'] : []),
  ];
  return `a build${image === undefined ? '' : ` of ${image}`}${said.length === 0 ? '' : ` ${said.join(', ')}`}`;
}
