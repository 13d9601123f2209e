// A lab of two hosts as plain facts, one of everything that a check may ask for, and checks as they stand in a lab file.

import assert from 'node:assert/strict';
import { type Check, type ConnectionCheck, parseLab, type Task } from '../../../lessons/schema.ts';
import { connectionKey } from '../../../sandbox-server/checks/connection-check.ts';
import {
  type ContainerFact,
  emptyHost,
  type Facts,
  type HostFacts,
  type ImageFact,
} from '../../../sandbox-server/checks/facts.ts';
import { fileKey } from '../../../sandbox-server/checks/file-place.ts';
import { readYamlText } from '../../../sandbox-server/checks/yaml/read.ts';

/** As it would stand in a lab file. */
export function taskOf(check: string, slips = '[]'): Task {
  const text = `tasks:\n  - { id: a, expected: x, check: ${check}, slips: ${slips}, solution: { run: [ls] } }`;
  const [task] = parseLab(`hosts: [{ name: dev }, { name: prod }]\n${text}`, 'lab.yaml').tasks;
  assert.ok(task);
  return task;
}
export const checkOf = (check: string): Check => taskOf(check).check;

const to = (name: string): ConnectionCheck => ({ from: 'cache', to: name, port: '6379', works: true });

const composeText = `
# A comment.
services:
  web: { image: "nginx:1.27", ports: ["8080:80"], depends_on: { db: { condition: service_healthy } } }
  db:
    image: postgres:17
    environment:
      - POSTGRES_PASSWORD=secret
    volumes:
      - pgdata:/var/lib/postgresql/data
    healthcheck: { test: pg_isready, interval: 90s }
    mem_limit: 64M
volumes: { pgdata: }
`;
const brokenText = 'services:\n  web:\n image: x\n   - a\n';

