// docker ps: the containers of one host, chosen by filters, newest first.

import { EngineError } from '../errors.ts';
import { namePattern } from '../patterns/pattern.ts';
import { WorkBudget } from '../work-budget.ts';
import type { Container, ContainerHost } from './container.ts';
import { type Filters, flagFilter, matchLabels } from './filters.ts';
import { linkNamesOf } from './links.ts';
import { shownMount } from './mounts/mount-point.ts';
import { networkSummaries, networksOfContainer, portSummaries } from './network-settings.ts';
import { shownContainers } from './shown.ts';
import { sizesOf } from './sizes.ts';
import { statusInWords } from './status.ts';

/** The keys that `docker ps --filter` knows; another is refused by `parseFilters`. */
export const listFilterKeys =
  `ancestor before exited expose health id is-task isolation label name network publish since
 status volume`.split(/\s+/);

const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

export interface ListOptions {
  readonly all: boolean;
  /** The newest so many, whatever their state; null or less than 1 for no limit. */
  readonly limit: number | null;
  readonly size: boolean;
  readonly filters: Filters;
}

type Test = (container: Container) => boolean;

function createdOf(container: Container): number {
  return Date.parse(container.record.created);
}

/** The IDs of the images that `references` name; one that names nothing matches nothing. */
function imageIds(host: ContainerHost, references: readonly string[]): Set<string> {
  const ids = new Set<string>();
  for (const reference of references) {
    try {
      ids.add(host.images.resolve(reference).id);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }
  return ids;
}

/** `80`, `80/udp`, `8000-8010/tcp`. */
function portTest(filter: string, value: string): (port: number, type: string) => boolean {
  const parts = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/.exec(value);
  if (!parts) throw new EngineError('invalid', `invalid filter '${filter}=${value.slice(0, 40)}'`);
  const first = Number(parts[1]);
  const last = Number(parts[2] ?? parts[1]);
  return (port, type) => port >= first && port <= last && type === (parts[3] ?? 'tcp');
}

/** Of a container that does not run neither is known, as in moby. */
function portsTest(filters: Filters, key: 'publish' | 'expose'): Test {
  const wanted = (filters.get(key) ?? []).map((value) => portTest(key, value));
  if (wanted.length === 0) return () => true;
  return ({ record, running }) => {
    if (!running) return false;
    const published = record.ports.map(({ hostPort, protocol }) => [hostPort, protocol] as const);
    const exposed = Object.keys(record.config.ExposedPorts ?? {}).map((port) => {
      const [number, type = 'tcp'] = port.split('/');
      return [Number(number), type] as const;
    });
    return wanted.some((test) => (key === 'publish' ? published : exposed).some(([port, type]) => test(port, type)));
  };
}

/** True when one of the filter's values passes, or it has none. */
function anyOf(filters: Filters, key: string, make: (value: string) => Test): Test {
  const tests = (filters.get(key) ?? []).map(make);
  return tests.length === 0 ? () => true : (container) => tests.some((test) => test(container));
}

function exitedTest(value: string): Test {
  if (!/^-?\d{1,4}$/.test(value)) {
    const given = value.slice(0, 40);
    const why = `strconv.Atoi: parsing ${JSON.stringify(given)}: invalid syntax`;
    throw new EngineError('invalid', `invalid filter 'exited=${given}': ${why}`);
  }
  return ({ state, running }) => !running && state.status === 'exited' && state.exitCode === Number(value);
}

function statusTest(value: string): Test {
  if (!statuses.includes(value)) {
    const given = value.slice(0, 40);
    const why = `invalid value for state (${given}): must be one of ${statuses.join(', ')}`;
    throw new EngineError('invalid', `invalid filter 'status=${given}': ${why}`);
  }
  return ({ state }) => state.status === value;
}

function healthTest(value: string): Test {
  if (!['none', 'starting', 'healthy', 'unhealthy'].includes(value)) {
    const given = value.slice(0, 40);
    const why = `invalid value for health (${given}): must be one of none, starting, healthy, unhealthy`;
    throw new EngineError('invalid', `invalid filter 'health=${given}': ${why}`);
  }
  return ({ state }) => (state.health?.Status ?? 'none') === value;
}

/** No container here is a swarm's. */
function isTaskTest(wanted: boolean | null): Test {
  return () => wanted !== true;
}

function networkTest(value: string): Test {
  return (container) =>
    networksOfContainer(container).some(({ id, name }) => name === value || (value !== '' && id.startsWith(value)));
}

/** The name of a volume, the source of a bind, or a place in the container. */
function volumeTest(value: string): Test {
  return ({ record }) =>
    record.mounts.some(({ name, source, destination }) => (name || source) === value || destination === value);
}

function ancestorTest(host: ContainerHost, filters: Filters): Test {
  const references = filters.get('ancestor');
  if (!references || references.length === 0) return () => true;
  const ids = imageIds(host, references);
  return ({ record }) => ids.has(record.imageId);
}

function chosenBy(host: ContainerHost, filters: Filters): Test {
  const budget = new WorkBudget();
  const patternOf = (key: 'name' | 'id') =>
    anyOf(filters, key, (value) => {
      const matches = namePattern(value, budget);
      return key === 'id' ? ({ id }) => matches(id) : ({ name }) => matches(name) || matches(`/${name}`);
    });
  const tests: Test[] = [
    ({ record }) => matchLabels(filters.get('label'), record.config.Labels),
    patternOf('name'),
    patternOf('id'),
    anyOf(filters, 'exited', exitedTest),
    anyOf(filters, 'status', statusTest),
    anyOf(filters, 'health', healthTest),
    anyOf(filters, 'network', networkTest),
    anyOf(filters, 'volume', volumeTest),
    isTaskTest(flagFilter(filters, 'is-task')),
    portsTest(filters, 'publish'),
    portsTest(filters, 'expose'),
    ancestorTest(host, filters),
  ];
  for (const [key, keep] of [
    ['before', (created: number, other: number) => created < other],
    ['since', (created: number, other: number) => created > other],
  ] as const)
    for (const reference of filters.get(key) ?? []) {
      const other = createdOf(host.findContainer(reference));
      tests.push((container) => keep(createdOf(container), other));
    }
  return (container) => tests.every((test) => test(container));
}

/** The image's name, or its ID if the name now means another image. */
export function imageName(container: Container): string {
  const { config, imageId } = container.record;
  try {
    return container.host.images.resolve(config.Image).id === imageId ? config.Image : imageId;
  } catch {
    return imageId;
  }
}

/** A list leaves `SizeRw` out where it is 0; inspect does not. */
async function sizesInList(container: Container): Promise<object> {
  const { SizeRw, SizeRootFs } = await sizesOf(container);
  return { ...(SizeRw > 0 && { SizeRw }), SizeRootFs };
}

async function summary(container: Container, withSize: boolean): Promise<object> {
  const { record, state } = container;
  const words = record.args.map((word) => (word.includes(' ') ? `'${word}'` : word));
  return {
    Id: record.id,
    Names: [`/${record.name}`, ...linkNamesOf(container)].sort(),
    Image: imageName(container),
    ImageID: record.imageId,
    Command: [record.path, ...words].join(' '),
    Created: Math.floor(createdOf(container) / 1000),
    Ports: portSummaries(container),
    ...(withSize && (await sizesInList(container))),
    Labels: record.config.Labels,
    State: state.status,
    Status: statusInWords(state, Date.now()),
    HostConfig: { NetworkMode: record.hostConfig.NetworkMode },
    NetworkSettings: { Networks: networkSummaries(container) },
    Mounts: record.mounts.map(shownMount),
  };
}

/** The containers that `options` choose, newest first. Throws invalid for a filter's value, notFound for before/since. */
export function chooseContainers(host: ContainerHost, options: Omit<ListOptions, 'size'>): Container[] {
  const limited = options.limit !== null && options.limit > 0;
  const all = options.all || limited || (options.filters.get('status')?.length ?? 0) > 0;
  const chosen = chosenBy(host, options.filters);
  const containers = shownContainers(host)
    .filter((container) => (all || container.active) && chosen(container))
    .sort((a, b) => createdOf(b) - createdOf(a));
  return limited ? containers.slice(0, options.limit ?? undefined) : containers;
}

/** The body of `GET /containers/json`. */
export async function listContainers(host: ContainerHost, options: ListOptions): Promise<object[]> {
  return await Promise.all(chooseContainers(host, options).map((container) => summary(container, options.size)));
}
