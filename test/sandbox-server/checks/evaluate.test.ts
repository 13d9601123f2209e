// Checks over plain facts: the kinds, how they compose, and every slip of the first lesson.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { containerFact, endedFrom } from '../../../sandbox-server/checks/docker-facts.ts';
import { evaluate } from '../../../sandbox-server/checks/evaluate.ts';
import { type ContainerFact, emptyHost, type Facts, type HostFacts } from '../../../sandbox-server/checks/facts.ts';
import { isImage, namedImage } from '../../../sandbox-server/checks/image-name.ts';
import { judge } from '../../../sandbox-server/checks/judge.ts';
import { containersFrom } from '../../../sandbox-server/hosts/listed-container.ts';
import { readLessons } from '../../../sandbox-server/labs/lessons.ts';

const lessons = await readLessons(fileURLToPath(new URL('../../../lessons', import.meta.url)));
const tasks = lessons.get('01-why-containers/02-first-container')?.lab.tasks ?? [];

const tcp = (host: number, container: number) => ({ address: '', host, container, protocol: 'tcp' });

const web: ContainerFact = {
  id: 'a'.repeat(64),
  name: 'web',
  image: 'nginx',
  state: 'running',
  exitCode: null,
  ports: [tcp(8080, 80)],
  labels: {},
  networks: ['bridge'],
  mounts: [],
  imageId: 'sha256:web',
  sameImages: [],
  started: 'in the background',
  interrupted: false,
  details: null,
  origins: new Map(),
};
type Given = Partial<HostFacts> & { readonly doneTasks?: ReadonlySet<string> };
const factsWith = ({ doneTasks = new Set(), ...host }: Given): Facts => ({
  hosts: new Map([['docker-host', { ...emptyHost, ...host }]]),
  doneTasks,
});
const visited = '172.17.0.1 - - [21/Nov/2026:22:00:00 +0000] "GET / HTTP/1.1" 200 615 "-" "curl/8.14.1" "-"\n';

function stateOf(task: string, facts: Given) {
  const state = evaluate(tasks, factsWith(facts)).find(({ id }) => id === task);
  assert.ok(state, `there is a task ${task}`);
  return state;
}

test('lesson turns done task by task when a student does as it says', () => {
  assert.deepEqual(
    tasks.map(({ id }) => id),
    ['hello', 'web', 'visit', 'stop', 'remove', 'pair'],
  );
  const doneTasks = new Set<string>();
  const step = (facts: Given) => {
    const became = evaluate(tasks, factsWith({ ...facts, doneTasks })).filter(
      ({ id, done }) => done && !doneTasks.has(id),
    );
    for (const { id } of became) doneTasks.add(id);
    return became.map(({ id }) => id);
  };
  assert.deepEqual(step({}), []);
  assert.deepEqual(
    step({
      ended: [
        {
          name: 'x',
          image: 'hello-world',
          exitCode: 0,
          sameImages: [],
          byDocker: false,
          oomKilled: false,
          doneTasks: null,
        },
      ],
    }),
    ['hello'],
  );
  assert.deepEqual(step({ containers: [web] }), ['web']);
  assert.deepEqual(step({ containers: [web], logs: new Map([['web', visited]]) }), ['visit']);
  const stopped: ContainerFact = { ...web, state: 'exited', exitCode: 0, ports: [] };
  assert.deepEqual(step({ containers: [stopped] }), ['stop']);
  assert.deepEqual(step({ containers: [] }), ['remove']);
  assert.deepEqual(step({}), [], 'and all stay done');
});

test('task "hello" is done by a container that is still listed, and not by one that failed', () => {
  const hello: ContainerFact = {
    ...web,
    name: 'x',
    image: 'hello-world:latest',
    state: 'exited',
    exitCode: 0,
    ports: [],
  };
  assert.ok(stateOf('hello', { containers: [hello] }).done);
  assert.ok(!stateOf('hello', { containers: [{ ...hello, exitCode: 1 }] }).done);
  assert.match(
    stateOf('hello', { containers: [{ ...hello, state: 'created', exitCode: null }] }).found,
    /never started/,
  );
  assert.match(
    stateOf('hello', {
      ended: [
        {
          name: 'x',
          image: 'hello-world',
          exitCode: 127,
          sameImages: [],
          byDocker: false,
          oomKilled: false,
          doneTasks: null,
        },
      ],
    }).found,
    /exit code 127/,
  );
  assert.match(stateOf('hello', {}).found, /No container from hello-world has run yet/);
});

