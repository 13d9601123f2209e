/** The engine view in words: one sentence for each thing, and what changed from one view to the next. */
import type {
  View,
  ViewContainer,
  ViewImage,
  ViewMachine,
  ViewNetwork,
  ViewVolume,
} from '@drydock/sandbox-server/protocol';
import { counted, diskSize, duration, memoryOf, memorySize } from './sizes.ts';

const mostPorts = 3;

/** The image's name: its first tag, or the start of its id. */
export function imageName({ tags, id }: ViewImage): string {
  return tags[0] ?? id.replace(/^sha256:/, '').slice(0, 12);
}

/** `running`, `running, healthy`, `exited 1`, `exited 137, out of memory`, `paused`. */
export function stateWords({ state, exitCode, health, oomKilled }: ViewContainer): string {
  const code = state === 'exited' && exitCode !== null ? `exited ${exitCode}` : state;
  if (oomKilled) return `${code}, out of memory`;
  return health === null ? code : `${code}, ${health === 'starting' ? 'health not known yet' : health}`;
}

/** `3 processes`, `12 of 50 processes`: what is limited counts threads too. */
export function processWords({ processes, pids, limits }: ViewContainer): string {
  if (limits.pids > 0) return `${pids} of ${counted(limits.pids, 'process', 'processes')}`;
  return counted(processes.length, 'process', 'processes');
}

/** `5 MB`, `5 of 64 MB`. */
export function memoryWords({ memoryBytes, limits }: ViewContainer): string {
  return limits.memoryBytes > 0 ? memoryOf(memoryBytes, limits.memoryBytes) : memorySize(memoryBytes);
}

/** `at most 0.5 CPUs`; empty where it is not limited. */
export function cpuWords({ limits }: ViewContainer): string {
  const cpus = Math.round(limits.cpus * 100) / 100;
  return cpus === 0 ? '' : `at most ${cpus} CPU${cpus === 1 ? '' : 's'}`;
}

/** `restarted 3 times`; empty where it was not. */
export function restartWords({ restarts }: ViewContainer): string {
  if (restarts === 0) return '';
  return restarts === 1 ? 'restarted once' : `restarted ${restarts} times`;
}

/** Docker's name for a volume that was given none is of no use to a reader. */
export function volumeName({ name }: { readonly name: string }): string {
  return /^[0-9a-f]{64}$/.test(name) ? `without a name (${name.slice(0, 8)}…)` : name;
}

export interface ShownMount {
  readonly kind: 'volume' | 'bind';
  readonly what: string;
  readonly at: string;
}

/** What is mounted in a container: volumes, and files of the host. */
export function mountsOf({ name, binds }: ViewContainer, volumes: readonly ViewVolume[]): readonly ShownMount[] {
  const where = (at: string, readOnly: boolean) => `${at}${readOnly ? ' (read-only)' : ''}`;
  return [
    ...volumes.flatMap((volume) =>
      volume.users
        .filter(({ container }) => container === name)
        .map(({ at, readOnly }) => ({ kind: 'volume', what: volumeName(volume), at: where(at, readOnly) }) as const),
    ),
    ...binds.map(({ source, at, readOnly }) => ({ kind: 'bind', what: source, at: where(at, readOnly) }) as const),
  ];
}

/** The other networks that a container is on. */
export function otherNetworks(container: string, network: ViewNetwork, { networks }: View): readonly string[] {
  return networks
    .filter((other) => other.name !== network.name && other.members.some((member) => member.container === container))
    .map(({ name }) => name);
}

export function ownLayerWords({ ownLayer }: ViewContainer): string {
  if (ownLayer.files === 0 && ownLayer.bytes === 0) return 'empty';
  return `${counted(ownLayer.files, 'file')}, ${diskSize(ownLayer.bytes)}`;
}

/** Does it have processes, even if they stand still? */
export function isUp({ state }: ViewContainer): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}

/** `8080 → 80`, at most three of them. */
export function portWords({ ports }: ViewContainer): string {
  const all = ports.map(({ host, container, protocol }) => `${host} → ${container}${protocol === 'udp' ? '/udp' : ''}`);
  const left = all.length - mostPorts;
  if (left > 0) return `${all.slice(0, mostPorts).join(', ')} and ${left} more`;
  return all.length === 0 ? 'no port' : all.join(', ');
}

