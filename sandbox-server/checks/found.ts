// Says in words what there is instead of what a check wants, where no slip of the lesson says it better.

import { type AbsentCheck, type Check, type ContainerFilter, everyCheck } from '../../lessons/schema.ts';
import { allHold } from './compared.ts';
import { compareContainer } from './container-filter.ts';
import { type ContainerFact, type Facts, factsOf, type HostFacts } from './facts.ts';
import { askedFound } from './found-asked.ts';
import { isImage } from './image-name.ts';
import { judge, processesOf } from './judge.ts';
import { portsInWords } from './ports.ts';
import { listed, shown } from './shown.ts';
import { inWords, thingInWords } from './wanted.ts';

function described(container: ContainerFact): string {
  const ports = container.ports.length === 0 ? 'no port published' : `published ${portsInWords(container.ports)}`;
  const code = container.exitCode === null ? '' : ` with code ${container.exitCode}`;
  const state = container.interrupted ? 'ended with its host' : `${container.state}${code}`;
  return `${shown(container.name)} from ${shown(container.image)}, ${state}, ${ports}`;
}

/** Whether a container or command was made from the wanted image, by the image's name or by its id. */
function isOfImage(
  { image, sameImage }: { readonly image?: string | undefined; readonly sameImage?: string | undefined },
  has: { readonly image: string; readonly sameImages: readonly string[] },
): boolean {
  return (
    (image === undefined || isImage(image, has.image)) &&
    (sameImage === undefined || has.sameImages.includes(sameImage))
  );
}

/** The container that was most likely meant: the one with that name, else, of those from that image, the one with most matches. */
function meant(wanted: ContainerFilter, containers: readonly ContainerFact[]): ContainerFact | undefined {
  const { name } = wanted;
  const image = wanted.image ?? wanted.sameImage;
  const byName = containers.find((container) => name !== undefined && container.name === name);
  if (byName !== undefined || (name !== undefined && image === undefined)) return byName;
  const right = (container: ContainerFact) =>
    compareContainer(wanted, container).filter(({ holds }) => holds === true).length;
  return containers
    .filter((container) => isOfImage(wanted, container))
    .reduce<ContainerFact | undefined>(
      (best, each) => (best === undefined || right(each) > right(best) ? each : best),
      undefined,
    );
}

/** Options behind an image's name are what most often leaves a container without its command. */
function why({ state, exitCode }: ContainerFact): string {
  if (state !== 'exited' || exitCode !== 127) return '';
  return ' Code 127: there is no such command in it. What stands behind an image’s name is its command, and options stand before it.';
}

function containerFound(wanted: ContainerFilter, { containers }: HostFacts): string {
  if (containers.length === 0) return 'Found no container at all.';
  const { name, image = wanted.sameImage } = wanted;
  const there = meant(wanted, containers);
  if (there === undefined)
    return `Found no container ${name === undefined ? `from the image ${image}` : `named ${name}`}.`;
  // `described` says these already.
  const known = ['name', 'image', 'state', 'port', 'exitCode'] as const;
  const rest = Object.fromEntries(Object.entries(wanted).filter(([key]) => !known.some((one) => one === key)));
  const differs = compareContainer(rest, there).filter(({ holds }) => holds === false);
  const but = differs.length === 0 ? '' : `; ${listed(differs.map(({ instead }) => instead))}`;
  return `Found the container ${described(there)}${but}.${why(there)}`;
}

