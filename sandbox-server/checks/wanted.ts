// Says in words what a check asks for: `a running container named web from the image nginx`.

import { type AbsentCheck, type Check, type ContainerFilter, hostOf } from '../../lessons/schema.ts';
import { buildsInWords } from './builds/kinds.ts';
import { connectionInWords } from './connection-check.ts';
import { whereIn } from './file-place.ts';
import { moveCheckOf } from './judge.ts';
import { wantedMounts } from './mounts.ts';
import { networkInWords } from './network-check.ts';
import { moveInWords } from './registries/moves-check.ts';
import { originInWords } from './registries/origin.ts';
import { repositoryInWords } from './registries/repository-check.ts';
import { listed } from './shown.ts';
import { volumeInWords } from './volume-check.ts';

const pairs = (all: Readonly<Record<string, string>>) => Object.entries(all).map(([name, value]) => `${name}=${value}`);
const on = (host: string | undefined) => (host === undefined ? '' : ` on the host ${host}`);

function features(wanted: ContainerFilter): string {
  const { name, image, sameImage, detached, port, publishes, exitCode } = wanted;
  const { oomKilled, command, env, labels, network, networks, mounts, health, restart, restartsAtLeast } = wanted;
  const { memory, memoryReservation, cpus, cpuShares, pids, readOnly, autoRemove, user, error, repository } = wanted;
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
    ...(networks === undefined ? [] : [`on the network${networks.length === 1 ? '' : 's'} ${listed(networks)} alone`]),
    ...(mounts === undefined ? [] : [`with ${wantedMounts(mounts)}`]),
    ...(health === undefined ? [] : [health === 'none' ? 'without a health check' : `that is ${health}`]),
    ...(restart === undefined ? [] : [`with the restart policy ${restart}`]),
    ...(restartsAtLeast === undefined ? [] : [`restarted at least ${restartsAtLeast} times`]),
    ...(memory === undefined ? [] : [memory === 'none' ? 'without a limit of memory' : `with ${memory} of memory`]),
    ...(cpus === undefined ? [] : [cpus === 'none' ? 'without a limit of CPUs' : `with ${cpus} CPUs`]),
    ...(memoryReservation === undefined ? [] : [`with a memory reservation of ${memoryReservation}`]),
    ...(cpuShares === undefined ? [] : [`with ${cpuShares} CPU shares`]),
    ...(pids === undefined
      ? []
      : [pids === 'none' ? 'without a limit of processes' : `with at most ${pids} processes`]),
    ...(readOnly === undefined ? [] : [`with a file system that is ${readOnly ? 'read-only' : 'writable'}`]),
    ...(autoRemove === undefined ? [] : [autoRemove ? 'that is removed when it ends' : 'that stays when it ends']),
    ...(user === undefined ? [] : [`with the user ${user || 'root'}`]),
    ...(error === undefined ? [] : [`that could not start: ${error}`]),
    ...(repository === undefined ? [] : [originInWords(repository)]),
  ];
  return said.length === 0 ? '' : ` ${said.join(', ')}`;
}

/** `a container` or `an exited container`, with every wanted property. */
export function containerInWords(wanted: ContainerFilter): string {
  const { state } = wanted;
  const kind = state === undefined ? 'container' : `${state} container`;
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}${features(wanted)}`;
}

/** `container named web`, `volume data`. */
export function thingInWords({ name, volume, network, image }: AbsentCheck, named = ' named'): string {
  if (name !== undefined) return `container${named} ${name}`;
  if (volume !== undefined) return `volume ${volume}`;
  return network !== undefined ? `network ${network}` : `image ${image}`;
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
  if ('absent' in check) return `no ${thingInWords(check.absent)}${on(check.absent.host)}`;
  if ('removed' in check) return `that the ${thingInWords(check.removed, '')} is gone${on(check.removed.host)}`;
  if ('ran' in check) {
    const { host, image, sameImage, name, exitCode, byDocker, oomKilled } = check.ran;
    const named = name === undefined ? '' : ` named ${name}`;
    const code = exitCode === undefined ? '' : ` with exit code ${exitCode}`;
    const by = byDocker === undefined ? '' : `, ended ${byDocker ? 'by' : 'without'} Docker`;
    const oom = oomKilled === undefined ? '' : `, ${oomKilled ? '' : 'not '}for want of memory`;
    const from = image === undefined ? `same image as ${sameImage}` : `image ${image}`;
    return `a container from the ${from}${named} that has run to its end${code}${by}${oom}${on(host)}`;
  }
  if ('exec' in check) return `${check.exec.means} in the container ${check.exec.container}${on(check.exec.host)}`;
  if ('log' in check) return `${check.log.means} in the log of ${check.log.container}${on(check.log.host)}`;
  const ofBuilds = buildsInWords(check);
  if (ofBuilds !== undefined) return ofBuilds + on(hostOf(check));
  if ('network' in check) return networkInWords(check.network) + on(check.network.host);
  if ('volume' in check) return volumeInWords(check.volume) + on(check.volume.host);
  if ('connection' in check) return connectionInWords(check.connection) + on(check.connection.host);
  if ('repository' in check) return repositoryInWords(check.repository);
  const move = moveCheckOf(check);
  if (move !== null) return moveInWords(move) + on(move.host);
  if ('yaml' in check || 'compose' in check) {
    const said = 'yaml' in check ? check.yaml : check.compose;
    const what = said.means === undefined ? 'that says what is asked for' : `with ${said.means}`;
    return `a file ${said.path}${whereIn(said)} ${what}${on(said.host)}`;
  }
  if ('file' in check) {
    const { host, path, exists = true, contains, equals, means } = check.file;
    const file = `file ${path}${whereIn(check.file)}`;
    if (means !== undefined) return `a ${file} with ${means}${on(host)}`;
    if (contains !== undefined) return `a ${file} with “${contains.trim()}” in it${on(host)}`;
    if (equals !== undefined) return `a ${file} with exactly the text that is asked for${on(host)}`;
    return `${exists ? 'a' : 'no'} ${file}${on(host)}`;
  }
  if ('http' in check) {
    const { host, port, path, status, contains } = check.http;
    const text = contains === undefined ? '' : ` and “${contains.trim()}” in it`;
    return `an answer from port ${port} for ${path} with status ${status}${text}${on(host)}`;
  }
  if ('process' in check) {
    const { means, atLeast, host } = check.process;
    return `${atLeast === undefined ? '' : `at least ${atLeast} processes: `}${means}${on(host)}`;
  }
  if ('command' in check) return check.command.means + on(check.command.host);
  if ('all' in check) return listed(check.all.map(inWords));
  if ('any' in check) return listed(check.any.map(inWords), 'or');
  if ('not' in check) return `not ${inWords(check.not)}`;
  return 'after' in check ? inWords(check.after.check) : '';
}
