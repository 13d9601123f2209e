/** Builds in words: what goes on, what came from the cache, what was made, and what has failed. */
import type { BuildsView, ViewBuild, ViewBuildStep } from '@drydock/sandbox-server/protocol';
import { counted, diskSize, duration } from './sizes.ts';

/** `web:1`, or `an image without a name`. */
export function builtName({ name }: ViewBuild): string {
  return name === '' ? 'an image without a name' : name;
}

/** `3 of 5 steps from the cache`. */
export function cacheWords({ cached, steps }: ViewBuild): string {
  if (steps === 0) return 'no step of its own';
  if (cached === steps) return steps === 1 ? 'its step came from the cache' : `all ${steps} steps from the cache`;
  if (cached === 0) return `${counted(steps, 'step')}, none from the cache`;
  return `${cached} of ${steps} steps from the cache`;
}

/** All steps of the Dockerfile that are told of. */
export function stepsOf({ stages }: ViewBuild): readonly ViewBuildStep[] {
  return stages.flatMap(({ steps }) => steps);
}

/** What stands behind a step: `cached`, `1.2 s`, `running`, `waits`. `isOver`: its build has ended. */
export function stepWords({ state, tookMs }: ViewBuildStep, isOver: boolean): string {
  switch (state) {
    case 'waiting':
      return isOver ? 'not done' : 'waits';
    case 'running':
      return 'running';
    case 'cached':
      return 'cached';
    case 'failed':
      return 'failed';
    case 'stopped':
      return 'given up';
    case 'done':
      return duration(tookMs ?? 0);
  }
}

/** What a build has come to, without its name. */
export function buildWords(build: ViewBuild): string {
  const { state, tookMs, error, errorLine, warnings, steps } = build;
  const took = duration(tookMs ?? 0);
  switch (state) {
    case 'going': {
      const all = stepsOf(build);
      const over = all.filter((step) => step.state === 'done' || step.state === 'cached').length;
      return steps === 0 ? 'begins' : `${over} of ${counted(steps, 'step')} done`;
    }
    case 'done': {
      const warned = warnings === 0 ? '' : `, ${counted(warnings, 'warning')}`;
      return `built in ${took}: ${cacheWords(build)}${warned}`;
    }
    case 'failed':
      return `failed after ${took}${errorLine === null ? '' : ` at line ${errorLine}`}: ${error}`;
    case 'stopped':
      return `given up after ${took}`;
  }
}

/** `12 files, 3.4 kB`; empty where a build takes none. */
export function contextWords({ context }: ViewBuild): string {
  if (context === null) return '';
  const { files, bytes, state } = context;
  if (state === 'running' || state === 'waiting') return `build context: ${diskSize(bytes)} so far`;
  return `build context: ${counted(files, 'file')}, ${diskSize(bytes)}`;
}

/** A sentence without its full stop. */
function whole(build: ViewBuild): string {
  const verb = {
    going: 'is building',
    done: 'has built',
    failed: 'could not build',
    stopped: 'began to build',
  } as const;
  const { host, state } = build;
  const words = buildWords(build)
    .replace(/^built in /, 'in ')
    .replace(/^failed after/, 'it failed after');
  return `${host} ${verb[state]} ${builtName(build)}${state === 'done' ? ' ' : ': '}${words}`;
}

/** For each build a sentence, and one for each of its stages. */
export function buildsInWords(view: BuildsView | undefined): readonly string[] {
  return (view?.builds ?? []).flatMap((build) => {
    const context = contextWords(build);
    const stages = build.stages.map(({ name, base, steps }) => {
      const said = steps.map((step) => `${step.does} (${stepWords(step, build.state !== 'going')})`);
      const which = name === '' ? 'Its stage' : `Its stage ${name}`;
      return `${which}, from ${base}: ${said.length === 0 ? 'no step' : said.join('; ')}.`;
    });
    return [`${whole(build)}.${context === '' ? '' : ` Its ${context}.`}`, ...stages];
  });
}

/** What has begun or ended from one view to the next; empty where nothing has. */
export function buildNews(before: BuildsView | undefined, now: BuildsView): string {
  const known = new Map((before?.builds ?? []).map((build) => [keyOf(build), build.state]));
  const news = now.builds.filter((build) => build.fresh && known.get(keyOf(build)) !== build.state);
  return news.map((build) => `${whole(build)}.`).join(' ');
}

/** Of all builds of the lab. */
export function keyOf({ host, id }: ViewBuild): string {
  return `${host} ${id}`;
}
