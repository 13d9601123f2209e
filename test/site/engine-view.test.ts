// The engine view's words, commands and colours: what is told of a view, and what a host's strings may become.

import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import type { View, ViewContainer, ViewImage, ViewNetwork } from '../../sandbox-server/protocol.ts';
import { currentTerminal, engine, hosts, link, phase, terminals } from '../../site/src/client/lab-state.ts';
import { exampleView } from '../../site/src/components/engine-view/example.ts';
import { isNamed } from '../../site/src/components/engine-view/figure-source.ts';
import { looksOf } from '../../site/src/components/engine-view/layer-colours.ts';
import { linkedTo } from '../../site/src/components/engine-view/linked.ts';
import { networkPlan, networksIn } from '../../site/src/components/engine-view/network-plan.ts';
import { thingOf } from '../../site/src/components/engine-view/questions.ts';
import { ago, diskSize, duration, memoryOf, memorySize } from '../../site/src/components/engine-view/sizes.ts';
import { viewState } from '../../site/src/components/engine-view/view-state.ts';
import { chosenHost, forgetViews, hearView, shownView } from '../../site/src/components/engine-view/views.ts';
import {
  changes,
  inWords,
  portWords,
  sharedLayers,
  sharedWords,
  stateWords,
  summary,
} from '../../site/src/components/engine-view/words.ts';

const base = { id: 'd0', made: 'debian', size: 60_000_000 };
const image = (id: string, tag: string, ...layers: ViewImage['layers']): ViewImage => {
  return { id: `sha256:${id.repeat(64)}`, tags: [tag], size: 72_000_000, layers };
};
const nginx = image('a', 'nginx:latest', base, { id: 'n1', made: 'install nginx', size: 12_000_000 });
const redis = image('b', 'redis:7', base, { id: 'r1', made: 'install redis', size: 9_000_000 });
const container = (name: string, more: Partial<ViewContainer> = {}): ViewContainer => ({
  id: name.padEnd(64, '0'),
  name,
  image: 'nginx',
  imageId: nginx.id,
  state: 'running',
  exitCode: null,
  command: 'nginx',
  since: '2026-01-01T00:00:00Z',
  readyMs: 60,
  ports: [{ host: 8080, container: 80, protocol: 'tcp' }],
  ownLayer: { files: 1, bytes: 3 },
  memoryBytes: 5 * 1024 * 1024,
  pids: 1,
  limits: { memoryBytes: 0, cpus: 0, pids: 0 },
  health: null,
  restarts: 0,
  oomKilled: false,
  binds: [],
  processes: [{ pid: 12, inside: 1, command: 'nginx' }],
  ...more,
});
const network = (name: string, more: Partial<ViewNetwork> = {}): ViewNetwork => ({
  name,
  driver: 'bridge',
  subnet: '',
  internal: false,
  members: [],
  ...more,
});
const member = (container: string, address: string, ...names: string[]) => ({ container, address, names });
const empty: View = {
  type: 'view',
  host: 'docker-host',
  images: [],
  containers: [],
  networks: [network('bridge', { subnet: '172.17.0.0/16' })],
  volumes: [],
  memory: { usedBytes: 38 * 1024 * 1024, limitBytes: 512 * 1024 * 1024 },
  machine: null,
  kernel: '6.1.0',
  more: false,
};

