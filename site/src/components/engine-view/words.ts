/** The engine view in words: one sentence for each thing, and what changed from one view to the next. */
import type { View, ViewContainer, ViewImage, ViewMachine, ViewNetwork } from '@drydock/sandbox-server/protocol';
import { counted, diskSize, duration, memoryOf, memorySize } from './sizes.ts';

const mostPorts = 3;

/** The image's name: its first tag, or the start of its id. */
export function imageName({ tags, id }: ViewImage): string {
  return tags[0] ?? id.replace(/^sha256:/, '').slice(0, 12);
}

/** `running`, `exited 1`, `paused`. */
export function stateWords({ state, exitCode }: ViewContainer): string {
  return state === 'exited' && exitCode !== null ? `exited ${exitCode}` : state;
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

function containerSentence(container: ViewContainer): string {
  const { name, image, processes, ports, memoryBytes } = container;
  const parts = [`Container ${name} from ${image}: ${stateWords(container)}`];
  if (isUp(container))
    parts.push(`${counted(processes.length, 'process', 'processes')}, ${memorySize(memoryBytes)} of memory`);
  parts.push(`own layer ${ownLayerWords(container)}`);
  parts.push(
    ports.length === 0
      ? 'no port published'
      : ports.map((port) => `port ${port.host} leads to its port ${port.container}`).join(' and '),
  );
  return `${parts.join('; ')}.`;
}

function networkSentence({ name, subnet, members }: ViewNetwork): string {
  const who = members.map(({ container, address }) => `${container} at ${address || 'no address'}`).join(', ');
  return `Network ${name}${subnet === '' ? '' : ` (${subnet})`}: ${who === '' ? 'nobody is on it' : who}.`;
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

/** A view has no volumes yet: there is none on any host. */
export const noVolumes = 'None yet. Data that outlives its container will show here.';

/** Everything that the picture shows, a sentence each. */
export function inWords(view: View): readonly string[] {
  return [
    ...(view.images.length === 0 ? ['There is no image yet.'] : view.images.map((image) => imageSentence(image, view))),
    ...(view.containers.length === 0 ? ['There is no container yet.'] : view.containers.map(containerSentence)),
    ...shownNetworks(view).map(networkSentence),
    'There is no volume yet.',
    ...(view.machine ? [machineSentence(view.machine)] : []),
    `Memory: ${memoryOf(view.memory.usedBytes, view.memory.limitBytes)}.`,
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
    }
    containers.delete(container.id);
  }
  for (const { name } of containers.values()) said.push(`Container ${name} is gone.`);
  const networks = new Set(before.networks.map(({ name }) => name));
  for (const { name } of now.networks) if (!networks.delete(name)) said.push(`New network ${name}.`);
  for (const name of networks) said.push(`Network ${name} is gone.`);
  if (before.machine?.state !== now.machine?.state && now.machine) said.push(machineSentence(now.machine));
  return said.length > 4 ? `${said.slice(0, 4).join(' ')} And ${said.length - 4} more changes.` : said.join(' ');
}
