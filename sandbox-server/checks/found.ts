// Says in words what there is instead of what a check wants, where no slip of the lesson says it better.

import { type Check, type ContainerFilter, everyCheck } from '../../lessons/schema.ts';
import { allHold, compareContainer } from './container-filter.ts';
import { type ContainerFact, type Facts, factsOf, type HostFacts } from './facts.ts';
import { isImage } from './image-name.ts';
import { answerKey, commandKey, compareImage, judge } from './judge.ts';
import { firstDifference } from './same-text.ts';
import { listed, shown } from './shown.ts';
import { inWords } from './wanted.ts';

function described(container: ContainerFact): string {
  const ports =
    container.ports.length === 0
      ? 'no port published'
      : `published ${container.ports.slice(0, 3).map(shown).join(', ')}`;
  const code = container.exitCode === null ? '' : ` with code ${container.exitCode}`;
  const state = container.interrupted ? 'ended with its host' : `${container.state}${code}`;
  return `${shown(container.name)} from ${shown(container.image)}, ${state}, ${ports}`;
}

/** Whether what was made from an image is of the one that is wanted, by its name or by what it is. */
function isOfImage(
  { image, sameImage }: { readonly image?: string | undefined; readonly sameImage?: string | undefined },
  has: { readonly image: string; readonly sameImages: readonly string[] },
): boolean {
  return (
    (image === undefined || isImage(image, has.image)) &&
    (sameImage === undefined || has.sameImages.includes(sameImage))
  );
}

/** The one that was most likely meant: of that name, else of that image, the one that most is right of. */
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

function containerFound(wanted: ContainerFilter, { containers }: HostFacts): string {
  if (containers.length === 0) return 'Found no container at all.';
  const { name, image = wanted.sameImage } = wanted;
  const there = meant(wanted, containers);
  if (there === undefined)
    return `Found no container ${name === undefined ? `from the image ${image}` : `named ${name}`}.`;
  // What the description says already is not said again.
  const known = ['name', 'image', 'state', 'port', 'exitCode'] as const;
  const rest = Object.fromEntries(Object.entries(wanted).filter(([key]) => !known.some((one) => one === key)));
  const differs = compareContainer(rest, there).filter(({ holds }) => holds === false);
  const but = differs.length === 0 ? '' : `; ${listed(differs.map(({ instead }) => instead))}`;
  return `Found the container ${described(there)}${but}.`;
}

function askedFound(check: Check, facts: Facts): string {
  if ('image' in check) {
    const { host, name } = check.image;
    const { images } = factsOf(facts, host);
    const has = images.get(name);
    if (has === undefined) return '';
    if (has === null) return `There is no image ${name} on this host yet.`;
    const differs = compareImage(check.image, has, (other) => images.get(other)).filter(({ holds }) => holds === false);
    return differs.length === 0 ? '' : `Found the image ${name}, but ${listed(differs.map(({ instead }) => instead))}.`;
  }
  if ('network' in check) {
    const { host, name, driver, containers = [] } = check.network;
    const has = factsOf(facts, host).networks.get(name);
    if (has === undefined) return '';
    if (has === null) return `There is no network ${name} on this host yet.`;
    if (driver !== undefined && driver !== has.driver)
      return `The network ${name} has the driver ${shown(has.driver)}.`;
    const missing = containers.filter((each) => !has.containers.includes(each));
    return missing.length === 0 ? '' : `On the network ${name} there is no running container ${listed(missing, 'or')}.`;
  }
  if ('file' in check) {
    const { host, path, exists = true, equals, means } = check.file;
    const has = factsOf(facts, host).files.get(path);
    if (has === undefined) return '';
    if (!has.exists) return exists ? `There is no file ${path} in the home directory yet.` : '';
    if (!exists) return `The file ${path} is still there.`;
    if (has.text === null) return `${path} is no file of text that could be looked at.`;
    if (has.text.trim() === '') return `The file ${path} is empty.`;
    if (equals !== undefined)
      return `The file ${path} is there, but ${firstDifference(has.text, equals)}. Is it saved?`;
    return means === undefined
      ? `The file ${path} is there, but something else stands in it. Is it saved?`
      : `The file ${path} is there, but shows no ${means.replace(/^an? /, '')}. Is it saved?`;
  }
  if ('http' in check) {
    const { host, port, path, status, contains } = check.http;
    const has = factsOf(facts, host).answers.get(answerKey(port, path));
    if (has === undefined) return '';
    if (has.status === null) return `Port ${port} of the host does not answer: ${has.text}.`;
    if (has.status !== status) return `Port ${port} answers ${path} with status ${has.status}, not ${status}.`;
    return `Port ${port} answers ${path}, but “${contains?.trim()}” does not stand in the answer.`;
  }
  if ('command' in check) {
    const { host, run, exitCode, means } = check.command;
    const has = factsOf(facts, host).commands.get(commandKey(run));
    if (has === undefined) return '';
    if (has.exitCode !== exitCode) return `There is no sign yet of ${means}.`;
    return `There is no sign yet of ${means}; found ${shown(has.output.split('\n')[0] ?? '') || 'nothing'}.`;
  }
  return '';
}

function eventFound(check: Check, facts: Facts): string {
  if ('ran' in check) {
    const { host, name, byDocker } = check.ran;
    const image = check.ran.image ?? check.ran.sameImage;
    const { ended, containers } = factsOf(facts, host);
    const isIt = (each: { readonly image: string; readonly sameImages: readonly string[]; readonly name: string }) =>
      isOfImage(check.ran, each) && (name === undefined || name === each.name);
    const last = ended.findLast(isIt);
    const told = byDocker === false && last?.byDocker === true ? ', because Docker was told to end it' : '';
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
    const { host, container, means } = check.process;
    if (factsOf(facts, host).processes === null) return '';
    const where = container === undefined || container === 'none' ? 'on this host' : `in the container ${container}`;
    return `There is no process yet, ${where}, that is ${means}.`;
  }
  return '';
}

/** Of a container that a check asks for and that has ended with its host: how it came so, and what to do. */
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

/** One sentence; empty where there is nothing to say yet, as for a task whose turn has not come. */
export function found(check: Check, facts: Facts): string {
  const verdict = judge(check, facts);
  if (verdict === null) return interruptedFound(check, facts);
  // Of what holds there is nothing to say, and of what nobody looked at.
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
  if ('absent' in check) {
    const { host, name } = check.absent;
    const there = factsOf(facts, host).containers.find((each) => each.name === name);
    return there === undefined ? '' : `The container ${shown(there.name)} is still there, ${there.state}.`;
  }
  if ('removed' in check) {
    const { host, name, since } = check.removed;
    if (since !== undefined && !facts.doneTasks.has(since)) return '';
    const there = factsOf(facts, host).containers.find((each) => each.name === name);
    return there === undefined ? '' : `The container ${shown(name)} is still there, ${there.state}.`;
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
