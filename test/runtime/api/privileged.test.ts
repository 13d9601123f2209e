// `--privileged`, of run and of exec: what root may do in a container then, and what inspect says.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { Bytes, expect, upgrade } from './exchange.ts';

let docker: EitherDocker;

beforeAll(async () => {
  docker = await openDocker();
});

afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

const Privileged = true;

/** The machine of the real one lets no program of its own have CAP_SYS_RESOURCE; ours gives what reaches no further than a host. */
const all = isReference ? /^000001ff\w{8}$/ : /^00000004befcefff$/;

async function shown(name: string): Promise<Record<string, unknown>> {
  return ((await expect(docker.socket, `GET /containers/${name}/json`, 200)) as { HostConfig: Record<string, unknown> })
    .HostConfig;
}

test('a privileged container mounts, names itself and makes namespaces, as others may not', async () => {
  const script =
    'mkdir -p /m; mount -t tmpfs none /m && grep -c " /m tmpfs rw" /proc/mounts; mount -t proc proc /m && echo proc; mount --bind /etc /m && test -e /m/hosts && echo bound; umount /m && echo unmounted; hostname named && hostname; unshare true && echo apart; grep -c " /sys sysfs rw" /proc/mounts';
  const done = ['1', 'proc', 'bound', 'unmounted', 'named', 'apart', '1', ''].join('\n');
  assert.equal(await docker.output(['sh', '-c', script], { HostConfig: { Privileged } }), done);
  const usual = await docker.output(['sh', '-c', script]);
  assert.doesNotMatch(usual, /^(1|proc|bound|unmounted|named|apart)$/m);
  assert.match(usual, /mount: permission denied \(are you root\?\)/);
});

test('it has all capabilities, whatever is dropped, and only as root', async () => {
  const look = ['sh', '-c', 'sed -nE "s/^Cap(Eff|Bnd):\\s*//p" /proc/self/status'];
  const dropped = { HostConfig: { Privileged, CapDrop: ['ALL'] } };
  const [effective = '', bounding = ''] = (await docker.output(look, dropped)).split('\n');
  assert.match(effective, all);
  assert.equal(bounding, effective);
  assert.equal(await docker.output(look, { User: '1000', ...dropped }), `0000000000000000\n${bounding}\n`);
});

test('inspect tells it, and what goes with it', async () => {
  await docker.create('open', ['true'], { HostConfig: { Privileged, SecurityOpt: ['no-new-privileges'] } });
  const open = await shown('open');
  assert.equal(open.Privileged, true);
  assert.deepEqual([open.MaskedPaths, open.ReadonlyPaths, open.CapAdd, open.Devices ?? []], [null, null, null, []]);
  assert.deepEqual(open.SecurityOpt, ['no-new-privileges', 'label=disable']);
  await docker.create('pid-of-host', ['true'], { HostConfig: { PidMode: 'host' } });
  assert.deepEqual((await shown('pid-of-host')).SecurityOpt, ['label=disable']);
  await docker.create('usual', ['true']);
  const usual = await shown('usual');
  assert.deepEqual([usual.Privileged, usual.SecurityOpt], [false, null]);
  assert.ok((usual.MaskedPaths as string[]).includes('/proc/kcore'));
});

test('a privileged exec has all capabilities too, and the filter of its container', async () => {
  await docker.run('box', ['sleep', '1000']);
  const asked = async (more: object): Promise<string> => {
    const script = 'sed -n "s/^Cap\\(Eff\\|Bnd\\):\\s*//p" /proc/self/status; mkdir -p /m; mount -t tmpfs none /m';
    const id = await docker.exec('box', ['sh', '-c', script], more);
    using connection = new Bytes(docker.socket);
    connection.request(`POST /exec/${id}/start`, upgrade, JSON.stringify({ Detach: false, Tty: false }));
    const said = await connection.rest();
    const { ProcessConfig } = (await expect(docker.socket, `GET /exec/${id}/json`, 200)) as {
      ProcessConfig: { privileged: boolean };
    };
    assert.equal(ProcessConfig.privileged, 'Privileged' in more);
    return String(said);
  };
  const root = await asked({ Privileged });
  assert.match(root, isReference ? /000001ff\w{8}\s+000001ff/ : /00000004befcefff\s+00000004befcefff/);
  assert.match(root, /mount: permission denied/);
  assert.match(await asked({}), /00000000a80425fb\s+00000000a80425fb/);
});