describe('words', () => {
  test('sizes have the units that docker and limits have', () => {
    assert.deepEqual([0, 3, 999, 1_000, 61_400_000, 2_500_000_000].map(diskSize), [
      ...['0 B', '3 B', '999 B', '1 kB', '61 MB', '2.5 GB'],
    ]);
    assert.equal(memorySize(5.2 * 1024 * 1024), '5.2 MB');
    assert.equal(memoryOf(38 * 1024 * 1024, 512 * 1024 * 1024), '38 of 512 MB');
    assert.equal(memoryOf(38 * 1024 * 1024, 2 * 1024 ** 3), '38 MB of 2 GB');
    assert.deepEqual([61, 999, 2_400, 12_300].map(duration), ['61 ms', '999 ms', '2.4 s', '12 s']);
  });

  test('what ended says how long ago', () => {
    assert.deepEqual([-500, 300, 4_200, 61_000, 7_300_000, 3 * 86_400_000].map(ago), [
      ...['just now', 'just now', '4 s ago', '1 min ago', '2 h ago', '3 days ago'],
    ]);
  });

  test('an empty host and a full one are told whole', () => {
    assert.deepEqual(summary(empty), { things: '0 containers · 0 images', memory: '38 of 512 MB' });
    assert.deepEqual(inWords(empty), [
      'There is no image yet.',
      'There is no container yet.',
      'Network bridge (172.17.0.0/16): nobody is on it.',
      'There is no volume yet.',
      'Memory: 38 of 512 MB.',
    ]);
    const full: View = {
      ...empty,
      images: [nginx, redis],
      containers: [container('web'), container('old', { state: 'exited', exitCode: 1, ports: [], processes: [] })],
      networks: [network('bridge', { members: [member('web', '172.17.0.2')] }), network('none', { driver: 'null' })],
      machine: {
        state: 'ready',
        accelerator: 'tcg',
        readyMs: 2_400,
        memoryBytes: 190 * 1024 * 1024,
        diskBytes: 30_000_000,
        kernel: '6.12',
      },
    };
    assert.deepEqual(summary(full), { things: '2 containers · 2 images', memory: '38 of 512 MB' });
    assert.deepEqual(inWords(full), [
      'Image nginx:latest: 2 layers, 72 MB. Used by web, old. Shares 1 layer with redis:7.',
      'Image redis:7: 2 layers, 72 MB. No container uses it. Shares 1 layer with nginx:latest.',
      'Container web from nginx: running; 1 process, 5 MB of memory; own layer 1 file, 3 B; port 8080 leads to its port 80.',
      'Container old from nginx: exited 1; own layer 1 file, 3 B; no port published.',
      'Network bridge: web at 172.17.0.2.',
      'There is no volume yet.',
      'Virtual machine: ready after 2.4 s, emulated (TCG), its own Linux 6.12, 190 MB of memory.',
      'Memory: 38 of 512 MB.',
    ]);
  });

  test('volumes, networks, health, restarts and limits are told', () => {
    const limits = { memoryBytes: 64 * 1024 * 1024, cpus: 0.5, pids: 50 };
    const db = container('db', { limits, pids: 12, health: 'unhealthy', restarts: 3, ports: [] });
    const app = container('app', {
      ports: [],
      health: 'starting',
      binds: [{ source: '/home/student/site', at: '/site', readOnly: true }],
    });
    const old = container('old', { state: 'exited', exitCode: 137, oomKilled: true, ports: [], restarts: 1 });
    const view: View = {
      ...empty,
      containers: [db, app, old],
      networks: [
        network('front', { subnet: '172.18.0.0/16', members: [member('app', '172.18.0.2')] }),
        network('back', {
          subnet: '172.19.0.0/16',
          internal: true,
          members: [member('app', '172.19.0.3'), member('db', '172.19.0.2', 'database')],
        }),
      ],
      volumes: [
        { name: 'pgdata', users: [{ container: 'db', at: '/data', readOnly: false }] },
        { name: 'f'.repeat(64), users: [] },
      ],
    };
    assert.deepEqual(inWords(view).slice(1, -1), [
      'Container db from nginx: running, unhealthy; 12 of 50 processes, 5 of 64 MB of memory; at most 0.5 CPUs; restarted 3 times; own layer 1 file, 3 B; no port published; volume pgdata is mounted at /data.',
      'Container app from nginx: running, health not known yet; 1 process, 5 MB of memory; own layer 1 file, 3 B; no port published; /home/student/site is mounted at /site (read-only).',
      'Container old from nginx: exited 137, out of memory; restarted once; own layer 1 file, 3 B; no port published.',
      'Network front (172.18.0.0/16): app at 172.18.0.2, also on back.',
      'Network back (172.19.0.0/16, internal): app at 172.19.0.3, also on front; db at 172.19.0.2, also named database.',
      'Volume pgdata: mounted in db at /data.',
      'Volume without a name (ffffffff…): kept; no container has it.',
    ]);
    const key = (name: string) => `container ${container(name).id}` as const;
    assert.deepEqual([...linkedTo('volume pgdata', view)], [key('db')]);
    assert.deepEqual([...linkedTo('network back', view)], [key('app'), key('db')]);
    assert.deepEqual([...linkedTo(key('app'), view)], ['network front', 'network back']);
    assert.equal(linkedTo(undefined, view).size, 0);
  });

  test('what comes to volumes, networks, health and restarts is news', () => {
    const web = container('web', { health: 'starting' });
    const one: View = {
      ...empty,
      containers: [web],
      networks: [network('bridge', { members: [member('web', '172.17.0.2')] }), network('back')],
    };
    const [bridge] = one.networks;
    assert.ok(bridge);
    const data = { name: 'data', users: [] };
    assert.equal(changes(one, { ...one, volumes: [data] }), 'New volume data.');
    assert.equal(changes({ ...one, volumes: [data] }, one), 'Volume data is gone.');
    const healthy = { ...one, containers: [{ ...web, health: 'healthy' as const }] };
    assert.equal(changes(one, healthy), 'web is running, healthy.');
    assert.equal(changes(one, { ...one, containers: [{ ...web, restarts: 2 }] }), 'web was restarted 2 times.');
    const both = { ...one, networks: [bridge, network('back', { members: [member('web', '172.18.0.2')] })] };
    assert.equal(changes(one, both), 'web is on back now.');
    assert.equal(changes(both, one), 'web is not on back any more.');
    const ended = {
      ...one,
      containers: [{ ...web, state: 'exited' as const, exitCode: 137, health: null, oomKilled: true }],
    };
    assert.equal(
      changes(one, { ...ended, networks: [network('bridge'), network('back')] }),
      'web is exited 137, out of memory.',
    );
  });

  test('layers that two images have are shared, and steps without files never are', () => {
    const note = { id: '', made: 'CMD x', size: 0 };
    const [one, two] = [image('c', 'one:1', base, note), image('d', 'two:1', note)];
    assert.deepEqual([...sharedLayers(nginx, [nginx, redis, one, two])], [['d0', ['redis:7', 'one:1']]]);
    assert.equal(sharedWords(two, [nginx, one, two]), '');
    assert.equal(
      sharedWords(nginx, [nginx, redis, one, image('e', 'x:1', base)]),
      'Shares 1 layer with redis:7 and one:1 and 1 more.',
    );
  });

  test('what is new is said, and numbers alone are no news', () => {
    const one: View = { ...empty, images: [nginx], containers: [container('web')] };
    assert.equal(changes(empty, one), 'New image nginx:latest. New container web, running.');
    assert.equal(changes(one, { ...one, memory: { usedBytes: 1, limitBytes: 2 } }), '');
    const stopped = container('web', { state: 'exited', exitCode: 0 });
    assert.equal(changes(one, { ...one, containers: [stopped] }), 'web is exited 0.');
    assert.equal(
      changes(one, { ...one, containers: [container('web', { name: 'site' })] }),
      'Container web is now named site.',
    );
    assert.equal(changes(one, empty), 'Image nginx:latest is gone. Container web is gone.');
    const many = { ...empty, containers: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => container(name)) };
    assert.match(changes(empty, many), /^New container a, running\..* And 2 more changes\.$/);
  });

  test('states and ports', () => {
    assert.equal(stateWords(container('x', { state: 'exited', exitCode: 137 })), 'exited 137');
    assert.equal(portWords(container('x', { ports: [] })), 'no port');
    assert.equal(
      portWords(container('x', { ports: [...container('x').ports, { host: 53, container: 53, protocol: 'udp' }] })),
      '8080 → 80, 53 → 53/udp',
    );
  });
});

