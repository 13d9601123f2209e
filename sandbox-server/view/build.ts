// Puts a host's view together from facts, bounded. Pure: the same facts, the same view.

import type { HostUsage } from '@drydock/runtime';
import { maxViewBytes } from '../limits.ts';
import type { View, ViewContainer, ViewImage, ViewLayer, ViewMachine, ViewNetwork, ViewVolume } from '../protocol.ts';
import type { ContainerTimes, ListedImage, ListedNetwork, ShownContainer } from './docker-answers.ts';
import type { Inspected } from './inspected.ts';
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
  /** By the container's id. */
  readonly inspected: ReadonlyMap<string, Inspected>;
  /** Names, the oldest first. */
  readonly volumes: readonly string[];
  readonly usage: HostUsage;
  readonly machine: ViewMachine | null;
  readonly kernel: string;
}

/** How much of each is shown. The first of these whose view fits into a message is taken; the last one always fits. */
interface Most {
  readonly images: number;
  readonly tags: number;
  readonly layers: number;
  readonly containers: number;
  readonly processes: number;
  readonly ports: number;
  readonly networks: number;
  readonly members: number;
  /** Other names of a member. */
  readonly names: number;
  readonly volumes: number;
  readonly users: number;
  readonly binds: number;
}
const whole: Most = {
  images: 50,
  tags: 10,
  layers: 60,
  containers: 50,
  processes: 50,
  ports: 20,
  networks: 20,
  members: 50,
  names: 3,
  volumes: 20,
  users: 20,
  binds: 10,
};
const small = { networks: 8, members: 4, names: 0, volumes: 8, users: 2, binds: 1 };
const most: readonly Most[] = [
  whole,
  { ...whole, tags: 4, layers: 20, processes: 10, ports: 10, members: 20, users: 10, binds: 5 },
  { ...whole, tags: 2, layers: 8, processes: 3, ports: 4, members: 8, names: 1, users: 4, binds: 2 },
  { ...small, images: 12, tags: 1, layers: 3, containers: 12, processes: 1, ports: 2 },
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
  const { host, containers, images, networks, volumes, usage, machine, kernel } = facts;
  return {
    type: 'view',
    host,
    images: images.slice(0, bound.images).map((image) => viewImage(image, facts, bound)),
    containers: containers.slice(0, bound.containers).map((container) => viewContainer(container, facts, bound)),
    networks: networks.slice(0, bound.networks).map((network) => viewNetwork(network, facts, bound)),
    volumes: volumes.slice(0, bound.volumes).map((volume) => viewVolume(volume, containers, bound)),
    memory: { usedBytes: roundedTo(1024 * 1024, usage.memoryBytes), limitBytes: usage.memoryLimitBytes },
    machine: machine && { ...machine, memoryBytes: roundedTo(1024 * 1024, machine.memoryBytes) },
    kernel,
    more:
      images.length > bound.images ||
      containers.length > bound.containers ||
      networks.length > bound.networks ||
      volumes.length > bound.volumes,
  };
}

function viewImage({ id, tags, size }: ListedImage, { layers }: ViewFacts, bound: Most): ViewImage {
  const all = layers.get(id) ?? [];
  // Where there are too many layers, the base and the newest say most.
  const left = all.length - bound.layers;
  const told = left <= 0 ? all : [...all.slice(0, 1), ...all.slice(left + 1)];
  return { id, tags: tags.slice(0, bound.tags), size, layers: told };
}

/** Of a container that nobody has inspected: it has just been made. */
const unknown: Omit<Inspected, 'names'> = {
  health: null,
  restarts: 0,
  oomKilled: false,
  limits: { memoryBytes: 0, cpus: 0, pids: 0 },
};

function viewContainer(container: ShownContainer, { times, inspected, usage }: ViewFacts, bound: Most): ViewContainer {
  const { id, name, image, imageId, state, command, ports, mounts } = container;
  const time = times.get(id);
  const { health, restarts, oomKilled, limits } = inspected.get(id) ?? unknown;
  const used = usage.containers.find((one) => one.id === id);
  // Use was read a moment before or after the list. A container that is listed as ended shows no processes.
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
    pids: isUp ? (used?.pids ?? 0) : 0,
    limits,
    health: isUp ? health : null,
    restarts,
    // A new run has not met its end yet.
    oomKilled: oomKilled && state !== 'running',
    binds: mounts
      .filter(({ type }) => type === 'bind')
      .slice(0, bound.binds)
      .map(({ source, destination, readOnly }) => ({ source, at: destination, readOnly })),
    processes: processes.map((one) => ({ pid: one.pid, inside: one.insidePid, command: plainText(one.command, 100) })),
  };
}

function viewNetwork(
  { name, driver, subnet, internal }: ListedNetwork,
  { containers, inspected }: ViewFacts,
  bound: Most,
): ViewNetwork {
  const members = containers.filter(runs).flatMap((container) =>
    container.networks
      .filter((one) => one.name === name)
      .map(({ address }) => ({
        container: container.name,
        address,
        names: (inspected.get(container.id)?.names.get(name) ?? []).slice(0, bound.names),
      })),
  );
  return { name: plainText(name, 64), driver, subnet, internal, members: members.slice(0, bound.members) };
}

function viewVolume(name: string, containers: readonly ShownContainer[], bound: Most): ViewVolume {
  const users = containers.flatMap((container) =>
    container.mounts
      .filter((mount) => mount.type === 'volume' && mount.name === name)
      .map(({ destination, readOnly }) => ({ container: container.name, at: destination, readOnly })),
  );
  return { name: plainText(name, 64), users: users.slice(0, bound.users) };
}

function runs({ state }: ShownContainer): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}

/** Rounds figures to what is shown, so that smaller changes cause no message. */
function roundedTo(step: number, bytes: number): number {
  return Math.round(bytes / step) * step;
}