const cache: ContainerFact = {
  id: 'c'.repeat(64),
  name: 'cache',
  image: 'redis:7',
  state: 'running',
  exitCode: null,
  ports: [],
  labels: { tier: 'data' },
  networks: ['bridge'],
  mounts: [
    {
      type: 'volume',
      name: 'store',
      source: '/var/lib/docker/volumes/store/_data',
      destination: '/data',
      readOnly: false,
    },
    { type: 'bind', name: '', source: '/home/student/site', destination: '/site', readOnly: true },
    { type: 'volume', name: 'f'.repeat(64), source: '/x', destination: '/tmp/x', readOnly: false },
  ],
  imageId: 'sha256:seven',
  sameImages: ['redis:7.0'],
  origins: new Map(),
  started: 'in the background',
  interrupted: false,
  details: {
    command: 'redis-server --save ""',
    env: ['PATH=/bin', 'MODE=a', 'MODE=b'],
    publishes: [{ address: '', host: 6379, container: 6379, protocol: 'tcp' }],
    memoryBytes: 64 * 1024 ** 2,
    memoryReservationBytes: 0,
    cpus: 0.5,
    cpuShares: 0,
    pids: 50,
    oomKilled: false,
    health: 'unhealthy',
    restart: 'on-failure:3',
    restarts: 2,
    readOnly: false,
    autoRemove: false,
    user: '',
    error: 'Bind for 0.0.0.0:6379 failed: port is already allocated',
    aliases: { bridge: ['cache', 'Database', 'cccccccccccc'] },
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
  repoDigests: [],
  origins: new Map(),
  layers: ['l1'],
  sizeBytes: 50 * 1024 ** 2,
  command: 'bash',
  env: ['PATH=/bin'],
  labels: {},
  user: '',
  workdir: '',
  exposes: [],
  entrypoint: '',
  volumes: [],
  hasHealthcheck: false,
  stopSignal: '',
  history: null,
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
    {
      name: 'gone',
      image: 'busybox',
      exitCode: 0,
      sameImages: ['bb:1'],
      byDocker: false,
      oomKilled: true,
      doneTasks: null,
    },
    {
      name: 'killed',
      image: 'nginx',
      exitCode: 137,
      sameImages: [],
      byDocker: true,
      oomKilled: false,
      doneTasks: new Set(['before']),
    },
  ],
  removed: [
    { kind: 'container', name: 'cache', doneTasks: new Set(['before']) },
    { kind: 'volume', name: 'store', doneTasks: new Set(['before']) },
  ],
  execs: [{ container: 'cache', command: 'redis-cli set a 1', exitCode: 0 }],
  logs: new Map([['cache', '* Ready to accept connections\n']]),
  images: new Map([
    ['app', app],
    ['debian', base],
    ['app:2', app],
    ['nginx', null],
  ]),
  networks: new Map([
    [
      'bridge',
      {
        driver: 'bridge',
        internal: false,
        subnets: ['172.17.0.0/16'],
        gateways: ['172.17.0.1'],
        labels: { tier: 'data' },
        members: [{ name: 'cache', address: '172.17.0.2' }],
      },
    ],
    ['quiet', { driver: 'bridge', internal: true, subnets: [], gateways: [], labels: {}, members: [] }],
    ['back', null],
  ]),
  volumes: new Map([
    ['store', { driver: 'local', labels: { keep: 'yes' }, options: {} }],
    ['left', { driver: 'local', labels: {}, options: { type: 'tmpfs' } }],
    ['gone', null],
  ]),
  emptyVolumes: new Map([['store', false]]),
  connections: new Map([
    [connectionKey(to('db')), { from: 'running', toRuns: true, address: '172.18.0.3', outcome: 'open' }],
    [connectionKey(to('web')), { from: 'running', toRuns: true, address: '172.18.0.4', outcome: 'refused' }],
    [connectionKey(to('172.17.0.9')), { from: 'running', toRuns: true, address: '172.17.0.9', outcome: 'silent' }],
    [connectionKey(to('stranger')), { from: 'running', toRuns: true, address: null, outcome: 'unasked' }],
    [connectionKey(to('nobody')), { from: 'running', toRuns: false, address: null, outcome: 'unasked' }],
    [
      connectionKey({ ...to('db'), from: 'done' }),
      { from: 'stopped', toRuns: true, address: null, outcome: 'unasked' },
    ],
    [
      connectionKey({ ...to('db'), from: 'nope' }),
      { from: 'missing', toRuns: true, address: null, outcome: 'unasked' },
    ],
  ]),
  files: new Map([
    ['a.txt', { exists: true, text: 'one\ntwo\n' }],
    ['none', { exists: false, text: null }],
    ['folder', { exists: true, text: null }],
    ['empty', { exists: true, text: '' }],
    ['windows.txt', { exists: true, text: '\ufeffone  \r\n\ttwo\t\r\n\r\n' }],
    [fileKey({ container: 'cache', path: '/etc/app.conf' }), { exists: true, text: 'port 80\n' }],
    [fileKey({ container: 'cache', path: '/none' }), { exists: false, text: null }],
    [fileKey({ container: 'nope', path: '/none' }), { exists: false, text: null }],
    [fileKey({ volume: 'store', path: 'a.sql' }), { exists: true, text: 'CREATE TABLE t\n' }],
    [fileKey({ volume: 'gone', path: 'a.sql' }), { exists: false, text: null }],
    ['compose.yaml', { exists: true, text: composeText }],
    ['config.json', { exists: true, text: '{"currentContext": "prod"}' }],
    ['broken.yaml', { exists: true, text: brokenText }],
    ['pasted.txt', { exists: true, text: 'FROM\u00a0debian\nCMD “a”\n' }],
  ]),
  yaml: new Map([
    ['compose.yaml', readYamlText(composeText)],
    ['config.json', readYamlText('{"currentContext": "prod"}')],
    ['broken.yaml', readYamlText(brokenText)],
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
          {
            ...cache,
            name: 'local',
            ports: [
              { address: '127.0.0.1', host: 8080, container: 80, protocol: 'tcp' },
              { address: '', host: 53, container: 53, protocol: 'udp' },
              { address: '::1', host: 9000, container: 90, protocol: 'tcp' },
            ],
          },
        ],
      },
    ],
  ]),
  doneTasks: new Set(['before']),
};
