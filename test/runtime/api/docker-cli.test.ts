// The real docker commands against a real host: a current CLI from outside, and the workspace's (Debian trixie's, 26.1) from within.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type CommandOutcome, dockerCommand } from '../../support/docker-command.ts';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { RealTerminal } from '../../support/real-terminal.ts';
import { until } from '../../support/until.ts';

let either: EitherDocker;

beforeAll(async () => {
  either = await openDocker();
});

afterAll(async () => {
  await either[Symbol.asyncDispose]();
});

const machine = "the machine's docker";
const clients: Record<string, (...args: string[]) => Promise<CommandOutcome>> = {
  [machine]: (...args) => dockerCommand(either.socket, ...args),
  // There is no workspace but ours.
  ...(!isReference && {
    "the workspace's docker": (...args) =>
      either.engine.client.run('inside', { argv: ['docker', ...args], timeoutMs: 60_000 }),
  }),
};

for (const [client, docker] of Object.entries(clients))
  describe(client, () => {
    /** Runs a command that must succeed; gives what it printed, without the last newline. */
    async function ok(...args: string[]): Promise<string> {
      const { exitCode, stdout, stderr } = await docker(...args);
      assert.equal(exitCode, 0, `docker ${args.join(' ')}: ${stderr}${stdout}`);
      return stdout.replace(/\n$/, '');
    }

    /** Runs a command that must fail; gives what it complained of. */
    async function fails(exitCode: number, ...args: string[]): Promise<string> {
      const outcome = await docker(...args);
      assert.equal(outcome.exitCode, exitCode, `docker ${args.join(' ')}: ${outcome.stderr}${outcome.stdout}`);
      return outcome.stderr;
    }

    beforeAll(async () => {
      if (client !== machine) await either.engine.client.createHost('inside');
      // For the first run to pull it.
      else if (!isReference) await ok('rmi', 'busybox');
    });

    test(`is docker ${client === machine ? '28 or later' : '26.1'}`, async (context) => {
      const version = await ok('version', '--format', '{{.Client.Version}}');
      await context.annotate(`${client} is ${version}`);
      const [major = 0, minor = 0] = version.split('.').map(Number);
      assert.ok(client === machine ? major >= 28 : major === 26 && minor === 1, version);
    });

    test('version and info know the engine', async () => {
      assert.match(await ok('version'), /\nServer:.*\n[\s\S]*API version: +1\.51 \(minimum version 1\.24\)/);
      if (isReference) return;
      assert.match(await ok('version'), /\nServer: Drydock Engine [\d.]+\n/);
      const { stdout, stderr } = await docker('info');
      assert.match(stdout, /Storage Driver: overlay2[\s\S]*userns[\s\S]*Name: docker-host/);
      assert.doesNotMatch(stdout + stderr, /WARNING|ERROR/);
    });

    // The reference has no registry.
    test('run pulls what is not there, and prints what the container does', { skip: isReference }, async () => {
      const { stdout, stderr } = await docker('run', '--rm', 'busybox', 'echo', 'hi');
      assert.equal(stdout, 'hi\n');
      assert.match(
        stderr,
        /Unable to find image 'busybox:latest' locally\n[\s\S]*Pull complete\n[\s\S]*Downloaded newer image for busybox:latest/,
      );
      assert.equal(await ok('images', '--format', '{{.Repository}}:{{.Tag}}'), 'busybox:latest');
      assert.equal(await ok('ps', '-aq'), '');
    });

    test('run gives the exit code, stdout and stderr of the command', async () => {
      const outcome = await docker('run', '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2; exit 3');
      assert.deepEqual(outcome, { ...outcome, exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
      assert.match(
        await fails(127, 'run', '--rm', 'busybox', 'nonexist'),
        /exec: "nonexist": executable file not found in \$PATH/,
      );
      assert.match(await fails(126, 'run', '--rm', 'busybox', '/etc'), /permission denied|is a directory/i);
    });

    test('run -d, ps, exec, logs, top, port, stop, start, rm', async () => {
      const id = await ok(
        'run',
        '-d',
        '--name',
        'web',
        '-p',
        '8080:80',
        'busybox',
        'sh',
        '-c',
        'echo started; exec sleep 1000',
      );
      assert.equal(await ok('ps', '-q', '--no-trunc'), id);
      await until('it has started', async () => (await ok('logs', 'web')) === 'started');
      const format = '{{.Names}} {{.Image}} {{.Command}} {{.Ports}} {{.State}}';
      // Older commands write addresses of IPv6 without brackets.
      assert.equal(
        (await ok('ps', '--no-trunc', '--format', format)).replace(', :::', ', [::]:'),
        `web busybox "sh -c 'echo started; exec sleep 1000'" 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp running`,
      );
      assert.match(await ok('ps', '--format', '{{.Status}}'), /^Up (Less than a second|\d+ seconds?)$/);
      assert.equal(await ok('port', 'web'), '80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080');
      assert.equal(
        await ok('exec', '-e', 'A=b', '-w', '/tmp', '-u', '1:1', 'web', 'sh', '-c', 'echo $A $PWD $(id -u):$(id -g)'),
        'b /tmp 1:1',
      );
      await fails(5, 'exec', 'web', 'sh', '-c', 'exit 5');
      assert.match(
        (await docker('exec', 'web', 'nonexist')).stdout + (await docker('exec', 'web', 'nonexist')).stderr,
        /executable file not found/,
      );
      assert.match(await ok('logs', '--timestamps', 'web'), /^\d{4}-\d\d-\d\dT[\d:.]{18}Z started$/);
      assert.match(await ok('top', 'web'), /^UID +PID +PPID[^\n]*CMD\nroot +\d+ +\d+ [^\n]*sleep 1000$/);
      assert.match(
        await ok('inspect', '-f', '{{.State.Pid}} {{.NetworkSettings.IPAddress}}', 'web'),
        /^\d+ 172\.17\.0\.2$/,
      );
      assert.equal(await ok('stop', '-t', '0', 'web'), 'web');
      assert.match(await ok('ps', '-a', '--format', '{{.Status}}'), /^Exited \(137\) /);
      assert.equal(await ok('start', 'web'), 'web');
      assert.equal(await ok('restart', '-t', '0', 'web'), 'web');
      assert.equal(await ok('pause', 'web'), 'web');
      assert.match(await ok('ps', '--format', '{{.Status}}'), /\(Paused\)$/);
      assert.equal(await ok('unpause', 'web'), 'web');
      assert.equal(await ok('rename', 'web', 'web2'), '');
      assert.match(await fails(1, 'rm', 'web2'), /stop the container before removing or force remove/);
      assert.equal(await ok('kill', 'web2'), 'web2');
      assert.equal(await ok('wait', 'web2'), '137');
      assert.equal(await ok('rm', 'web2'), 'web2');
      assert.match(await fails(1, 'inspect', 'web2'), /no such object: web2/i);
    });

    test('events tell it all, in order', async () => {
      await ok('run', '--rm', '--name', 'told', '-l', 'k=v', 'busybox', 'true');
      // Docker's until has whole seconds: this one is over only when the next begins.
      const end = String(Math.floor(Date.now() / 1000) + 1);
      const format = '{{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.k}}';
      const told = await ok(
        'events',
        '--since',
        '1m',
        '--until',
        end,
        '--filter',
        'container=told',
        '--format',
        format,
      );
      assert.deepEqual(
        told.split('\n'),
        ['create', 'attach', 'start', 'die', 'destroy'].map((action) => `${action} told v`),
      );
    });

    // The reference has no registry.
    test('events tell which network a container joins and leaves, and what becomes of images', {
      skip: isReference,
    }, async () => {
      const from = String(Date.now() / 1000);
      await ok('run', '-d', '--name', 'told', 'busybox', 'sleep', '1000');
      await ok('top', 'told');
      await ok('rm', '-f', 'told');
      await ok('run', '--rm', '--network', 'none', '--name', 'told', 'busybox', 'true');
      await ok('pull', 'hello-world');
      await ok('tag', 'hello-world', 'told:1');
      await ok('rmi', 'told:1');
      await ok('rmi', 'hello-world');
      const end = String(Math.floor(Date.now() / 1000) + 1);
      const format = '{{.Type}} {{.Action}} {{with .Actor.Attributes}}{{.name}} {{.type}}{{end}}';
      const told = (await ok('events', '--since', from, '--until', end, '--format', format)).split('\n');
      const shown = told.map((line) => line.replaceAll(' <no value>', '').replace(/sha256:.*/, 'ID'));
      assert.deepEqual(shown, [
        ...['container create told', 'network connect bridge bridge', 'container start told', 'container top told'],
        ...['container kill told', 'network disconnect bridge bridge', 'container die told', 'container destroy told'],
        ...['container create told', 'container attach told', 'network connect none null', 'container start told'],
        ...['network disconnect none null', 'container die told', 'container destroy told'],
        ...['image pull hello-world', 'image tag told:1', 'image untag ID', 'image untag ID', 'image delete ID'],
      ]);
    });

    test('restart keeps a container of --rm, and its end removes it', async () => {
      await ok('run', '-d', '--rm', '--name', 'kept', 'busybox', 'sleep', '1000');
      const id = await ok('ps', '-q', '--no-trunc');
      assert.equal(await ok('restart', '-t', '0', 'kept'), 'kept');
      assert.equal(await ok('ps', '-q', '--no-trunc'), id);
      await ok('stop', '-t', '0', 'kept');
      await until('it is removed', async () => (await ok('ps', '-aq')) === '');
    });

    test('prune, system df, network and volume ls', async () => {
      await ok('run', '--name', 'old', 'busybox', 'true');
      assert.match(await ok('container', 'prune', '-f'), /Deleted Containers:\n[0-9a-f]{64}\n/);
      assert.match(await ok('system', 'prune', '-f'), /Total reclaimed space: 0B/);
      assert.match(await ok('system', 'df'), /Containers +0/);
      assert.equal(
        await ok('network', 'ls', '--format', '{{.Name}} {{.Driver}}'),
        'bridge bridge\nhost host\nnone null',
      );
      assert.match(await ok('volume', 'ls'), /^DRIVER +VOLUME NAME$/);
    });

    // The reference has no registry.
    test('images: pull, tag, history, inspect, rmi', { skip: isReference }, async () => {
      assert.match(
        await ok('pull', 'hello-world'),
        /Status: (Downloaded newer image|Image is up to date) for hello-world:latest/,
      );
      await ok('tag', 'hello-world', 'mine:1');
      assert.match(await ok('history', 'mine:1'), /^IMAGE +CREATED/);
      assert.equal(await ok('image', 'inspect', '-f', '{{.Os}}', 'mine:1'), 'linux');
      assert.match(await ok('rmi', 'mine:1'), /^Untagged: mine:1/);
      assert.match(await fails(1, 'pull', 'nope'), /nope/);
    });

    const refusals: [string[], number, RegExp][] = [
      [['run', '--network', 'nope', 'busybox'], 125, /network nope not found/],
      [['network', 'rm', 'bridge'], 1, /bridge is a pre-defined network and cannot be removed/],
      [['network', 'rm', 'nope'], 1, /network nope not found/],
      [['volume', 'rm', 'v'], 1, /get v: no such volume/],
      [['kill', 'nope'], 1, /cannot kill container: nope: No such container: nope/],
      [
        ['run', '--rm', '--gpus', 'all', 'busybox'],
        125,
        /could not select device driver "" with capabilities: \[\[gpu\]\]/,
      ],
      [['service', 'ls'], 1, /This node is not a swarm manager/],
    ];
    // What Docker has and ours has not, or not yet.
    const refusedByOurs: typeof refusals = [
      [['run', '--cgroupns', 'host', 'busybox'], 125, /HostConfig\.CgroupnsMode is not supported yet/],
      [
        ['run', '--rm', '--device', '/dev/kmsg', 'busybox'],
        127,
        /custom device "\/dev\/kmsg": no such file or directory/,
      ],
      [['run', '--security-opt', 'systempaths=unconfined', 'busybox'], 125, /not possible on a host of this engine/],
      [['run', '--sysctl', 'net.ipv4.tcp_mem=1 2 3', 'busybox'], 125, /sysctl "net.ipv4.tcp_mem" is not in a separate/],
      [['run', '-w', '/proc/self/fd/7', 'busybox'], 125, /working directory/],
      [['network', 'create', '-d', 'macvlan', 'n'], 1, /the driver macvlan .*: use bridge/],
      [['pull', '--platform', 'linux/s390x', 'busybox'], 1, /no matching manifest for linux\/s390x/],
      [['swarm', 'init'], 1, /--live-restore daemon configuration is incompatible with swarm mode/],
    ];
    for (const [args, exitCode, message] of isReference ? refusals : [...refusals, ...refusedByOurs])
      test(`${args.join(' ')} is refused with what to do`, async () => {
        assert.match(await fails(exitCode, ...args), message);
      });

    test('every option of run that is supported', async () => {
      const command =
        'hostname; cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max; ulimit -n; ls -d /t; id -u; echo $X; grep -c extra /etc/hosts; grep -o "nosuid,nodev,noexec.*size=1024k" /proc/mounts; ulimit -Hc; cat /etc/resolv.conf; touch /x || echo readonly';
      const args = [
        '--rm',
        '-h',
        'named',
        '-m',
        '64m',
        '--cpus',
        '0.5',
        '--pids-limit',
        '50',
        '--ulimit',
        'nofile=100:200',
        '--ulimit',
        'stack=8388608:-1',
      ];
      const more = [
        '--tmpfs',
        '/t:size=1m',
        '-u',
        '1000',
        '-e',
        'X=y',
        '--add-host',
        'extra:1.2.3.4',
        '--dns',
        '9.9.9.9',
        '--read-only',
      ];
      const rest = [
        '--cap-drop',
        'ALL',
        '--cap-add',
        'CHOWN',
        '--security-opt',
        'no-new-privileges',
        '--shm-size',
        '1m',
        '--network',
        'none',
      ];
      const { stdout } = await docker('run', ...args, ...more, ...rest, 'busybox', 'sh', '-c', command);
      assert.deepEqual(
        stdout.split('\n').slice(0, 6),
        ['named', String(64 * 1024 * 1024), '100', '/t', '1000', 'y'],
        stdout,
      );
      assert.match(stdout, /9\.9\.9\.9/);
      assert.match(stdout, /readonly\n$/);
    });
  });

test('stdin goes through run -i, a great deal of it too', async () => {
  const child = spawn('docker', ['-H', `unix://${either.socket}`, 'run', '-i', '--rm', 'busybox', 'md5sum'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  child.stdin.end(Buffer.alloc(20_000_000, 'drydock'));
  const { createHash } = await import('node:crypto');
  const expected = createHash('md5').update(Buffer.alloc(20_000_000, 'drydock')).digest('hex');
  assert.equal(Buffer.concat(await child.stdout.toArray()).toString(), `${expected}  -\n`);
});

/** A docker command in a terminal of 24 rows and 80 columns. */
const inTerminal = (...args: readonly string[]) =>
  new RealTerminal('docker', ['-H', `unix://${either.socket}`, ...args]);
/** Resolves once the program has heard of the size. The docker command hears of no change before it has told the size at its start. */
async function resized(terminal: RealTerminal, rows: number, columns: number): Promise<void> {
  await until(`it has ${rows} rows and ${columns} columns`, async () => {
    terminal.resize(rows, columns + 1);
    terminal.resize(rows, columns);
    await delay(200);
    return terminal.said.includes(`${rows} ${columns}\r\n`);
  });
}
/** Tells its size, and again after each change of it: the trap runs between two sleeps. */
const tellsSize = 'trap "stty size" WINCH; stty size; while :; do sleep 0.1; done';

test('run -it has the size of the terminal, and gets another one while it runs', async () => {
  using terminal = inTerminal('run', '-it', '--rm', '--name', 'sized', 'busybox', 'sh', '-c', tellsSize);
  await terminal.says(/24 80\r\n/);
  await resized(terminal, 33, 111);
  await resized(terminal, 50, 40);
  terminal.type('\x03');
  assert.equal(await terminal.ended, 130);
});

test('exec -it has a size of its own, beside that of the container’s terminal', async () => {
  const { socket } = either;
  await dockerCommand(socket, 'run', '-dit', '--name', 'both', 'busybox', 'sh', '-c', 'sleep 1000');
  using terminal = inTerminal('exec', '-it', 'both', 'sh', '-c', tellsSize);
  await terminal.says(/24 80\r\n/);
  using other = inTerminal('exec', '-it', 'both', 'sh', '-c', tellsSize);
  await other.says(/24 80\r\n/);
  await resized(terminal, 33, 111);
  assert.doesNotMatch(other.said, /33 111/);
  terminal.type('\x03');
  assert.equal(await terminal.ended, 130);
  other.type('\x03');
  assert.equal(await other.ended, 130);
  await dockerCommand(socket, 'rm', '-f', 'both');
});

test('run -it is left by ctrl-p ctrl-q, and entered again by attach', async () => {
  using first = inTerminal(
    ...['run', '-it', '--name', 'left', 'busybox', 'sh', '-c', 'read x; echo $((x + 1)); read x; exit $x'],
  );
  first.type('41\n');
  await first.says(/42\r\n/);
  first.type('\x10\x11');
  assert.equal(await first.ended, 0);
  assert.equal((await dockerCommand(either.socket, 'inspect', '-f', '{{.State.Status}}', 'left')).stdout, 'running\n');
  using second = inTerminal('attach', 'left');
  second.type('6\n');
  assert.equal(await second.ended, 6);
  await dockerCommand(either.socket, 'rm', 'left');
});

test('exec -it is left by keys of one’s own, and its program goes on', async () => {
  const { socket } = either;
  await dockerCommand(socket, 'run', '-d', '--name', 'stays', 'busybox', 'sleep', '1000');
  using terminal = inTerminal('exec', '-it', '--detach-keys', 'ctrl-e,q', 'stays', 'sh', '-c', 'echo here; sleep 2000');
  await terminal.says(/here\r\n/);
  terminal.type('\x05q');
  await terminal.ended;
  const { stdout } = await dockerCommand(socket, 'top', 'stays');
  assert.match(stdout, /sleep 2000/);
  await dockerCommand(socket, 'rm', '-f', 'stays');
});
