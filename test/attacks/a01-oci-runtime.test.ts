// A01, CVE-2019-5736: a container executes the OCI runtime that is entering it, and writes to it. The next one who starts a
// container, on whatever host, would run what was written, as the machine's root.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readlinkSync, utimesSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { numbersOf, processesBelow } from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';
import { until } from '../support/until.ts';

let engine: RunningEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'one');
  await expect(host.socket, 'POST /images/create?fromImage=debian&tag=latest', 200);
});

afterAll(() => engine[Symbol.asyncDispose]());

/** The process in the trap, as the machine numbers it: in a container, it executes the OCI runtime by its own choice. */
function trapped(): number | undefined {
  return processesBelow(host.group).find((pid) => {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      return argv[0] === '/proc/self/exe' && /\/(crun|runc)$/.test(readlinkSync(`/proc/${pid}/exe`));
    } catch {
      return false; // it has ended
    }
  });
}

function codeOf(act: () => number): string {
  try {
    closeSync(act());
    return 'opened';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

test('the OCI runtime that enters a container cannot be written to, from there or by anybody', async () => {
  await host.run('trap', ['sleep', '1000'], { Image: 'debian' });
  assert.equal((await host.shell('docker exec trap mkfifo /trap')).exitCode, 0);
  // The loader of the container reads what is preloaded before anything else: there it waits, as the runtime.
  const created = await expectSending(
    host.socket,
    'POST /containers/trap/exec',
    { Cmd: ['/proc/self/exe'], Env: ['LD_PRELOAD=/trap'] },
    201,
  );
  const { Id } = created as { Id: string };
  await expectSending(host.socket, `POST /exec/${Id}/start`, { Detach: true }, 200);
  let pid = 0;
  await until('the container executes the runtime', () => {
    pid = trapped() ?? 0;
    return pid > 0;
  });
  const before = createHash('sha256')
    .update(readFileSync(`/proc/${pid}/exe`))
    .digest('hex');

  const inside = numbersOf(pid).at(-1);
  const attack = `exec 3</proc/${inside}/exe; kill -9 ${inside}; while [ -e /proc/${inside} ]; do :; done; echo evil >/proc/self/fd/3`;
  const held = openSync(`/proc/${pid}/exe`, 'r');
  try {
    assert.match(
      codeOf(() => openSync(`/proc/${pid}/exe`, 'r+')),
      /^(EROFS|ETXTBSY)$/,
    );
    const tried = await host.shell(`docker exec trap sh -c '${attack}'`);
    assert.notEqual(tried.exitCode, 0);
    assert.match(
      tried.stderr,
      /cannot create \/proc\/self\/fd\/3: (Permission denied|Read-only file system|Text file busy)/,
    );
    // The machine's own root is refused as well, also when nobody executes it: nothing of its mount can be changed.
    const { atime, mtime } = fstatSync(held);
    assert.throws(() => utimesSync(`/proc/self/fd/${held}`, atime, mtime), { code: 'EROFS' });
    assert.equal(
      createHash('sha256')
        .update(readFileSync(`/proc/self/fd/${held}`))
        .digest('hex'),
      before,
    );
  } finally {
    closeSync(held);
  }
});
