// Says in words what a check asks for: `a running container named web from the image nginx`.

import type { Check, ContainerFilter, ImageCheck } from '../../lessons/schema.ts';
import { listed } from './shown.ts';

const pairs = (all: Readonly<Record<string, string>>) => Object.entries(all).map(([name, value]) => `${name}=${value}`);
const on = (host: string | undefined) => (host === undefined ? '' : ` on the host ${host}`);

function features(wanted: ContainerFilter): string {
  const { name, image, sameImage, detached, port, publishes, exitCode } = wanted;
  const { oomKilled, command, env, labels, network, memory, cpus } = wanted;
  const said = [
    ...(name === undefined ? [] : [`named ${name}`]),
    ...(image === undefined ? [] : [`from the image ${image}`]),
    ...(sameImage === undefined ? [] : [`from the same image as ${sameImage}`]),
    ...(detached === undefined ? [] : [`started in the ${detached ? 'back' : 'fore'}ground`]),
    ...(exitCode === undefined ? [] : [`that ended with exit code ${exitCode}`]),
    ...(oomKilled === undefined ? [] : [`${oomKilled ? '' : 'not '}ended for want of memory`]),
    ...(port === undefined ? [] : [port === 'none' ? 'without a published port' : `with the published port ${port}`]),
    ...(publishes === undefined ? [] : [`made with the published port ${publishes}`]),
    ...(command === undefined ? [] : [`with the command ${command}`]),
    ...(env === undefined ? [] : [`with the variable ${listed(pairs(env))}`]),
    ...(labels === undefined ? [] : [`with the label ${listed(pairs(labels))}`]),
    ...(network === undefined ? [] : [`on the network ${network}`]),
    ...(memory === undefined ? [] : [memory === 'none' ? 'without a limit of memory' : `with ${memory} of memory`]),
    ...(cpus === undefined ? [] : [cpus === 'none' ? 'without a limit of CPUs' : `with ${cpus} CPUs`]),
  ];
  return said.length === 0 ? '' : ` ${said.join(', ')}`;
}

/** `a container` or `an exited container`, with all that is asked of it. */
export function containerInWords(wanted: ContainerFilter): string {
  const { state } = wanted;
  const kind = state === undefined ? 'container' : `${state} container`;
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}${features(wanted)}`;
}

function imageInWords(wanted: ImageCheck): string {
  const { name, from, sameAs, layers, digest, command, env, labels, user, workdir, exposes, smallerThan } = wanted;
  const said = [
    ...(from === undefined ? [] : [`made from ${from}`]),
    ...(sameAs === undefined ? [] : [`the same as ${sameAs}`]),
    ...(layers === undefined ? [] : [`of ${layers} layers`]),
    ...(digest === undefined ? [] : [`with the digest ${digest.slice(0, 19)}`]),
    ...(command === undefined ? [] : [`with the command ${command}`]),
    ...(env === undefined ? [] : [`with the variable ${listed(pairs(env))}`]),
    ...(labels === undefined ? [] : [`with the label ${listed(pairs(labels))}`]),
    ...(user === undefined ? [] : [`with the user ${user}`]),
    ...(workdir === undefined ? [] : [`with the working directory ${workdir}`]),
    ...(exposes === undefined ? [] : [`that exposes port ${exposes}`]),
    ...(smallerThan === undefined ? [] : [`smaller than ${smallerThan}`]),
  ];
  return `an image ${name}${said.length === 0 ? '' : `, ${said.join(', ')}`}`;
}

/** A noun, without a full stop. */
export function inWords(check: Check): string {
  if ('container' in check) return containerInWords(check.container) + on(check.container.host);
  if ('containers' in check) {
    const { host, count, atLeast, ...wanted } = check.containers;
    const many = count === undefined ? `at least ${atLeast}` : count === 0 ? 'no' : `exactly ${count}`;
    const noun = `container${(count ?? atLeast) === 1 ? '' : 's'}`;
    return `${many} ${wanted.state === undefined ? '' : `${wanted.state} `}${noun}${features(wanted)}${on(host)}`;
  }
  if ('absent' in check) {
    const { host, name } = check.absent;
    return `no container named ${name}${on(host)}`;
  }
  if ('removed' in check) return `that the container ${check.removed.name} is gone${on(check.removed.host)}`;
  if ('ran' in check) {
    const { host, image, sameImage, name, exitCode, byDocker } = check.ran;
    const named = name === undefined ? '' : ` named ${name}`;
    const code = exitCode === undefined ? '' : ` with exit code ${exitCode}`;
    const by = byDocker === undefined ? '' : `, ended ${byDocker ? 'by' : 'without'} Docker`;
    const from = image === undefined ? `same image as ${sameImage}` : `image ${image}`;
    return `a container from the ${from}${named} that has run to its end${code}${by}${on(host)}`;
  }
  if ('exec' in check) return `${check.exec.means} in the container ${check.exec.container}${on(check.exec.host)}`;
  if ('log' in check) return `${check.log.means} in the log of ${check.log.container}${on(check.log.host)}`;
  if ('image' in check) return imageInWords(check.image) + on(check.image.host);
  if ('network' in check) {
    const { host, name, driver, containers } = check.network;
    const kind = driver === undefined ? '' : ` with the driver ${driver}`;
    return `a network ${name}${kind}${containers === undefined ? '' : ` with ${listed(containers)} on it`}${on(host)}`;
  }
  if ('file' in check) {
    const { host, path, exists = true, contains, equals, means } = check.file;
    if (means !== undefined) return `a file ${path} with ${means}${on(host)}`;
    if (contains !== undefined) return `a file ${path} with “${contains.trim()}” in it${on(host)}`;
    if (equals !== undefined) return `a file ${path} with exactly the text that is asked for${on(host)}`;
    return `${exists ? 'a' : 'no'} file ${path}${on(host)}`;
  }
  if ('http' in check) {
    const { host, port, path, status, contains } = check.http;
    const text = contains === undefined ? '' : ` and “${contains.trim()}” in it`;
    return `an answer from port ${port} for ${path} with status ${status}${text}${on(host)}`;
  }
  if ('process' in check) return check.process.means + on(check.process.host);
  if ('command' in check) return check.command.means + on(check.command.host);
  if ('all' in check) return listed(check.all.map(inWords));
  if ('any' in check) return listed(check.any.map(inWords), 'or');
  return 'not' in check ? `not ${inWords(check.not)}` : inWords(check.after.check);
}