function eventFound(check: Check, facts: Facts): string {
  if ('ran' in check) {
    const { host, name, byDocker, oomKilled, since } = check.ran;
    if (since !== undefined && !facts.doneTasks.has(since)) return '';
    const image = check.ran.image ?? check.ran.sameImage;
    const { ended, containers } = factsOf(facts, host);
    const isIt = (each: { readonly image: string; readonly sameImages: readonly string[]; readonly name: string }) =>
      isOfImage(check.ran, each) && (name === undefined || name === each.name);
    const last = ended.findLast(isIt);
    const told =
      byDocker === false && last?.byDocker === true
        ? ', because Docker was told to end it'
        : oomKilled === true && last?.oomKilled === false
          ? ', and not for want of memory'
          : since !== undefined && !last?.doneTasks?.has(since)
            ? ', but too early: let it end once more'
            : '';
    if (last !== undefined) return `A container from ${image} ended with exit code ${last.exitCode}${told}.`;
    const there = containers.find(isIt);
    if (there !== undefined) return `Found the container ${described(there)}.`;
    return `No container from ${image}${name === undefined ? '' : ` named ${name}`} has run yet.`;
  }
  if ('exec' in check) {
    const { host, container, means } = check.exec;
    const { execs, containers } = factsOf(facts, host);
    if (!containers.some(({ name }) => name === container)) return `There is no container named ${container}.`;
    const last = execs.findLast((each) => each.container === container);
    if (last === undefined) return `Nothing has run to its end in ${container} with docker exec yet.`;
    return `In ${container}, docker exec has run ${shown(last.command)}, exit code ${last.exitCode}; not yet ${means}.`;
  }
  if ('log' in check) {
    const { host, container, means } = check.log;
    const there = factsOf(facts, host).containers.some(({ name }) => name === container);
    return there
      ? `The log of ${container} shows no ${means.replace(/^an? /, '')} yet.`
      : `There is no container named ${container}.`;
  }
  if ('process' in check) {
    const { host, container, means, atLeast = 1 } = check.process;
    const { processes } = factsOf(facts, host);
    if (processes === null) return '';
    const where = container === undefined || container === 'none' ? 'on this host' : `in the container ${container}`;
    const count = processesOf(check.process, processes).length;
    if (count === 0) return `There is no process yet, ${where}, that is ${means}.`;
    return `There ${count === 1 ? 'is' : 'are'} ${count} of the at least ${atLeast} processes that are wanted ${where}: ${means}.`;
  }
  return '';
}

/** For a container that a check asks for and that ended with its host: why it ended, and what to do. */
function interruptedFound(check: Check, facts: Facts): string {
  for (const each of everyCheck(check)) {
    const wanted = 'container' in each ? each.container : 'containers' in each ? each.containers : null;
    if (wanted === null) continue;
    const { containers } = factsOf(facts, wanted.host);
    const lost = containers.find((has) => has.interrupted && allHold(compareContainer(wanted, has)) === null);
    if (lost === undefined) continue;
    const name = shown(lost.name);
    return `The container ${name} was running when this machine was restarted, and could not be started again. Start it with docker start ${name}.`;
  }
  return '';
}

/** Of a thing that is to be gone. */
function stillThere(thing: AbsentCheck, { containers }: HostFacts): string {
  if (thing.name === undefined) return `The ${thingInWords(thing)} is still there.`;
  const there = containers.find(({ name }) => name === thing.name);
  return there === undefined ? '' : `The container ${shown(there.name)} is still there, ${there.state}.`;
}

/** One sentence; empty where there is nothing to say yet, as for a task whose turn has not come. */
export function found(check: Check, facts: Facts): string {
  const verdict = judge(check, facts);
  if (verdict === null) return interruptedFound(check, facts);
  // Nothing is said of a check that holds, or whose facts nobody asked for.
  if (verdict) return '';
  if ('container' in check) {
    const { host, ...wanted } = check.container;
    return containerFound(wanted, factsOf(facts, host));
  }
  if ('containers' in check) {
    const { host, count, atLeast, ...wanted } = check.containers;
    const { containers } = factsOf(facts, host);
    const there = containers.filter((each) => allHold(compareContainer(wanted, each)) === true);
    if (there.length === 0 && (count ?? atLeast) === 1) return containerFound(wanted, factsOf(facts, host));
    const names = there.slice(0, 5).map(({ name }) => shown(name));
    const which = names.length === 0 ? 'none' : `${there.length}: ${listed(names)}${there.length > 5 ? ', …' : ''}`;
    return `Wanted are ${inWords(check)}; found ${which}.`;
  }
  if ('absent' in check) return stillThere(check.absent, factsOf(facts, check.absent.host));
  if ('removed' in check) {
    const { host, since } = check.removed;
    return since !== undefined && !facts.doneTasks.has(since) ? '' : stillThere(check.removed, factsOf(facts, host));
  }
  if ('all' in check) return check.all.map((each) => found(each, facts)).find((sentence) => sentence !== '') ?? '';
  if ('any' in check) {
    const [first = ''] = check.any.map((each) => found(each, facts)).filter((sentence) => sentence !== '');
    return first === '' ? '' : `${first} Wanted is ${inWords(check)}.`;
  }
  if ('not' in check) return `Found ${inWords(check.not)}, which should not be so.`;
  if ('after' in check) {
    return check.after.tasks.every((task) => facts.doneTasks.has(task)) ? found(check.after.check, facts) : '';
  }
  return eventFound(check, facts) || askedFound(check, facts);
}
