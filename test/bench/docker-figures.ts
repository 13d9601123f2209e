// What a class does all day, and what moves many bytes: many containers at once, compose, cp, save, load, logs, a published port,
// names. Theirs and ours in turn, so that both meet the machine in the same mood.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { makeDockerConfig } from '../support/docker-config.ts';
import { tarOf } from '../support/tar.ts';
import { copyImage, docker, timed } from './clock.ts';
import { besideTheirs, type Figure } from './figures.ts';

const run = promisify(execFile);
const rounds = 4;
const many = 20;
const bytes = 100 * 1024 * 1024;
const lookUps = 2000;

/** A Docker Engine that is measured. */
export interface Measured {
  readonly socket: string;
  /** The path of the network namespace that its published ports are in. */
  readonly network: string;
}

interface Place {
  readonly socket: string;
  readonly network: string;
  /** Of this engine alone. */
  readonly folder: string;
}

interface Task {
  readonly name: string;
  /** How many times faster ours is to be. */
  readonly least: number;
  readonly before?: (place: Place) => Promise<unknown>;
  readonly once: (place: Place) => Promise<unknown>;
  readonly after?: (place: Place) => Promise<unknown>;
}

const names = Array.from({ length: many }, (_, at) => `m${at}`);
const runMany = ({ socket }: Place) =>
  Promise.all(names.map((name) => docker(socket, 'run', '-d', '--name', name, 'busybox', 'sleep', '1000')));
const removeMany = ({ socket }: Place) => docker(socket, 'rm', '-f', ...names);

const composeFile = `
services:
  web: { image: busybox, command: httpd -f, init: true, ports: ["8090:80"], depends_on: [api] }
  api: { image: busybox, command: sleep 1000, init: true, depends_on: [data] }
  data: { image: busybox, command: sleep 1000, init: true, volumes: ["kept:/data"] }
volumes: { kept: {} }
`;
const compose = ({ socket, folder }: Place, ...args: string[]) =>
  docker(
    socket,
    ...['--config', path.join(folder, 'docker'), 'compose', '-p', 'bench', '-f', path.join(folder, 'compose.yaml')],
    ...args,
  );

/** Asks the embedded name server for the container's own neighbour, one question after the other. */
const asking = `
import socket, struct
name = b''.join(bytes([len(label)]) + label for label in b'standing'.split(b'.')) + b'\\0'
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.connect(('127.0.0.11', 53))
server.settimeout(5)
for number in range(${lookUps}):
    server.send(struct.pack('>6H', number, 256, 1, 0, 0, 0) + name + struct.pack('>2H', 1, 1))
    answer = server.recv(512)
    assert answer[:2] == struct.pack('>H', number) and answer[7] == 1, answer
`;

const tasks: readonly Task[] = [
  { name: `${many} docker run -d at once`, least: 6, once: runMany, after: removeMany },
  { name: `docker rm -f of ${many}`, least: 6, before: runMany, once: removeMany },
  {
    name: 'compose up -d, three services',
    least: 2,
    once: (place) => compose(place, 'up', '-d'),
    after: (place) => compose(place, 'down', '-v'),
  },
  {
    name: 'compose down of them',
    least: 2,
    before: (place) => compose(place, 'up', '-d'),
    once: (place) => compose(place, 'down', '-v'),
  },
  {
    name: 'docker cp of 100 MB in',
    least: 1,
    once: ({ socket, folder }) => docker(socket, 'cp', path.join(folder, 'random'), 'standing:/in'),
  },
  {
    name: 'docker cp of 100 MB out',
    least: 1,
    once: ({ socket, folder }) => docker(socket, 'cp', 'standing:/in', path.join(folder, 'out')),
  },
  {
    name: 'docker save of 100 MB',
    least: 1,
    once: ({ socket, folder }) => docker(socket, 'save', '-o', path.join(folder, 'saved.tar'), 'big'),
  },
  {
    name: 'docker load of 100 MB',
    least: 1,
    before: ({ socket }) => docker(socket, 'rmi', 'big'),
    once: ({ socket, folder }) => docker(socket, 'load', '-q', '-i', path.join(folder, 'saved.tar')),
  },
  {
    name: 'docker logs of 100 MB',
    least: 1,
    once: ({ socket }) => run('sh', ['-c', `docker -H unix://${socket} logs talked | wc -c`]),
  },
  {
    name: '100 MB by HTTP from a published port',
    least: 1,
    once: ({ network }) =>
      run('nsenter', [`--net=${network}`, 'curl', '-sSf', '-o', '/dev/null', 'http://127.0.0.1:8080/in']),
  },
  {
    name: `${lookUps} names asked of 127.0.0.11`,
    least: 1,
    once: ({ socket }) => docker(socket, 'exec', 'asks', 'python3', '-c', asking),
  },
];

/** What all tasks stand on: containers that serve, have talked and ask, and a big image. */
async function prepare({ socket, folder }: Place): Promise<void> {
  const content = randomBytes(bytes);
  await writeFile(path.join(folder, 'random'), content);
  await writeFile(path.join(folder, 'big.tar'), await tarOf([[{ name: 'random' }, new Uint8Array(content)]]));
  await writeFile(path.join(folder, 'compose.yaml'), composeFile);
  makeDockerConfig(path.join(folder, 'docker'));
  await docker(socket, 'import', path.join(folder, 'big.tar'), 'big');
  await docker(socket, 'network', 'create', 'names');
  const standing = ['--name', 'standing', '--network', 'names', '-p', '8080:80'];
  await docker(socket, 'run', '-d', ...standing, 'busybox', 'httpd', '-f', '-h', '/');
  await docker(socket, 'run', '-d', '--name', 'asks', '--network', 'names', 'python', 'sleep', '100000');
  // Lines of 100 bytes.
  const talk = `yes ${'x'.repeat(99)} | head -c ${bytes}`;
  await docker(socket, 'run', '-d', '--name', 'talked', 'busybox', 'sh', '-c', talk);
  await docker(socket, 'wait', 'talked');
}

/** `theirs` null: ours alone. */
export async function dockerTaskFigures(ours: Measured, theirs: Measured | null): Promise<Figure[]> {
  await docker(ours.socket, 'pull', '-q', 'busybox');
  await docker(ours.socket, 'pull', '-q', 'python');
  if (theirs) await copyImage(ours.socket, theirs.socket, 'python');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drydock-bench-'));
  const places: Place[] = [];
  try {
    for (const engine of theirs ? [theirs, ours] : [ours]) {
      const place = { ...engine, folder: await mkdtemp(path.join(folder, 'engine-')) };
      places.push(place);
      await prepare(place);
    }
    const figures: Figure[] = [];
    for (const { name, least, before, once, after } of tasks) {
      const times = new Map(places.map(({ socket }) => [socket, [] as number[]]));
      for (let round = 0; round < rounds; round++)
        for (const place of places) {
          await before?.(place);
          times.get(place.socket)?.push(await timed(() => once(place)));
          await after?.(place);
        }
      const timesOf = (engine: Measured | null) => times.get(engine?.socket ?? '')?.slice(1) ?? [];
      figures.push(...besideTheirs(name, timesOf(ours), timesOf(theirs), least));
    }
    return figures;
  } finally {
    for (const { socket } of places) await docker(socket, 'rm', '-f', 'standing', 'asks', 'talked').catch(() => '');
    await rm(folder, { recursive: true, force: true });
  }
}
