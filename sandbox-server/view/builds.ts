// Puts the view of a lab's builds together from facts, bounded. Pure: the same facts, the same view. Names in the facts are a student's.

import type { BuildStep, ImageBuild } from '@drydock/runtime';
import type { BuildsView, ViewBuild, ViewBuildStage, ViewBuildStep } from '../protocol.ts';
import { plainText } from './plain-text.ts';

export interface BuildFacts {
  /** By the lab's name of the host, the oldest first. */
  readonly builds: ReadonlyMap<string, readonly ImageBuild[]>;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

const most = { going: 4, ended: 4, stages: 8, steps: 40, allSteps: 120 };

/** What has ended so long ago at most has just ended. */
const freshMs = 10_000;
/** One that takes less is told when it has ended, and nothing flickers. */
export const unseenMs = 300;

export function buildsView({ builds, nowMs }: BuildFacts): BuildsView {
  const shown = [...builds].flatMap(([host, all]) => {
    const going = all.filter(({ state, beganAt }) => state === 'going' && nowMs - beganAt >= unseenMs);
    const endOf = ({ beganAt, endedAt }: ImageBuild): number => endedAt ?? beganAt;
    const ended = all.filter(({ state }) => state !== 'going').sort((one, other) => endOf(one) - endOf(other));
    // What went on beside the last one, or beside those that go on, is told with it: compose builds several at once.
    const since = Math.min(...[...going, ...ended.slice(-1)].map(({ beganAt }) => beganAt));
    const over = ended.filter((build) => endOf(build) >= since).slice(-most.ended);
    return [...over, ...going.slice(-most.going)].map((build) => ({ host, build }));
  });
  let left = most.allSteps;
  const isMore =
    shown.reduce((sum, { build }) => sum + Math.min(build.steps.length, most.steps), 0) > most.allSteps ||
    [...builds.values()].some((all) => all.filter(({ state }) => state === 'going').length > most.going) ||
    shown.some(({ build }) => build.isCut || build.stages.length > most.stages || build.steps.length > most.steps);
  return {
    type: 'builds',
    builds: shown
      .sort((a, b) => a.build.beganAt - b.build.beganAt)
      .map(({ host, build }) => {
        const seen = viewBuild(host, build, { nowMs, mostSteps: Math.min(most.steps, left) });
        left -= seen.stages.reduce((sum, { steps }) => sum + steps.length, 0);
        return seen;
      }),
    more: isMore,
  };
}

/** When the first build under way that is not told yet is to be; null where there is none. */
export function nextTellingMs({ builds, nowMs }: BuildFacts): number | null {
  const waits = [...builds.values()]
    .flat()
    .filter(({ state, beganAt }) => state === 'going' && nowMs - beganAt < unseenMs)
    .map(({ beganAt }) => beganAt + unseenMs - nowMs);
  return waits.length === 0 ? null : Math.min(...waits);
}

/** As it is typed: Docker Hub's own is not named. */
const typed = (name: string): string => name.replace(/^docker\.io\/(library\/)?/, '');

function viewBuild(
  host: string,
  build: ImageBuild,
  { nowMs, mostSteps }: { readonly nowMs: number; readonly mostSteps: number },
): ViewBuild {
  const { id, names, state, beganAt, endedAt, error, errorLine, stages, steps, warnings } = build;
  const own = steps.filter(({ kind }) => kind === 'step');
  const sent = steps.filter(({ kind }) => kind === 'context');
  const [first = '', ...others] = names.map((name) => plainText(typed(name), 80));
  const known = stages.slice(0, most.stages);
  let left = mostSteps;
  return {
    id,
    host,
    name: others.length === 0 ? first : `${first} and ${others.length} more`,
    state,
    fresh: endedAt === null || Math.abs(nowMs - endedAt) < freshMs,
    beganAt,
    tookMs: endedAt === null ? null : Math.max(0, endedAt - beganAt),
    cached: own.filter((step) => step.state === 'cached').length,
    steps: own.length,
    error: plainText(error, 160),
    errorLine,
    warnings: warnings.length,
    context:
      sent.length === 0
        ? null
        : {
            files: build.context?.files ?? 0,
            bytes: sent.reduce((sum, { bytes }) => sum + bytes, 0),
            state: sent.find((step) => step.state !== 'done')?.state ?? 'done',
          },
    stages: known.map(({ name, base }): ViewBuildStage => {
      const its = own.filter(({ stage }) => stage === name || (known.length === 1 && stage === ''));
      const told = its.slice(0, left);
      left -= told.length;
      return {
        name: known.length === 1 && /^stage-\d+$/.test(name) ? '' : plainText(name, 40),
        base: plainText(
          typed(base)
            .replace(/@sha256:.*$/, '')
            .replace(/:latest$/, ''),
          60,
        ),
        steps: told.map(viewStep),
      };
    }),
  };
}

function viewStep({ name, state, line, beganAt, endedAt, layer, bytes }: BuildStep): ViewBuildStep {
  return {
    does: plainText(name, 100),
    state,
    line,
    tookMs: beganAt === null || endedAt === null ? null : Math.max(0, endedAt - beganAt),
    layer: plainText(layer ?? '', 12),
    bytes,
  };
}