/** `2 containers · 1 image`, which the picture tells too, and `38 of 512 MB`. */
export function summary(view: View): { readonly things: string; readonly memory: string } {
  const images = `${counted(view.images.length, 'image')}${view.more ? ' and more' : ''}`;
  return {
    things: `${counted(view.containers.length, 'container')} · ${images}`,
    memory: memoryOf(view.memory.usedBytes, view.memory.limitBytes),
  };
}

/** Layers that hold files, and that another of the images has too. */
export function sharedLayers(image: ViewImage, images: readonly ViewImage[]): ReadonlyMap<string, readonly string[]> {
  const shared = new Map<string, readonly string[]>();
  for (const { id } of image.layers) {
    if (id === '') continue;
    const others = images.filter((other) => other.id !== image.id && other.layers.some((layer) => layer.id === id));
    if (others.length > 0) shared.set(id, others.map(imageName));
  }
  return shared;
}

/** `Shares 1 layer with debian:latest.`, or what is true where it shares none. */
export function sharedWords(image: ViewImage, images: readonly ViewImage[]): string {
  const shared = sharedLayers(image, images);
  if (shared.size === 0) return '';
  const names = [...new Set([...shared.values()].flat())];
  const first = names.slice(0, 2).join(' and ');
  const with_ = names.length > 2 ? `${first} and ${names.length - 2} more` : first;
  return `Shares ${counted(shared.size, 'layer')} with ${with_}.`;
}

function imageSentence(image: ViewImage, view: View): string {
  const layers = image.layers.filter(({ id }) => id !== '').length;
  const users = view.containers.filter(({ imageId }) => imageId === image.id).map(({ name }) => name);
  const used = users.length === 0 ? 'No container uses it.' : `Used by ${users.join(', ')}.`;
  const names = image.tags.length > 1 ? `, also named ${image.tags.slice(1).join(', ')}` : '';
  return `Image ${imageName(image)}${names}: ${counted(layers, 'layer')}, ${diskSize(image.size)}. ${used} ${sharedWords(image, view.images)}`.trim();
}

function containerSentence(container: ViewContainer, { volumes }: View): string {
  const { name, image, ports } = container;
  const parts = [`Container ${name} from ${image}: ${stateWords(container)}`];
  if (isUp(container)) parts.push(`${processWords(container)}, ${memoryWords(container)} of memory`);
  for (const words of [cpuWords(container), restartWords(container)]) if (words !== '') parts.push(words);
  parts.push(`own layer ${ownLayerWords(container)}`);
  parts.push(
    ports.length === 0
      ? 'no port published'
      : ports.map((port) => `port ${port.host} leads to its port ${port.container}`).join(' and '),
  );
  for (const { kind, what, at } of mountsOf(container, volumes))
    parts.push(`${kind === 'volume' ? 'volume ' : ''}${what} is mounted at ${at}`);
  return `${parts.join('; ')}.`;
}

function networkSentence(network: ViewNetwork, view: View): string {
  const { name, subnet, internal, members } = network;
  const who = members.map(({ container, address, names }) => {
    const called = names.length === 0 ? '' : `, also named ${names.join(' and ')}`;
    const others = otherNetworks(container, network, view);
    const also = others.length === 0 ? '' : `, also on ${others.join(' and ')}`;
    return `${container} at ${address || 'no address'}${called}${also}`;
  });
  const kind = `${subnet}${internal ? `${subnet === '' ? '' : ', '}internal` : ''}`;
  const separator = who.some((one) => one.includes(', also')) ? '; ' : ', ';
  return `Network ${name}${kind === '' ? '' : ` (${kind})`}: ${who.length === 0 ? 'nobody is on it' : who.join(separator)}.`;
}

function volumeSentence(volume: ViewVolume): string {
  const users = volume.users.map(
    ({ container, at, readOnly }) => `${container} at ${at}${readOnly ? ' (read-only)' : ''}`,
  );
  return `Volume ${volumeName(volume)}: ${users.length === 0 ? 'kept; no container has it' : `mounted in ${users.join(', ')}`}.`;
}

/** `emulated (tcg)`, `KVM` */
export function acceleratorWords(accelerator: string): string {
  return accelerator === 'kvm' ? 'with KVM' : `emulated (${accelerator.toUpperCase()})`;
}

