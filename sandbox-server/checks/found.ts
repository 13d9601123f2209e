// Says in words what there is instead of what a check wants, where no slip of the lesson says it better.

import type { Check, ContainerCheck } from '../../lessons/schema.ts';
import type { ContainerFact, Facts } from './facts.ts';
import { isImage } from './image-name.ts';

/** Names and images come from the student: whatever they contain, a sentence stays a sentence. */
function shown(text: string): string {
  const clean = text.replace(/[^\x21-\x7e]/g, '?');
  return clean.length > 64 ? `${clean.slice(0, 63)}…` : clean;
}

function described(container: ContainerFact): string {
  const ports =
    container.ports.length === 0
      ? 'no port published'
      : `published ${container.ports.slice(0, 3).map(shown).join(', ')}`;
  const state = container.exitCode === null ? container.state : `${container.state} with code ${container.exitCode}`;
  return `${shown(container.name)} from ${shown(container.image)}, ${state}, ${ports}`;
}

function containerFound(wanted: ContainerCheck, containers: readonly ContainerFact[]): string {
  const byName = containers.find(({ name }) => name === wanted.name);
  if (byName !== undefined) return `Found the container ${described(byName)}.`;
  const { image } = wanted;
  const byImage = image === undefined ? undefined : containers.find((container) => isImage(image, container.image));
  if (byImage !== undefined) return `Found the container ${described(byImage)}.`;
  if (containers.length === 0) return 'Found no container at all.';
  const what = wanted.name === undefined ? `from the image ${wanted.image}` : `named ${wanted.name}`;
  return `Found no container ${what}.`;
}

/** One sentence; empty where there is nothing to say yet, as for a task whose turn has not come. */
export function found(check: Check, facts: Facts): string {
  const { containers } = facts;
  if ('container' in check) return containerFound(check.container, containers);
  if ('ran' in check) {
    const { image } = check.ran;
    const last = facts.ended.findLast((ended) => isImage(image, ended.image));
    if (last !== undefined) return `A container from ${image} ended with exit code ${last.exitCode}.`;
    const there = containers.find((container) => isImage(image, container.image));
    return there === undefined ? `No container from ${image} has run yet.` : `Found the container ${described(there)}.`;
  }
  if ('log' in check) {
    const { container, means } = check.log;
    const there = containers.find(({ name }) => name === container);
    return there === undefined
      ? `There is no container named ${container}.`
      : `The log of ${container} shows no ${means.replace(/^an? /, '')} yet.`;
  }
  if ('absent' in check) {
    const there = containers.find(({ name }) => name === check.absent);
    return there === undefined ? '' : `The container ${shown(there.name)} is still there, ${there.state}.`;
  }
  if ('all' in check) return check.all.map((each) => found(each, facts)).find((sentence) => sentence !== '') ?? '';
  if ('any' in check) return check.any.map((each) => found(each, facts)).find((sentence) => sentence !== '') ?? '';
  if ('not' in check) return '';
  return check.after.tasks.every((task) => facts.doneTasks.has(task)) ? found(check.after.check, facts) : '';
}
