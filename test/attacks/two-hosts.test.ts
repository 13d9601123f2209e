// Two hosts on one engine: neither sees the other's containers, images, processes, files, addresses, or feels its limits.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';
import { until } from '../support/until.ts';

let engine: RunningEngine;
let hosts: [DockerHost, DockerHost];

beforeAll(async () => {
  engine = await sharedEngine();
  hosts = [await createDockerHost(engine, 'alpha'), await createDockerHost(engine, 'beta')];
  for (const host of hosts) {
    const serve = `echo "served by ${host.name}" >/index.html; exec httpd -f -p 80 -h /`;
    const publish = { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } };
    await host.run('web', ['sh', '-c', serve], { HostConfig: publish });
    await host.import(`only-${host.name}`, [{ name: 'etc', type: 'directory' }]);
    await host.shell(`echo "file of ${host.name}" >/home/student/mine; touch /tmp/tmp-${host.name}`);
  }
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** In each of the two, with the name of the other. */
async function inBoth(look: (host: DockerHost, other: DockerHost) => Promise<void>): Promise<void> {
  await look(hosts[0], hosts[1]);
  await look(hosts[1], hosts[0]);
}

describe('two hosts', () => {
  test('have the same names, addresses and ports, each its own', async () => {
    await inBoth(async (host) => {
      await expect(host.socket, 'GET /containers/web/json', 200, {
        NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2' } } },
      });
      for (const address of ['172.17.0.2', '127.0.0.1:8080', '172.17.0.1:8080'])
        await until(`${address} answers`, async () => {
          const { stdout } = await host.shell(`curl --silent --max-time 2 http://${address}/`);
          return stdout === `served by ${host.name}\n`;
        });
      const { stdout } = await host.shell('hostname; ip -brief link');
      assert.match(stdout, /^docker-host\n/);
      assert.equal(stdout.match(/^veth/gm)?.length, 1);
    });
  });

  test('list their own containers and images', async () => {
    await inBoth(async (host, other) => {
      const { stdout } = await host.shell('docker ps --all; docker images; docker network ls', 'student');
      assert.match(stdout, new RegExp(`only-${host.name}`));
      assert.ok(!stdout.includes(other.name), stdout);
      assert.equal(stdout.match(/\bweb\b/g)?.length, 1);
    });
  });

  test('see their own processes', async () => {
    await inBoth(async (host, other) => {
      const { stdout } = await host.shell(
        'ps -eo args; ls /proc | grep -c "^[0-9]"; cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"',
      );
      assert.equal(stdout.match(/^httpd -f/gm)?.length, 1, stdout);
      assert.ok(!stdout.includes(`served by ${other.name}`) && !stdout.includes(other.info.id));
      const { text } = await host.output(['ps']);
      assert.equal(text.trim().split('\n').length, 2, text);
    });
  });

  test('have their own files', async () => {
    await inBoth(async (host, other) => {
      const { stdout } = await host.shell(
        'cat /home/student/mine; ls /tmp; find / -xdev -path /usr -prune -o -name "*beta*" -print -o -name "*alpha*" -print | grep -v ^/proc',
      );
      assert.match(stdout, new RegExp(`^file of ${host.name}\n`));
      assert.ok(!stdout.includes(other.name), stdout);
    });
  });

  test('share no users: what one owns is nobody’s in the other', async () => {
    const [one, two] = hosts.map(({ info }) => info.uidBase);
    assert.ok(one !== undefined && two !== undefined && Math.abs(one - two) >= 65_536);
  });

  test('go one without the other: reset and removal leave the neighbour as it is', async () => {
    const [alpha, beta] = hosts;
    const before = await expect(beta.socket, 'GET /containers/web/json', 200);
    await engine.client.resetHost('alpha');
    const fresh = await alpha.shell('ls /home/student/mine /tmp; docker ps --all --quiet; docker images --quiet');
    assert.doesNotMatch(fresh.stdout, /mine|tmp-|\w{12}/);
    assert.deepEqual(await expect(beta.socket, 'GET /containers/web/json', 200), before);
    await engine.client.removeHost('alpha');
    const { stdout } = await beta.shell('cat /home/student/mine; curl --silent http://172.17.0.2/');
    assert.equal(stdout, 'file of beta\nserved by beta\n');
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });
});
