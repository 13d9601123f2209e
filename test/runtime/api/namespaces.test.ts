// Which namespaces a container shares, its first process, its settings of the kernel and its log, as a client meets them.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { until } from '../../support/until.ts';
import { ask, expect, expectSending, unframe } from './exchange.ts';

let docker: EitherDocker;
let socket: string;

beforeAll(async () => {
  docker = await openDocker();
  socket = docker.socket;
});

afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

const sleep = ['sleep', '1000'];
/** For a script: until another container has done what it does first. */
const waitFor = (fact: string): string => `for n in $(seq 200); do ${fact} && break; sleep 0.1; done`;
const refuse = async (body: object, message: string | RegExp): Promise<void> => {
  await expectSending(socket, 'POST /containers/create', { Image: 'busybox', Cmd: ['true'], ...body }, 400, {
    message,
  });
};

async function hostConfigOf(name: string): Promise<Readonly<Record<string, unknown>>> {
  return ((await expect(socket, `GET /containers/${name}/json`, 200)) as { HostConfig: Record<string, unknown> })
    .HostConfig;
}

describe('--pid', () => {
  test('of another container shows its processes, which can be ended', async () => {
    const donor = await docker.run('donor', ['sleep', '1234']);
    const script = `${waitFor('ps | grep -q "[s]leep 1234"')}; ps | grep -c "[s]leep 1234"; kill -9 1; echo $$`;
    const seen = await docker.output(['sh', '-c', script], {
      HostConfig: { PidMode: 'container:donor' },
    });
    assert.match(seen, /^1\n(?!1\n)\d+\n$/);
    await docker.create('joining', ['true'], { HostConfig: { PidMode: 'container:donor' } });
    assert.equal((await hostConfigOf('joining')).PidMode, `container:${donor}`);
    await refuse({ HostConfig: { PidMode: 'container:nosuch' } }, 'No such container: nosuch');
    await refuse({ HostConfig: { PidMode: 'nosuch' } }, 'invalid PID mode: nosuch');
  });

  test('host shows the processes of all containers', async () => {
    await docker.run('beside', ['sleep', '4321']);
    const look = 'ps -o args | grep "[s]leep 4321"';
    const seen = await docker.output(['sh', '-c', `${waitFor(`${look} >/dev/null`)}; ${look}`], {
      HostConfig: { PidMode: 'host' },
    });
    assert.equal(seen, 'sleep 4321\n');
    await docker.run('in-host', sleep, { HostConfig: { PidMode: 'host' } });
    // It is no first process of a namespace, so SIGTERM ends it.
    await expect(socket, 'POST /containers/in-host/stop', 204);
    await expect(socket, 'POST /containers/in-host/wait', 200, { StatusCode: 143 });
  });
});

describe('--uts and --userns', () => {
  test('host has the host’s name, and no other', async () => {
    const { Name } = (await expect(socket, 'GET /info', 200)) as { Name: string };
    assert.equal(await docker.output(['hostname'], { HostConfig: { UTSMode: 'host' } }), `${Name}\n`);
    assert.notEqual(await docker.output(['hostname']), `${Name}\n`);
    await refuse(
      { Hostname: 'mine', HostConfig: { UTSMode: 'host' } },
      'conflicting options: hostname and the UTS mode',
    );
    await refuse({ HostConfig: { UTSMode: 'x' } }, 'invalid UTS mode: x');
  });

  test('host is taken, and shown', async () => {
    await docker.run('userns', ['true'], { HostConfig: { UsernsMode: 'host' } });
    assert.equal((await hostConfigOf('userns')).UsernsMode, 'host');
  });
});

test('--ipc none leaves out /dev/shm', async () => {
  const has = ['sh', '-c', 'grep -c " /dev/shm " /proc/mounts'];
  assert.equal(await docker.output(has), '1\n');
  assert.equal(await docker.output(has, { HostConfig: { IpcMode: 'none' } }), '0\n');
});

describe('--ipc', () => {
  const share = (mode: string) => ({ HostConfig: { IpcMode: mode } });

  test('container:X shares its namespace and its /dev/shm, and keeps them when that ends', async () => {
    await docker.run('ipc-donor', ['sh', '-c', 'echo from donor > /dev/shm/f; sleep 1000'], share('shareable'));
    await docker.run('ipc-joins', ['sleep', '1000'], share('container:ipc-donor'));
    const same = ['sh', '-c', `${waitFor('test -s /dev/shm/f')}; readlink /proc/self/ns/ipc; cat /dev/shm/f`];
    const seen = await docker.output(same, share('container:ipc-donor'));
    assert.equal(await docker.output(same, share('container:ipc-joins')), seen);
    assert.match(seen, /^ipc:.*\nfrom donor\n$/);
    assert.doesNotMatch(await docker.output(['sh', '-c', 'readlink /proc/self/ns/ipc; ls /dev/shm']), /donor/);
    await expect(socket, 'DELETE /containers/ipc-donor?force=1', 204);
    const read = await docker.exec('ipc-joins', ['cat', '/dev/shm/f']);
    const { body } = await ask(socket, `POST /exec/${read}/start`, { Detach: false });
    assert.deepEqual(unframe(Buffer.from(String(body)).toString('latin1')), ['1:from donor\n']);
  });

  test('host is the host’s own, with its /dev/shm', async () => {
    const options = share('host');
    assert.equal(
      await docker.output(['sh', '-c', 'test -d /dev/shm && readlink /proc/self/ns/ipc'], options),
      await docker.output(['readlink', '/proc/self/ns/ipc'], options),
    );
  });

  test('one that does not share, does not run or is not there is refused', async () => {
    await docker.run('ipc-private', ['sleep', '1000']);
    await docker.create('wants', ['true'], share('container:ipc-private'));
    await expect(socket, 'POST /containers/wants/start', 400, { message: /non-shareable IPC/ });
    await docker.create('ended', ['true'], share('shareable'));
    await docker.create('late', ['true'], share('container:ended'));
    await expect(socket, 'POST /containers/late/start', 409, { message: /is not running|non running/ });
    await refuse({ HostConfig: { IpcMode: 'container:nosuch' } }, 'No such container: nosuch');
    await refuse({ HostConfig: { IpcMode: 'x' } }, 'invalid IPC mode: x');
  });
});

