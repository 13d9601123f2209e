// The engine on runc instead of crun: the other OCI runtime that a machine may have.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { createDockerHost } from '../../support/docker-host.ts';
import { startEngine } from '../../support/engine.ts';
import { controlOf, groupOf, unifiedCgroups } from '../../support/outside.ts';
import { until } from '../../support/until.ts';

test('a host runs its workspace, containers and execs on runc as well', async () => {
  await using engine = await startEngine({ ociRuntime: '/usr/sbin/runc' });
  const host = await createDockerHost(engine, 'on-runc');
  const docker = (...args: string[]) => engine.docker('on-runc', ...args);

  const hello = await docker('run', '--rm', 'busybox', 'echo', 'hello');
  assert.deepEqual([hello.stdout, hello.stderr], ['hello\n', ''], 'runc says nothing among what the container says');
  const limits = ['--ulimit', 'stack=-1', '--tmpfs', '/t:exec,size=1m'];
  const limited = await docker('run', '--rm', ...limits, 'busybox', 'sh', '-c', 'ulimit -s; grep " /t " /proc/mounts');
  assert.match(limited.stdout, /^unlimited\ntmpfs \/t tmpfs rw,nosuid,nodev,relatime,size=1024k/, limited.stderr);
  await docker('run', '-d', '--name', 'web', '-p', '8080:80', 'busybox', 'httpd', '-f', '-p', '80');
  const inside = await docker('exec', 'web', 'grep', 'Seccomp:', '/proc/self/status');
  assert.equal(inside.stdout, 'Seccomp:\t2\n', inside.stderr);
  if (!unifiedCgroups)
    for (const pid of [host.info.pid, await host.pidOf('web')]) {
      const most = controlOf(groupOf(pid), 'memory', 'memory.kmem.tcp.limit_in_bytes');
      assert.equal(Number(most), host.info.limits.memoryBytes / 8);
    }
  const fetch = () => engine.client.run('on-runc', { argv: ['curl', '-sI', 'http://localhost:8080/'] });
  await until('it serves', async () => /^HTTP\/1\.1 404/.test((await fetch()).stdout));
  assert.equal((await docker('run', '--rm', 'busybox', 'no-such-program')).exitCode, 127);
  assert.equal((await docker('stop', '-t', '0', 'web')).exitCode, 0);
  assert.equal((await docker('inspect', '-f', '{{.State.ExitCode}}', 'web')).stdout, '137\n');
});