describe('commands', () => {
  const view: View = { ...empty, images: [nginx], containers: [container('web')] };
  const commands = (key: Parameters<typeof thingOf>[0], of: View) =>
    thingOf(key, of)?.questions.map(({ command }) => command);

  test('tell the same as the picture', () => {
    assert.deepEqual(commands(`container ${container('web').id}`, view), [
      ...['docker ps -a', 'docker top web', 'docker port web', 'docker stats --no-stream web'],
      ...['docker ps -as --filter name=web', 'docker logs --tail 20 web', 'docker inspect web'],
    ]);
    assert.deepEqual(commands(`image ${nginx.id}`, view)?.[0], 'docker history nginx:latest');
    assert.deepEqual(commands('network bridge', view)?.[0], 'docker network inspect bridge');
    const data = { name: 'data', users: [{ container: 'web', at: '/data', readOnly: false }] };
    const checked = { ...view, containers: [container('web', { health: 'healthy' })], volumes: [data] };
    assert.deepEqual(commands('volume data', checked), [
      ...['docker volume inspect data', 'docker ps -a --filter volume=data', 'docker volume ls'],
    ]);
    assert.deepEqual(
      commands(`container ${container('web').id}`, checked)?.filter((command) => command.includes('inspect -f')),
      ["docker inspect -f '{{json .State.Health}}' web", "docker inspect -f '{{json .Mounts}}' web"],
    );
  });

  test('of one that does not run there is nothing that needs it to', () => {
    const stopped = { ...view, containers: [container('web', { state: 'exited', exitCode: 0 })] };
    assert.ok(!commands(`container ${container('web').id}`, stopped)?.some((one) => /top|stats|port/.test(one)));
  });

  test('are made of names alone, whatever a host calls its things', () => {
    for (const evil of ['; rm -rf ~', '$(reboot)', '-v', 'a b', 'a\nb', '`id`', '', '{{secret}}', 'é']) {
      const bad: View = {
        ...empty,
        images: [{ ...nginx, id: evil, tags: [evil] }],
        containers: [container('web', { id: evil, name: evil })],
        networks: [network(evil)],
        volumes: [{ name: evil, users: [] }],
      };
      for (const kind of ['image', 'container', 'network', 'volume'] as const)
        assert.equal(thingOf(`${kind} ${evil}`, bad), null, `${kind} ${evil}`);
      const known = { ...bad, containers: [container('web', { name: evil })] };
      assert.equal(commands(`container ${container('web').id}`, known)?.[1], 'docker top web000000000');
    }
  });

  test('of what is gone there are none', () => {
    assert.equal(thingOf('container abc', view), null);
    assert.equal(thingOf('machine vm', view), null);
  });
});