const slips: readonly (readonly [string, Partial<ContainerFact>, RegExp])[] = [
  ['no port is published', { ports: [] }, /none of its ports is published/],
  ['the ports are the wrong way round', { ports: [tcp(80, 8080)] }, /wrong way round/],
  ['another port is published', { ports: [tcp(8081, 80)] }, /other ports are published/],
  ['it was only created', { state: 'created', ports: [] }, /could not start/],
  ['it ran in the foreground', { state: 'exited', exitCode: 0, ports: [] }, /foreground/],
  ['another image has the name', { image: 'busybox' }, /not a running one from the image nginx/],
  ['the name is another', { name: 'quirky_bohr' }, /its name is not web/],
  ['name and port are others', { name: 'quirky_bohr', ports: [] }, /its name is not web and/],
];
for (const [slip, change, said] of slips) {
  test(`task "web" says what is wrong when ${slip}`, () => {
    const { done, found } = stateOf('web', { containers: [{ ...web, ...change }] });
    assert.ok(!done);
    assert.match(found, said);
  });
}

test('task "visit" tells a missing page and a request for the headers from a visit', () => {
  const seen = (line: string) => stateOf('visit', { containers: [web], logs: new Map([['web', line]]) });
  assert.ok(seen(visited).done);
  assert.match(seen(visited.replace('GET / HTTP/1.1" 200', 'GET /x HTTP/1.1" 404')).found, /does not have/);
  assert.match(seen(visited.replace('GET', 'HEAD')).found, /headers only/);
  assert.match(seen('').found, /The log of web shows no GET request/);
  assert.match(stateOf('visit', {}).found, /no container named web/);
});

test('tasks "stop" and "remove" wait for their turn, and tell a container removed too early', () => {
  assert.equal(stateOf('remove', {}).found, '');
  assert.ok(!stateOf('remove', {}).done, 'a container that never was has not been removed');
  assert.equal(stateOf('stop', {}).found, '');
  assert.match(stateOf('stop', { doneTasks: new Set(['web']) }).found, /gone altogether/);
  assert.match(stateOf('stop', { containers: [web], doneTasks: new Set(['web']) }).found, /web from nginx, running/);
  assert.match(stateOf('remove', { containers: [web], doneTasks: new Set(['stop']) }).found, /runs again/);
});

test('checks compose with all, any, not and after', () => {
  const facts = factsWith({ containers: [web], doneTasks: new Set(['a']) });
  const yes = { container: { name: 'web' } };
  const no = { absent: { name: 'web' } };
  assert.equal(judge({ all: [yes, { not: no }] }, facts), true);
  assert.equal(judge({ all: [yes, no] }, facts), false);
  assert.equal(judge({ any: [no, yes] }, facts), true);
  assert.equal(judge({ any: [no, { not: yes }] }, facts), false);
  assert.equal(judge({ after: { tasks: ['a'], check: yes } }, facts), true);
  assert.equal(judge({ after: { tasks: ['a', 'b'], check: yes } }, facts), false);
});

test('image names are compared as Docker understands them', () => {
  for (const same of ['nginx', 'nginx:latest', 'library/nginx', 'docker.io/library/nginx:1.26', 'nginx@sha256:aa']) {
    assert.ok(isImage('nginx', same), same);
  }
  for (const other of ['nginx2', 'hub.drydock/nginx', 'student/nginx', 'localhost:5000/nginx', 'sha256:0123']) {
    assert.ok(!isImage('nginx', other), other);
  }
  assert.ok(isImage('redis:7', 'docker.io/library/redis:7'));
  assert.ok(!isImage('redis:7', 'redis:8'));
  assert.ok(!isImage('redis:7', 'redis'));
});

