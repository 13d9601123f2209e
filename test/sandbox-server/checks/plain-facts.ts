// A lab of two hosts as plain facts, one of everything that a check may ask for, and checks as they stand in a lab file.

import assert from 'node:assert/strict';
import { type Check, parseLab, type Task } from '../../../lessons/schema.ts';
import {
  type ContainerFact,
  emptyHost,
  type Facts,
  type HostFacts,
  type ImageFact,
} from '../../../sandbox-server/checks/facts.ts';

/** As it would stand in a lab file. */
export function taskOf(check: string, slips = '[]'): Task {
  const text = `tasks:\n  - { id: a, expected: x, check: ${check}, slips: ${slips}, solution: { run: [ls] } }`;
  const [task] = parseLab(`hosts: [{ name: dev }, { name: prod }]\n${text}`, 'lab.yaml').tasks;
  assert.ok(task);
  return task;
}
export const checkOf = (check: string): Check => taskOf(check).check;

const cache: ContainerFact = {
  id: 'c'.repeat(64),
  name: 'cache',
  image: 'redis:7',
  state: 'running',
  exitCode: null,
  ports: [],
  labels: { tier: 'data' },
  networks: ['bridge'],
  imageId: 'sha256:seven',
  sameImages: ['redis:7.0'],
  started: 'in the background',
  interrupted: false,
  details: {
    command: 'redis-server --save ""',
    env: ['PATH=/bin', 'MODE=a', 'MODE=b'],
    publishes: ['6379:6379'],
    memoryBytes: 64 * 1024 ** 2,
    cpus: 0.5,
    oomKilled: false,
  },
};
const ended: ContainerFact = {
  ...cache,
  id: 'e',
  name: 'done',
  state: 'exited',
  exitCode: 3,
  details: null,
  started: 'in the foreground',
  sameImages: [],
};
const base: ImageFact = {
  id: 'sha256:base',
  digests: [],
  layers: ['l1'],
  sizeBytes: 50 * 1024 ** 2,
  command: 'bash',
  env: ['PATH=/bin'],
  labels: {},
  user: '',
  workdir: '',
  exposes: [],
};
const app: ImageFact = {
  ...base,
  id: 'sha256:app',
  digests: [`sha256:${'d'.repeat(64)}`],
  layers: ['l1', 'l2', 'l3'],
  sizeBytes: 60 * 1024 ** 2,
  command: 'node app.js',
  env: ['PATH=/bin', 'NODE_ENV=production'],
  labels: { maker: 'me' },
  user: 'node',
  workdir: '/app',
  exposes: ['3000/tcp'],
};
const dev: HostFacts = {
  ...emptyHost,
  containers: [cache, ended],
  ended: [
    { name: 'gone', image: 'busybox', exitCode: 0, sameImages: ['bb:1'], byDocker: false },
    { name: 'killed', image: 'nginx', exitCode: 137, sameImages: [], byDocker: true },
  ],
  removed: [{ name: 'cache', doneTasks: new Set(['before']) }],
  execs: [{ container: 'cache', command: 'redis-cli set a 1', exitCode: 0 }],
  logs: new Map([['cache', '* Ready to accept connections\n']]),
  images: new Map([
    ['app', app],
    ['debian', base],
    ['app:2', app],
    ['nginx', null],
  ]),
  networks: new Map([
    ['bridge', { driver: 'bridge', containers: ['cache'] }],
    ['back', null],
  ]),
  files: new Map([
    ['a.txt', { exists: true, text: 'one\ntwo\n' }],
    ['none', { exists: false, text: null }],
    ['folder', { exists: true, text: null }],
    ['empty', { exists: true, text: '' }],
    ['windows.txt', { exists: true, text: '\ufeffone  \r\n\ttwo\t\r\n\r\n' }],
    ['pasted.txt', { exists: true, text: 'FROM\u00a0debian\nCMD “a”\n' }],
  ]),
  answers: new Map([
    ['8080/', { status: 200, text: '<h1>hello</h1>' }],
    ['8080/x', { status: 404, text: 'not found' }],
    ['9/', { status: null, text: 'nothing listens there' }],
  ]),
  processes: [
    { executable: 'redis-server', command: 'redis-server *:6379', container: 'cache' },
    { executable: 'bash', command: '-bash', container: null },
  ],
  commands: new Map([['["/usr/bin/id"]', { exitCode: 0, output: 'uid=1000(student)\n' }]]),
};
export const facts: Facts = {
  hosts: new Map([
    ['dev', dev],
    [
      'prod',
      {
        ...emptyHost,
        containers: [
          ended,
          { ...cache, name: 'unstarted', state: 'created', started: 'never' },
          { ...cache, name: 'unasked', started: null },
        ],
      },
    ],
  ]),
  doneTasks: new Set(['before']),
};