describe('state', () => {
  const host = (name: string): View => ({ ...empty, host: name });

  test('what is drawn is live only while the lab, the line to it and its engine are there', () => {
    phase.value = { name: 'starting' };
    link.value = { name: 'connected' };
    assert.equal(viewState.value, 'not there yet');
    phase.value = { name: 'ready' };
    assert.equal(viewState.value, 'not there yet', 'no host has told of itself');
    hosts.value = ['docker-host'];
    hearView(host('docker-host'));
    assert.equal(viewState.value, 'live');
    engine.value = 'away';
    assert.equal(viewState.value, 'away');
    engine.value = 'up';
    link.value = { name: 'waiting', retryAtMs: 0, why: '' };
    assert.equal(viewState.value, 'as last seen');
    link.value = { name: 'connected' };
    phase.value = { name: 'ended', reason: 'idle' };
    assert.equal(viewState.value, 'as last seen');
    forgetViews();
  });

  test('the lab’s first host is drawn first, whichever tells first, until another is chosen', () => {
    hosts.value = ['dev', 'prod'];
    hearView(host('prod'));
    assert.equal(shownView.value?.host, 'prod', 'the only one that has told');
    hearView(host('dev'));
    assert.equal(shownView.value?.host, 'dev');
    chosenHost.value = 'prod';
    assert.equal(shownView.value?.host, 'prod');
    chosenHost.value = undefined;
    forgetViews();
    assert.equal(shownView.value, undefined);
  });

  test('the host that the terminal in hand is on is drawn, until another is chosen', () => {
    hosts.value = ['dev', 'prod'];
    terminals.value = hosts.value.map((name) => ({ id: name, host: name, title: name, running: true, exitCode: null }));
    for (const name of hosts.value) hearView(host(name));
    for (const name of ['prod', 'dev', 'prod']) {
      currentTerminal.value = name;
      assert.equal(shownView.value?.host, name);
    }
    chosenHost.value = 'dev';
    assert.equal(shownView.value?.host, 'dev');
    chosenHost.value = undefined;
    currentTerminal.value = undefined;
    terminals.value = [];
    forgetViews();
  });
});