test('an image that was given by its id is known by the name that a check has for it', () => {
  const ids = [
    ['nginx', `sha256:${'ab12'.repeat(16)}`],
    ['redis:7', `sha256:${'cd34'.repeat(16)}`],
  ] as const;
  assert.equal(namedImage('cd34cd34cd34', ids), 'redis:7');
  assert.equal(namedImage(`sha256:${'ab12'.repeat(16)}`, ids), 'nginx');
  for (const other of ['nginx', 'cd3', 'ab13', 'feed:ab12', '']) assert.equal(namedImage(other, ids), other);
});

test('facts are read from what the Docker API answers', () => {
  const id = 'ab'.repeat(32);
  const [listed] = containersFrom([
    {
      Id: id,
      Names: ['/web'],
      Image: 'nginx',
      ImageID: 'sha256:feed',
      Command: 'nginx -g off',
      State: 'exited',
      Status: 'Exited (137) 2 seconds ago',
      Ports: [
        { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
        { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
        { PrivatePort: 443, Type: 'tcp' },
      ],
      Labels: {},
      NetworkSettings: { Networks: { bridge: {} } },
    },
  ]);
  assert.ok(listed);
  assert.equal(containerFact(listed, new Set([id])).interrupted, true);
  assert.deepEqual(containerFact(listed), {
    id,
    name: 'web',
    image: 'nginx',
    imageId: 'sha256:feed',
    sameImages: [],
    started: null,
    state: 'exited',
    exitCode: 137,
    ports: [tcp(8080, 80)],
    mounts: [],
    labels: {},
    networks: ['bridge'],
    interrupted: false,
    details: null,
    origins: new Map(),
  });
  assert.deepEqual(endedFrom({ image: 'hello-world', exitCode: '0', name: 'x' }, [], true, new Set(['a'])), {
    name: 'x',
    image: 'hello-world',
    exitCode: 0,
    sameImages: [],
    byDocker: false,
    oomKilled: true,
    doneTasks: new Set(['a']),
  });
  assert.equal(endedFrom({ image: 'hello-world' }, [], false, new Set()), null);
  const byDocker = (exitCode: string, ...signals: number[]) =>
    endedFrom({ image: 'nginx', exitCode, name: 'x' }, signals, false, new Set())?.byDocker;
  assert.equal(byDocker('137', 9), true);
  assert.equal(byDocker('0', 3), true, 'asked to end in order');
  assert.equal(byDocker('129', 1), true, 'ended by the very signal that was sent');
  assert.equal(byDocker('137', 1), false, 'told to read its settings again, and killed from outside later');
});

test('F07 a name that a student made up stays within its sentence', () => {
  const hostile = { ...web, name: '<img src=x onerror=alert(1)>\u202e\n', image: 'nginx' };
  const { found } = stateOf('web', { containers: [{ ...hostile, image: `evil/${'x'.repeat(500)}` }] });
  assert.ok(found.length < 400);
  assert.doesNotMatch(found, /[\u202e\n]/);
});

test('a container that has ended with its host is neither stopped nor running to any check, and its student is told', () => {
  const interrupted: ContainerFact = { ...web, state: 'exited', exitCode: 137, ports: [], interrupted: true };
  const seen = new Set(['hello', 'web', 'visit']);
  const { done, found } = stateOf('stop', { containers: [interrupted], doneTasks: seen });
  assert.equal(done, false);
  assert.equal(
    found,
    'The container web was running when this machine was restarted, and could not be started again. Start it with docker start web.',
  );
  assert.equal(stateOf('stop', { containers: [{ ...interrupted, interrupted: false }], doneTasks: seen }).done, true);
  for (const [wanted, holds] of [
    [{ container: { name: 'web', state: 'exited' } }, null],
    [{ container: { name: 'web', exitCode: 137 } }, null],
    [{ container: { name: 'web', state: 'running' } }, null],
    [{ not: { container: { name: 'web', state: 'running' } } }, null],
    [{ containers: { count: 0, state: 'running' } }, null],
    [{ container: { name: 'web', port: 'none' } }, null],
    [{ ran: { image: 'nginx', name: 'web' } }, false],
    [{ container: { name: 'web' } }, true],
    [{ absent: { name: 'web' } }, false],
  ] as const)
    assert.equal(judge(wanted, factsWith({ containers: [interrupted] })), holds, JSON.stringify(wanted));
});
