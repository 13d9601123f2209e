// The Docker Engine API of a real host, exchange by exchange.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { until } from '../../support/until.ts';
import { busyboxOn } from './busybox.ts';
import { ask, assertHas, expect, expectSending } from './exchange.ts';

const id = /^[0-9a-f]{64}$/;
let docker: EitherDocker;
let socket: string;

beforeAll(async () => {
  docker = await openDocker();
  socket = docker.socket;
});

afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

const { create } = busyboxOn(() => socket);

describe('a host says of itself', () => {
  test('that it is there, with and without a version', async () => {
    for (const place of ['HEAD /_ping', 'GET /_ping', 'GET /v1.24/_ping']) {
      const { status, headers, body } = await ask(socket, place);
      assert.deepEqual([status, body], [200, place.startsWith('HEAD') ? '' : 'OK']);
      assertHas(headers, { 'api-version': '1.51', ostype: 'linux', 'builder-version': '2', swarm: 'inactive' });
      assertHas(headers, { 'docker-experimental': 'false', 'cache-control': /no-cache/ });
      assert.match(String(headers.server), isReference ? /^Docker\// : /^Drydock\//);
    }
  });

  test('what it is', async () => {
    await expect(socket, 'GET /version', 200, { ApiVersion: '1.51', MinAPIVersion: '1.24', Os: 'linux' });
    // A host of ours has a name and limits of its own, and Docker those of the machine.
    const own = isReference ? {} : { Name: 'docker-host', NCPU: 1, MemTotal: 512 * 1024 * 1024 };
    await expect(socket, 'GET /info', 200, { Driver: 'overlay2', OSType: 'linux', ...own });
  });

  /** What the newest API has no more, and Docker still tells older clients. */
  const gone = (place: string, version: string): string[] =>
    place === 'info' && version !== '1.50' ? ['BridgeNfIptables', 'BridgeNfIp6tables'] : [];

  // Docker leaves out for older clients what came later; theirs ignore what they do not know.
  test('the same to a client of any version', { skip: isReference }, async () => {
    const places = ['info', 'version', 'containers/json?all=1', 'networks'];
    places.push('networks/bridge', 'volumes', 'system/df', 'images/busybox/history', 'events?until=1');
    for (const place of places) {
      const newest = Object.keys(Object((await ask(socket, `GET /v1.51/${place}`)).body));
      for (const version of ['1.24', '1.30', '1.41', '1.44', '1.50']) {
        const { status, body } = await ask(socket, `GET /v${version}/${place}`);
        const keys = Object.keys(Object(body)).sort();
        assert.deepEqual([status, keys], [200, [...newest, ...gone(place, version)].sort()], `/v${version}/${place}`);
      }
    }
  });

  test('that it has no swarm and no plugins', async () => {
    for (const noun of ['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'])
      await expect(socket, `GET /${noun}`, 503, { message: /not a swarm manager/ });
    await expect(socket, 'GET /plugins', 200, []);
    await expect(socket, 'GET /volumes', 200, { Volumes: [] });
    await expect(socket, 'GET /volumes/nope', 404, { message: 'get nope: no such volume' });
  });

  test('which networks it has', async () => {
    for (const place of ['/networks', '/networks/']) {
      // The second is what some clients ask.
      const names = (await expect(socket, `GET ${place}`, 200)) as { Name: string; Driver: string }[];
      assert.deepEqual(
        // Docker tells them in another order each time.
        names.map(({ Name, Driver }) => `${Name} ${Driver}`).sort(),
        ['bridge bridge', 'host host', 'none null'],
      );
    }
    await expect(socket, 'GET /networks/bridge', 200, { IPAM: { Config: [{ Subnet: '172.17.0.0/16' }] } });
    await expect(socket, 'GET /networks/nope', 404, { message: 'network nope not found' });
  });
});

describe('requests that are refused', () => {
  test('for their version', async () => {
    await expect(socket, 'GET /v1.60/info', 400, { message: /^client version 1.60 is too new/ });
    // Docker tells such an old client so in text: before 1.24 no error was JSON. Ours answers all alike.
    const { status, body } = await ask(socket, 'GET /v1.23/info');
    assert.equal(status, 400);
    assert.match(isReference ? String(body) : (body as { message: string }).message, /^client version 1.23 is too old/);
  });
  test('for their path', async () => {
    for (const place of ['GET /nope', 'TRACE /info', 'GET /info;x'])
      await expect(socket, place, 404, { message: /^page not found/ });
    // Docker redirects these to the path that they come to.
    for (const place of ['GET //info', 'GET /containers/../info', 'GET /containers/a%2f..%2fb/json'])
      await expect(socket, place, isReference ? 301 : 404);
    // A name like any other to Docker; no path of ours ever holds a NUL.
    await expect(socket, 'GET /containers/%00/json', isReference ? 404 : 400);
    await expect(socket, 'GET /containers/%zz/json', 400);
    await expect(socket, 'GET /containers/a%2fb/json', 404, { message: 'No such container: a/b' });
  });
  test('for their body', async () => {
    await expect(socket, 'POST /containers/create', 400, {
      message: 'invalid JSON: got EOF while reading request body',
    });
  });
  // Docker bounds no body.
  test('for the size of their body', { skip: isReference }, async () => {
    await expectSending(socket, 'POST /containers/create', { Image: 'x'.repeat(1_100_000) }, 413);
    await expectSending(socket, 'POST /containers/create', { Image: 'x'.repeat(50_000_000) }, 413);
    // A body that nobody reads: the client gets to send it, and to hear the reason.
    await expectSending(socket, 'POST /swarm/init', { Name: 'x'.repeat(5_000_000) }, 500);
  });
  test('for their filters', async () => {
    await expect(socket, 'GET /containers/json?filters={', 400);
    await expect(socket, 'GET /containers/json?filters={"nope":["x"]}', 400, { message: "invalid filter 'nope'" });
    await expect(socket, `GET /containers/json?filters={"name":["${'(a*)*'.repeat(20)}b"]}`, 200);
  });
  // Docker works through all of them, for as long as that takes.
  test('for more work than one request may ask for', { skip: isReference }, async () => {
    const bomb = { name: Array.from({ length: 500 }, () => 'a*a*a*a*a*b') };
    await expect(socket, `GET /containers/json?filters=${encodeURIComponent(JSON.stringify(bomb))}`, 400, {
      message: /500 values, the most is 256/,
    });
    await expect(socket, 'GET /_ping', 200);
  });
  test('because they are not supported, with what to do', { skip: isReference }, async () => {
    await expect(socket, 'POST /build?remote=ftp://example.com/a.tar', 400, {
      message: /no URL of a context: \w/,
    });
    for (const place of ['POST /grpc', 'POST /session'])
      await expect(socket, place, 400, { message: /speaks gRPC: docker build/ });
  });
  // Docker knows no longest name.
  for (const name of ['../x', 'a/b', 'a'.repeat(300), 'ünicode', '--root', '%00', '-x'])
    test(`for the container name ${name.slice(0, 12)}`, { skip: isReference && name.length > 255 }, async () => {
      await expectSending(
        socket,
        `POST /containers/create?name=${encodeURIComponent(name)}`,
        { Image: 'busybox' },
        400,
      );
    });
});

describe('a container', () => {
  test('is created, inspected, started, stopped and removed', async () => {
    const web = await create('web', ['sleep', '1000'], { Labels: { a: '1' }, ExposedPorts: { '80/tcp': {} } });
    assert.match(web, id);
    await expect(socket, 'GET /containers/web/json', 200, {
      ...{ Id: web, Name: '/web', Path: 'sleep', Args: ['1000'], Driver: 'overlay2', Mounts: [] },
      State: { Status: 'created', Running: false, Pid: 0, StartedAt: '0001-01-01T00:00:00Z' },
      HostConfig: { NetworkMode: 'bridge', ShmSize: 67108864, IpcMode: 'private', PidsLimit: null, Binds: null },
      Config: { Image: 'busybox', Labels: { a: '1' }, Hostname: web.slice(0, 12), Tty: false },
    });
    await expect(socket, 'POST /containers/web/start', 204);
    await expect(socket, 'POST /containers/web/start', 304);
    await expect(socket, `GET /containers/${web.slice(0, 6)}/json`, 200, {
      State: { Status: 'running', Running: true, Pid: (pid: number) => pid > 1 },
      NetworkSettings: {
        Ports: { '80/tcp': null },
        Networks: { bridge: { IPAddress: /^172\.17\.0\.\d+$/, Gateway: '172.17.0.1', IPPrefixLen: 16 } },
      },
    });
    await expect(socket, 'GET /networks/bridge', 200, { Containers: { [web]: { Name: 'web' } } });
    await expect(socket, 'DELETE /containers/web', 409, {
      message: /stop the container before removing or force remove/,
    });
    await expect(socket, 'POST /containers/web/pause', 204);
    await expect(socket, 'GET /containers/json', 200, [{ State: 'paused', Status: /^Up .* \(Paused\)$/ }]);
    await expect(socket, 'POST /containers/web/attach?stream=1&stdout=1', 409, /is paused/);
    await expectSending(socket, 'POST /containers/web/exec', { Cmd: ['true'] }, 409, { message: /is paused/ });
    await expect(socket, 'POST /containers/web/unpause', 204);
    await expect(socket, 'POST /containers/web/kill?signal=NOPE', 400, {
      message: 'cannot kill container: web: invalid signal: NOPE',
    });
    await expect(socket, 'POST /containers/nope/kill', 404, {
      message: 'cannot kill container: nope: No such container: nope',
    });
    await expect(socket, 'POST /containers/web/stop?t=0', 204);
    await expect(socket, 'POST /containers/web/stop?t=0', 304);
    await expect(socket, 'POST /containers/web/kill', 409, { message: /is not running/ });
    await expect(socket, 'GET /containers/json', 200, []);
    await expect(socket, 'GET /containers/json?all=1', 200, [{ State: 'exited', Status: /^Exited \(137\) .* ago$/ }]);
    await expect(socket, 'DELETE /containers/web', 204);
    await expect(socket, 'DELETE /containers/web', 404, { message: 'No such container: web' });
  });

  test('starts where a client sends an empty object or null', async () => {
    for (const body of ['{}', 'null', '']) {
      await create('bodied', ['true']);
      const sent = http.request({ socketPath: socket, method: 'POST', path: '/containers/bodied/start' });
      sent.end(body); // without a type, as some send it
      const [answer] = (await once(sent, 'response')) as [http.IncomingMessage];
      assert.equal(answer.resume().statusCode, 204, JSON.stringify(body));
      await expect(socket, 'DELETE /containers/bodied?force=1', 204);
    }
    await create('bodied', ['true']);
    await expectSending(socket, 'POST /containers/bodied/start', {}, 204);
    await expect(socket, 'POST /containers/bodied/wait', 200);
    await expectSending(socket, 'POST /containers/bodied/start', { Binds: ['/:/host'] }, 400, { message: /non-empty/ });
    await expect(socket, 'DELETE /containers/bodied', 204);
  });

  test('that is paused gets to see a signal that is to end it, and no other', async () => {
    const script = 'trap "exit 7" TERM; trap : USR1; echo ready; while :; do sleep 0.1; done';
    await create('plain', ['sh', '-c', script]);
    await create('own', ['sh', '-c', script], { StopSignal: 'SIGTERM' });
    for (const name of ['plain', 'own']) {
      await expect(socket, `POST /containers/${name}/start`, 204);
      const logs = `GET /containers/${name}/logs?stdout=1`;
      await until('it has set its traps', async () => String((await ask(socket, logs)).body).includes('ready'));
      await expect(socket, `POST /containers/${name}/pause`, 204);
      await expect(socket, `POST /containers/${name}/kill?signal=USR1`, 204);
    }
    // One with a stop signal of its own stays paused until that comes, or KILL.
    await expect(socket, 'GET /containers/plain/json', 200, { State: { Status: 'running', Paused: false } });
    await expect(socket, 'GET /containers/own/json', 200, { State: { Status: 'paused' } });
    await expect(socket, 'POST /containers/own/kill?signal=TERM', 204);
    await expect(socket, 'POST /containers/own/wait', 200, { StatusCode: 7 });
    await expect(socket, 'POST /containers/plain/pause', 204);
    await expect(socket, 'POST /containers/plain/kill', 204);
    await expect(socket, 'GET /containers/plain/json', 200, { State: { Status: 'exited', ExitCode: 137 } });
    for (const name of ['plain', 'own']) await expect(socket, `DELETE /containers/${name}`, 204);
  });

  test('of an image that is not there is not created', async () => {
    const message = /^No such image: nope/;
    await expectSending(socket, 'POST /containers/create', { Image: 'nope' }, 404, { message });
  });

  test('has a name of its own, and another after rename', async () => {
    const first = await create('first', ['true']);
    const message = `Conflict. The container name "/first" is already in use by container "${first}". You have to remove (or rename) that container to be able to reuse that name.`;
    await expectSending(socket, 'POST /containers/create?name=first', { Image: 'busybox' }, 409, { message });
    await create('second', ['true']);
    await expect(socket, 'POST /containers/second/rename?name=first', 409, {
      message: `Error when allocating new name: ${message}`,
    });
    await expect(socket, 'POST /containers/second/rename?name=a/b', 400, {
      message: /: Invalid container name/,
    });
    await expect(socket, 'POST /containers/second/rename?name=', 400);
    await expect(socket, 'POST /containers/second/rename?name=third', 204);
    await expect(socket, 'GET /containers/third/json', 200, { Name: '/third' });
    await expect(socket, 'POST /containers/prune', 200, { ContainersDeleted: [id, id] });
    await expect(socket, 'POST /containers/prune', 200, { ContainersDeleted: null, SpaceReclaimed: 0 });
  });

  test('that cannot start says why, and keeps the exit code', async () => {
    await create('broken', ['nonexist']);
    const message = /exec: "nonexist": executable file not found in \$PATH/;
    await expect(socket, 'POST /containers/broken/start', 400, { message });
    await expect(socket, 'GET /containers/broken/json', 200, { State: { Status: 'created', ExitCode: 127 } });
    await expect(socket, 'DELETE /containers/broken', 204);
  });

  test('is found by filters', async () => {
    const started = await create('up', ['sleep', '1000'], { Labels: { tier: 'web', 'com.x': '' } });
    await create('done', ['sh', '-c', 'exit 3']);
    await expect(socket, 'POST /containers/up/start', 204);
    await expect(socket, 'POST /containers/done/start', 204);
    await expect(socket, 'POST /containers/done/wait', 200, { StatusCode: 3 });
    // Docker's list may come to know of it after whoever waited.
    await until('the list knows that it has ended', async () => {
      const { body } = await ask(socket, 'GET /containers/json?all=1&filters={"status":["exited"]}');
      return (body as unknown[]).length === 1;
    });
    const table: [object, string[]][] = [
      [{ status: ['running'] }, ['up']],
      [{ status: { exited: true } }, ['done']],
      [{ status: ['running', 'exited'] }, ['done', 'up']],
      [{ exited: ['3'] }, ['done']],
      [{ exited: ['0'] }, []],
      [{ label: ['tier'] }, ['up']],
      [{ label: ['tier=web', 'com.x'] }, ['up']],
      [{ label: ['tier=db'] }, []],
      [{ name: ['^u'] }, ['up']],
      [{ name: ['^/done$'] }, ['done']],
      [{ id: [started.slice(0, 10)] }, ['up']],
      [{ ancestor: ['busybox'] }, ['done', 'up']],
      [{ ancestor: ['nginx'] }, []],
      [{ since: ['up'] }, ['done']],
      [{ before: ['done'] }, ['up']],
      [{ network: ['bridge'] }, ['done', 'up']],
      [{ network: ['none'] }, []],
      [{ health: ['none'] }, ['done', 'up']],
      [{ volume: ['x'] }, []],
    ];
    for (const [filters, names] of table) {
      const query = encodeURIComponent(JSON.stringify(filters));
      const found = (await expect(socket, `GET /containers/json?all=1&filters=${query}`, 200)) as { Names: string[] }[];
      assert.deepEqual(
        found.map(({ Names }) => Names[0]?.slice(1)),
        names,
        JSON.stringify(filters),
      );
    }
    await expect(socket, 'GET /containers/json?limit=1', 200, [{ Names: ['/done'] }]);
    await expect(socket, 'GET /containers/json?filters={"status":["nope"]}', 400, {
      message: /^invalid filter 'status=nope': invalid value for state \(nope\): must be one of created, running, /,
    });
    await expect(socket, 'GET /containers/json?filters={"before":["nope"]}', 404);
    await expect(socket, 'DELETE /containers/up?force=1', 204);
    await expect(socket, 'DELETE /containers/done', 204);
  });

  test('tells its size', async () => {
    await create('sized', ['sh', '-c', 'head -c 5000 /dev/zero > /f']);
    await expect(socket, 'POST /containers/sized/start', 204);
    await expect(socket, 'POST /containers/sized/wait', 200);
    const large = (bytes: number) => bytes > 1_000_000;
    await expect(socket, 'GET /containers/json?all=1&size=1', 200, [{ SizeRw: 5000, SizeRootFs: large }]);
    await expect(socket, 'GET /containers/sized/json?size=1', 200, { SizeRw: 5000, SizeRootFs: large });
    await expect(socket, 'GET /system/df', 200, { Containers: [{ SizeRw: 5000 }], Volumes: [], BuildCache: [] });
    await expect(socket, 'POST /containers/prune', 200, { SpaceReclaimed: 5000 });
  });

  test('shows its processes by the numbers that the workspace has', async () => {
    await create('top', ['sh', '-c', 'sleep 1000 & wait']);
    await expect(socket, 'GET /containers/top/top', 409, { message: /is not running/ });
    await expect(socket, 'POST /containers/top/start', 204);
    await until('the shell has started its child', async () => {
      const { Processes } = (await expect(socket, 'GET /containers/top/top', 200)) as { Processes: string[][] };
      return Processes.some((row) => row[7] === 'sleep 1000');
    });
    const { State } = (await expect(socket, 'GET /containers/top/json', 200)) as { State: { Pid: number } };
    const body = (await expect(socket, 'GET /containers/top/top', 200, {
      Titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'],
    })) as { Processes: string[][] };
    assertHas(body.Processes[0], [
      'root',
      String(State.Pid),
      /^\d+$/,
      /^\d+$/,
      /^\d\d:\d\d$/,
      '?',
      '00:00:00',
      /^sh -c/,
    ]);
    assertHas(
      body.Processes.find((row) => row[7] === 'sleep 1000'),
      ['root', /^\d+$/, String(State.Pid), /./, /./, '?', /./, /./],
    );
    if (!isReference) {
      const argv = ['ps', '-o', 'comm=', '-p', String(State.Pid)];
      assert.equal((await docker.engine.client.run('either', { argv })).stdout.trim(), 'sh');
    }
    await expect(socket, 'GET /containers/top/top?ps_args=-o+pid,comm', 200, { Titles: ['PID', 'COMMAND'] });
    await expect(socket, 'GET /containers/top/top?ps_args=aux', 200, { Titles: { 0: 'USER', 10: 'COMMAND' } });
    await expect(socket, 'GET /containers/top/top?ps_args=-o+comm', 500, {
      message: "Couldn't find PID field in ps output",
    });
    await expect(socket, 'DELETE /containers/top?force=true', 204);
  });

  test('takes what dockerode sends: the name in the body too, and keys of the first versions', async () => {
    const sent = { Image: 'busybox', Cmd: ['true'], name: 'rode', VolumesFrom: ['other'], Volumes: {}, Env: null };
    await expectSending(socket, 'POST /containers/create?name=rode', sent, 201);
    await expect(socket, 'DELETE /containers/rode', 204);
    const refused = { Image: 'busybox', HostConfig: { VolumesFrom: ['other'] } };
    await expectSending(socket, 'POST /containers/create', refused, 400, {
      message: 'No such container: other',
    });
  });

  test('takes the body of every create that was recorded of docker run', async () => {
    const bodies = JSON.parse(readFileSync(new URL('../containers/create-bodies.json', import.meta.url), 'utf8'));
    for (const name of ['docker run', 'docker run -i', 'docker run -t', 'docker create with many options']) {
      const sent = { ...bodies[name], Image: 'busybox', HostConfig: { ...bodies[name].HostConfig, Init: false } };
      const body = await expectSending(socket, 'POST /v1.51/containers/create', sent, 201);
      await expect(socket, `DELETE /containers/${(body as { Id: string }).Id}`, 204);
    }
  });
});
