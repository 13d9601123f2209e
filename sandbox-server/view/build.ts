// Puts a host's view together from facts, bounded. Pure: the same facts, the same view.

import type { HostUsage } from '@drydock/runtime';
import { maxViewBytes } from '../limits.ts';
import type { View, ViewContainer, ViewImage, ViewLayer, ViewMachine, ViewNetwork } from '../protocol.ts';
import type { ContainerTimes, ListedImage, ListedNetwork, ShownContainer } from './docker-answers.ts';
import { plainText } from './plain-text.ts';

export interface ViewFacts {
  /** The lab's name of the host. */
  readonly host: string;
  readonly containers: readonly ShownContainer[];
  readonly times: ReadonlyMap<string, ContainerTimes>;
  readonly images: readonly ListedImage[];
  /** By the image's id. */
  readonly layers: ReadonlyMap<string, readonly ViewLayer[]>;
  readonly networks: readonly ListedNetwork[];
  readonly usage: HostUsage;
  readonly machine: ViewMachine | null;
  readonly kernel: string;
}

/** How much of each is told. The first of these whose view fits is taken; the last one always does. */
interface Most {
  readonly images: number;
  readonly tags: number;
  readonly layers: number;
  readonly containers: number;
  readonly processes: number;
  readonly ports: number;
  readonly networks: number;
  readonly members: number;
}
const most: readonly Most[] = [
  { images: 50, tags: 10, layers: 60, containers: 50, processes: 50, ports: 20, networks: 20, members: 50 },
  { images: 50, tags: 4, layers: 20, containers: 50, processes: 10, ports: 10, networks: 20, members: 20 },
  { images: 50, tags: 2, layers: 8, containers: 50, processes: 3, ports: 4, networks: 20, members: 8 },
  { images: 12, tags: 1, layers: 3, containers: 12, processes: 2, ports: 2, networks: 8, members: 4 },
];

export function viewOf(facts: ViewFacts): View {
  const views = most.values().map((bound) => boundedView(facts, bound));
  let last = views.next().value as View;
  for (const view of views) {
    if (Buffer.byteLength(JSON.stringify(last)) <= maxViewBytes) break;
    last = view;
  }
  return last;
}

function boundedView(facts: ViewFacts, bound: Most): View {
  const { host, containers, images, networks, usage, machine, kernel } = facts;
  return {
    type: 'view',
    host,
    images: images.slice(0, bound.images).map((image) => viewImage(image, facts, bound)),
    containers: containers.slice(0, bound.containers).map((container) => viewContainer(container, facts, bound)),
    networks: networks.slice(0, bound.networks).map((network) => viewNetwork(network, containers, bound)),
    memory: { usedBytes: roundedTo(1024 * 1024, usage.memoryBytes), limitBytes: usage.memoryLimitBytes },
    machine: machine && { ...machine, memoryBytes: roundedTo(1024 * 1024, machine.memoryBytes) },
    kernel,
    more: images.length > bound.images || containers.length > bound.containers || networks.length > bound.networks,
  };
}

function viewImage({ id, tags, size }: ListedImage, { layers }: ViewFacts, bound: Most): ViewImage {
  const all = layers.get(id) ?? [];
  // Of too many the base and the newest say most.
  const left = all.length - bound.layers;
  const told = left <= 0 ? all : [...all.slice(0, 1), ...all.slice(left + 1)];
  return { id, tags: tags.slice(0, bound.tags), size, layers: told };
}

function viewContainer(container: ShownContainer, { times, usage }: ViewFacts, bound: Most): ViewContainer {
  const { id, name, image, imageId, state, command, ports } = container;
  const time = times.get(id);
  const used = usage.containers.find((one) => one.id === id);
  // Use was looked at a moment before or after the list: what has ended meanwhile runs and takes nothing any more.
  const isUp = runs(container);
  const processes = usage.processes.filter((process) => isUp && process.container === id).slice(0, bound.processes);
  return {
    id,
    name,
    image,
    imageId,
    state,
    exitCode: state === 'exited' || state === 'dead' ? (time?.exitCode ?? null) : null,
    command,
    since: time?.since ?? '',
    readyMs: time?.readyMs ?? null,
    ports: ports.slice(0, bound.ports),
    ownLayer: { files: used?.ownLayer.files ?? 0, bytes: used?.ownLayer.bytes ?? 0 },
    memoryBytes: roundedTo(100 * 1024, isUp ? (used?.memoryBytes ?? 0) : 0),
    processes: processes.map((one) => ({ pid: one.pid, inside: one.insidePid, command: plainText(one.command, 100) })),
  };
}

function viewNetwork(
  { name, driver, subnet }: ListedNetwork,
  containers: readonly ShownContainer[],
  bound: Most,
): ViewNetwork {
  const members = containers
    .filter(runs)
    .flatMap((container) =>
      container.networks
        .filter((one) => one.name === name)
        .map(({ address }) => ({ container: container.name, address })),
    );
  return { name: plainText(name, 64), driver, subnet, members: members.slice(0, bound.members) };
}

function runs({ state }: ShownContainer): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}

/** What jitters below what is shown is no news. */
function roundedTo(step: number, bytes: number): number {
  return Math.round(bytes / step) * step;
}
