/** What the lessons' figures show where there is no lab: a host drawn as the sentence beside the figure has it. */
import type { View, ViewContainer, ViewImage, ViewMachine, ViewNetwork } from '@drydock/sandbox-server/protocol';
import type { NetworkWish } from './network-plan.ts';

interface Wanted {
  readonly image?: string | undefined;
  readonly containers?: readonly string[];
  /** `8080:80`, as in `docker run -p`; null: none is published. */
  readonly port?: string | null | undefined;
  /** In the place of `bridge` with all containers on it. */
  readonly networks?: readonly NetworkWish[];
  /** A volume that all containers have at `/data`. */
  readonly volume?: string;
  /** Of the last container, which has as many processes as it may. */
  readonly limits?: ViewContainer['limits'];
}

const megabyte = 1_000_000;
const since = '2026-01-01T00:00:00Z';

function exampleImage(name: string): ViewImage {
  const program = name.split(':')[0] ?? name;
  const small = program === 'busybox' ? [{ id: 'example-3', made: 'busybox', size: 2 * megabyte }] : undefined;
  const layers = small ?? [
    { id: 'example-1', made: 'debian', size: 61 * megabyte },
    { id: 'example-2', made: `RUN apt-get install ${program}`, size: 11 * megabyte },
    { id: 'example-4', made: 'COPY files', size: 4_000 },
    { id: '', made: program === 'nginx' ? 'CMD nginx -g "daemon off;"' : `CMD ${program}`, size: 0 },
  ];
  return {
    id: `example ${name}`,
    tags: [name.includes(':') ? name : `${name}:latest`],
    size: layers.reduce((sum, { size }) => sum + size, 0),
    layers: program === 'debian' ? layers.slice(0, 1) : layers,
  };
}

function exampleContainer(name: string, index: number, image: ViewImage, port: string | null): ViewContainer {
  const [host = 8080, container = 80] = (port ?? '').split(':').filter(Boolean).map(Number);
  const program = (image.tags[0] ?? '').split(':')[0] ?? '';
  const processes =
    program === 'nginx'
      ? [
          { pid: 412, inside: 1, command: 'nginx: master process nginx -g daemon off;' },
          { pid: 431, inside: 22, command: 'nginx: worker process' },
          { pid: 432, inside: 23, command: 'nginx: worker process' },
        ]
      : [{ pid: 412, inside: 1, command: program === 'redis' ? 'redis-server *:6379' : program }];
  return {
    id: `example ${name}`,
    name,
    image: image.tags[0] ?? '',
    imageId: image.id,
    state: 'running',
    exitCode: null,
    command: program === 'nginx' ? 'nginx -g "daemon off;"' : program,
    since,
    readyMs: 60,
    ports: port === null ? [] : [{ host: host + index, container, protocol: 'tcp' }],
    ownLayer: index === 0 ? { files: 1, bytes: 3 } : { files: 0, bytes: 0 },
    memoryBytes: (program === 'busybox' ? 1 : 5) * 1024 * 1024,
    pids: processes.length,
    limits: { memoryBytes: 0, cpus: 0, pids: 0 },
    health: null,
    restarts: 0,
    oomKilled: false,
    binds: [],
    processes,
  };
}

const exampleMachine: ViewMachine = {
  state: 'ready',
  accelerator: 'tcg',
  readyMs: 2_400,
  memoryBytes: 190 * 1024 * 1024,
  diskBytes: 30 * megabyte,
  kernel: '6.12.57',
};

/** Addresses as Docker gives them: a range for each network, and numbers from 2 on. */
function exampleNetworks(wanted: readonly NetworkWish[]): readonly ViewNetwork[] {
  return wanted.map(({ name, containers }, place) => ({
    name,
    driver: 'bridge',
    subnet: `172.${17 + place}.0.0/16`,
    internal: false,
    members: containers.map((container, index) => ({
      container,
      address: `172.${17 + place}.0.${index + 2}`,
      names: [],
    })),
  }));
}

export function exampleView({
  image = 'nginx',
  containers = ['web'],
  port = '8080:80',
  networks,
  volume,
  limits,
}: Wanted): View {
  const drawn = exampleImage(image);
  const limited = (one: ViewContainer): ViewContainer => (limits ? { ...one, limits, pids: limits.pids } : one);
  return {
    type: 'view',
    host: 'example',
    images: [drawn],
    containers: containers
      .map((name, index) => exampleContainer(name, index, drawn, port))
      .map((one, index) => (index === containers.length - 1 ? limited(one) : one)),
    networks: exampleNetworks(networks ?? [{ name: 'bridge', containers }]),
    volumes:
      volume === undefined
        ? []
        : [{ name: volume, users: containers.map((container) => ({ container, at: '/data', readOnly: false })) }],
    memory: { usedBytes: 38 * 1024 * 1024, limitBytes: 512 * 1024 * 1024 },
    machine: exampleMachine,
    kernel: '6.1.0',
    more: false,
  };
}