describe('figures', () => {
  test('a layer keeps its colour whatever comes and goes, and those shown together differ', () => {
    const all = ['l1', 'l2', 'l3', 'l4', 'l5'];
    const looks = looksOf(all, new Map());
    assert.equal(new Set(looks.values()).size, 5);
    assert.equal([...looks.values()].filter((look) => look < 4).length, 4, 'plain ones first');
    // A page that was loaded anew, without a memory: the order in which layers are told of does not count.
    assert.deepEqual(new Map(looksOf(all.toReversed(), new Map())), looks);
    const more = looksOf([...all, 'a-new-one'], looks);
    for (const id of all) assert.equal(more.get(id), looks.get(id));
    const later = looksOf(['l3'], looksOf(['other-1', 'other-2', 'other-3', 'other-4'], more));
    assert.equal(later.get('l3'), looks.get('l3'), 'after it was out of sight');
  });

  test('of two layers that look the same in memory one gets another look when they are shown together', () => {
    const looks = looksOf(
      ['a', 'b'],
      new Map([
        ['a', 2],
        ['b', 2],
      ]),
    );
    assert.equal(looks.get('a'), 2);
    assert.notEqual(looks.get('b'), 2);
    assert.equal(looksOf(['a', 'b'], looks), looks, 'and keeps it');
    const many = looksOf(
      Array.from({ length: 30 }, (_, at) => `m${at}`),
      new Map(),
    );
    assert.equal(new Set(many.values()).size, 12, 'all looks are used before one is used three times');
  });

  test('an image is found by the names that docker run takes', () => {
    assert.ok(isNamed('nginx:latest', 'nginx'));
    assert.ok(isNamed('redis:7', 'redis:7'));
    assert.ok(!isNamed('redis:7', 'redis'));
  });

  test('a plan of networks has a row for each container, with its address on each of them or none', () => {
    assert.deepEqual(networksIn('front: web app; back: app db;'), [
      { name: 'front', containers: ['web', 'app'] },
      { name: 'back', containers: ['app', 'db'] },
    ]);
    const members = (...all: readonly string[]) =>
      all.map((container, at) => ({ container, address: `10.0.0.${at + 2}`, names: [] }));
    const network = (name: string, ...all: readonly string[]) => {
      return { name, driver: 'bridge', subnet: '10.0.0.0/24', internal: false, members: members(...all) };
    };
    const view = { ...empty, networks: [network('back', 'db', 'app'), network('bridge'), network('front', 'app')] };
    const plan = networkPlan(view, ['front', 'back', 'not-there']);
    assert.deepEqual(
      plan.networks.map(({ name }) => name),
      ['front', 'back'],
    );
    assert.deepEqual(plan.rows, [
      { container: 'app', addresses: ['10.0.0.2', '10.0.0.3'] },
      { container: 'db', addresses: [null, '10.0.0.2'] },
    ]);
    const example = exampleView({ networks: networksIn('front: web app; back: app db') });
    assert.equal(networkPlan(example, ['front', 'back']).rows.length, 3, 'an example has whom the lesson names');
  });

  test('the example has the volume and the limits that a lesson names', () => {
    const { volumes, containers } = exampleView({
      containers: ['web', 'bomb'],
      volume: 'db-data',
      limits: { memoryBytes: 0, cpus: 0.5, pids: 50 },
    });
    assert.deepEqual(volumes, [
      {
        name: 'db-data',
        users: [
          { container: 'web', at: '/data', readOnly: false },
          { container: 'bomb', at: '/data', readOnly: false },
        ],
      },
    ]);
    assert.deepEqual(
      containers.map(({ limits, pids }) => [limits.pids, pids]),
      [
        [0, 3],
        [50, 50],
      ],
    );
  });

  test('the example has what the lesson names', () => {
    const view = exampleView({ image: 'redis:7', containers: ['cache'], port: '6380:6379' });
    assert.deepEqual(view.images[0]?.tags, ['redis:7']);
    assert.deepEqual(view.containers[0]?.ports, [{ host: 6380, container: 6379, protocol: 'tcp' }]);
    assert.equal(view.containers[0]?.imageId, view.images[0]?.id);
    assert.deepEqual(exampleView({ containers: ['db'], port: null }).containers[0]?.ports, []);
  });
});