// The reference has no docker-init.
test('--init gives a first process that passes signals on and collects children', { skip: isReference }, async () => {
  const script = 'trap "exit 5" TERM; (true &); echo ready; sleep 1000 & wait';
  await docker.run('init', ['sh', '-c', script], { HostConfig: { Init: true } });
  await until('it has set its trap', async () =>
    String((await ask(socket, 'GET /containers/init/logs?stdout=1')).body).includes('ready'),
  );
  const { Processes } = (await expect(socket, 'GET /containers/init/top?ps_args=-o%20pid,args', 200)) as {
    Processes: string[][];
  };
  assert.match(String(Processes[0]?.[1]), /^\/sbin\/docker-init -- sh -c/);
  const collected = waitFor('! ps -o stat | grep -q ^Z');
  const zombies = await docker.exec('init', ['sh', '-c', `${collected}; ps -o stat,pid,ppid,args | grep ^Z; echo`]);
  const { body } = await ask(socket, `POST /exec/${zombies}/start`, { Detach: false });
  assert.deepEqual(unframe(Buffer.from(String(body)).toString('latin1')), ['1:\n']);
  await expect(socket, 'POST /containers/init/stop', 204);
  await expect(socket, 'POST /containers/init/wait', 200, { StatusCode: 5 });
  await expect(socket, 'GET /containers/init/json', 200, { Path: 'sh', HostConfig: { Init: true } });
  assert.equal(
    await docker.output(['sh', '-c', 'echo > /sbin/docker-init; exit 0'], { HostConfig: { Init: true } }),
    "sh: can't create /sbin/docker-init: Read-only file system\n",
  );
});

test('--sysctl sets what is the container’s own', async () => {
  const Sysctls = {
    'net.core.somaxconn': '77',
    'kernel.shmmax': '1000000',
    'net.ipv4.ip_unprivileged_port_start': '99',
  };
  const files = Object.keys(Sysctls).map((name) => `/proc/sys/${name.replaceAll('.', '/')}`);
  assert.equal(await docker.output(['cat', ...files], { HostConfig: { Sysctls } }), '77\n1000000\n99\n');
  assert.equal(await docker.output(['cat', '/proc/sys/net/core/somaxconn']), '4096\n');
});

test('memory nodes and annotations are kept, and shown', async () => {
  const kept = { CpusetMems: '0', Annotations: { 'run.oci.handler': 'x' } };
  await docker.run('kept', ['true'], { HostConfig: kept });
  const { CpusetMems, Annotations } = await hostConfigOf('kept');
  assert.deepEqual({ CpusetMems, Annotations }, kept);
  await refuse(
    { HostConfig: { CpusetMems: '7' } },
    /^Requested memory nodes are not available - requested 7, available: 0/,
  );
});

describe('a log', () => {
  const logOf = async (name: string): Promise<string> => {
    const { body } = await ask(socket, `GET /containers/${name}/logs?stdout=1`);
    return unframe(Buffer.from(String(body)).toString('latin1'))
      .map((piece) => piece.slice(2))
      .join('');
  };

  test('of the driver local is read as any, and of the driver none is not there', async () => {
    for (const Type of ['local', 'json-file', 'none']) {
      await docker.run(`log-${Type}`, ['echo', 'said'], { HostConfig: { LogConfig: { Type, Config: {} } } });
      await expect(socket, `POST /containers/log-${Type}/wait`, 200);
      assert.deepEqual((await hostConfigOf(`log-${Type}`)).LogConfig, { Type, Config: {} });
    }
    assert.deepEqual([await logOf('log-local'), await logOf('log-json-file')], ['said\n', 'said\n']);
    await expect(socket, 'GET /containers/log-none/logs?stdout=1', 501, {
      message: 'configured logging driver does not support reading',
    });
    await expect(socket, 'GET /containers/log-local/json', 200, { LogPath: '' });
  });

  test('stays below the size that is asked for, and has what was written last', async () => {
    const Config = { 'max-size': '50k', 'max-file': '2' };
    await docker.run('small', ['seq', '100000'], { HostConfig: { LogConfig: { Type: 'json-file', Config } } });
    await expect(socket, 'POST /containers/small/wait', 200);
    const lines = (await logOf('small')).trim().split('\n');
    assert.equal(lines.at(-1), '100000');
    assert.ok(lines.length < 10_000, `${lines.length} lines are kept`);
  });

  test('that Docker does not know is refused in its words', async () => {
    const table: [object, string][] = [
      [{ Type: 'nosuch' }, 'error looking up logging plugin nosuch: plugin "nosuch" not found'],
      [{ Type: 'local', Config: { tag: 'x' } }, "unknown log opt 'tag' for log driver local"],
      [{ Type: 'json-file', Config: { foo: 'x' } }, "unknown log opt 'foo' for json-file log driver"],
      [{ Type: 'json-file', Config: { mode: 'x' } }, 'logger: logging mode not supported: x'],
    ];
    for (const [LogConfig, message] of table) await refuse({ HostConfig: { LogConfig } }, message);
  });
});