function machineSentence(machine: ViewMachine): string {
  if (machine.state === 'off') return 'Virtual machine: off.';
  const ready = machine.readyMs === null ? 'booting' : `ready after ${duration(machine.readyMs)}`;
  const kernel = machine.kernel === '' ? '' : `, its own Linux ${machine.kernel}`;
  return `Virtual machine: ${ready}, ${acceleratorWords(machine.accelerator)}${kernel}, ${memorySize(machine.memoryBytes)} of memory.`;
}

/** Networks with somebody on them, and the default one. */
export function shownNetworks(view: View): readonly ViewNetwork[] {
  return view.networks.filter(({ driver, members }) => members.length > 0 || !['host', 'null'].includes(driver));
}

/** Everything that the picture shows, a sentence each. */
export function inWords(view: View): readonly string[] {
  return [
    ...(view.images.length === 0 ? ['There is no image yet.'] : view.images.map((image) => imageSentence(image, view))),
    ...(view.containers.length === 0
      ? ['There is no container yet.']
      : view.containers.map((one) => containerSentence(one, view))),
    ...shownNetworks(view).map((network) => networkSentence(network, view)),
    ...(view.volumes.length === 0 ? ['There is no volume yet.'] : view.volumes.map(volumeSentence)),
    ...(view.machine ? [machineSentence(view.machine)] : []),
    `Memory: ${memoryOf(view.memory.usedBytes, view.memory.limitBytes)}.`,
  ];
}

/** Who was connected to a network, or disconnected from it, while it ran. A container that starts or ends is news of its own. */
function comings(was: ViewNetwork, now: ViewNetwork, before: View): readonly string[] {
  const names = ({ members }: ViewNetwork) => new Set(members.map(({ container }) => container));
  const [then, since] = [names(was), names(now)];
  const ran = (name: string) => before.containers.some((container) => container.name === name && isUp(container));
  const isElsewhere = (name: string) =>
    before.networks.some((network) => network.name !== now.name && names(network).has(name));
  const come = [...since].filter((name) => !then.has(name) && ran(name) && isElsewhere(name));
  const gone = [...then].filter((name) => !since.has(name) && isElsewhere(name));
  return [
    ...come.map((name) => `${name} is on ${now.name} now.`),
    ...gone.map((name) => `${name} is not on ${now.name} any more.`),
  ];
}

/** What is new since `before`, for who cannot see it: empty where nothing but numbers changed. */
export function changes(before: View, now: View): string {
  const said: string[] = [];
  const images = new Map(before.images.map((image) => [image.id, imageName(image)]));
  for (const image of now.images) {
    const name = imageName(image);
    const was = images.get(image.id);
    if (was === undefined) said.push(`New image ${name}.`);
    else if (was !== name) said.push(`Image ${was} is now ${name}.`);
    images.delete(image.id);
  }
  for (const name of images.values()) said.push(`Image ${name} is gone.`);
  const containers = new Map(before.containers.map((container) => [container.id, container]));
  for (const container of now.containers) {
    const was = containers.get(container.id);
    if (!was) said.push(`New container ${container.name}, ${stateWords(container)}.`);
    else {
      if (was.name !== container.name) said.push(`Container ${was.name} is now named ${container.name}.`);
      if (stateWords(was) !== stateWords(container)) said.push(`${container.name} is ${stateWords(container)}.`);
      if (was.restarts < container.restarts) said.push(`${container.name} was ${restartWords(container)}.`);
    }
    containers.delete(container.id);
  }
  for (const { name } of containers.values()) said.push(`Container ${name} is gone.`);
  const networks = new Map(before.networks.map((network) => [network.name, network]));
  for (const network of now.networks) {
    const was = networks.get(network.name);
    if (was === undefined) said.push(`New network ${network.name}.`);
    else said.push(...comings(was, network, before));
    networks.delete(network.name);
  }
  for (const name of networks.keys()) said.push(`Network ${name} is gone.`);
  const volumes = new Map(before.volumes.map((volume) => [volume.name, volume]));
  for (const volume of now.volumes) if (!volumes.delete(volume.name)) said.push(`New volume ${volumeName(volume)}.`);
  for (const volume of volumes.values()) said.push(`Volume ${volumeName(volume)} is gone.`);
  if (before.machine?.state !== now.machine?.state && now.machine) said.push(machineSentence(now.machine));
  return said.length > 4 ? `${said.slice(0, 4).join(' ')} And ${said.length - 4} more changes.` : said.join(' ');
}
