// Networks that a student makes: created, listed, removed; containers on them, several at once, connected and disconnected while they
// run; kept apart. Asked of either Docker.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { dockerCommand } from '../../support/docker-command.ts';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { until } from '../../support/until.ts';
import { ask, expect, expectSending } from '../api/exchange.ts';

let docker: EitherDocker;

async function cli(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await dockerCommand(docker.socket, ...args);
  assert.equal(exitCode, 0, `docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

const create = (Name: string, more: object = {}, status = 201, said?: unknown) =>
  expectSending(docker.socket, 'POST /networks/create', { Name, ...more }, status, said);
const range = (range: object) => ({ IPAM: { Config: [range] } });
const remove = (name: string) => expect(docker.socket, `DELETE /networks/${name}`, 204);
const discard = (...names: string[]) =>
  Promise.all(names.map((name) => expect(docker.socket, `DELETE /containers/${name}?force=1`, 204)));
const connect = (network: string, body: object, status = 200, said?: unknown) =>
  expectSending(docker.socket, `POST /networks/${network}/connect`, body, status, said);
const disconnect = (network: string, body: object, status = 200, said?: unknown) =>
  expectSending(docker.socket, `POST /networks/${network}/disconnect`, body, status, said);

interface Network {
  readonly IPAddress: string;
  readonly Gateway: string;
  readonly NetworkID: string;
  readonly DNSNames: string[];
  readonly MacAddress: string;
  readonly DriverOpts: Record<string, string> | null;
}
interface Settings {
  readonly Ports: Record<string, { HostPort: string }[] | null>;
  readonly Networks: Record<string, Network>;
}
const settings = async (container: string): Promise<Settings> =>
  ((await expect(docker.socket, `GET /containers/${container}/json`, 200)) as { NetworkSettings: Settings })
    .NetworkSettings;
const addressOf = async (container: string, network: string) =>
  (await settings(container)).Networks[network]?.IPAddress ?? '';
/** Publishes port 80. Docker publishes by the API only what is exposed as well. */
const published = (NetworkMode: string, HostPort: string) => ({
  ExposedPorts: { '80/tcp': {} },
  HostConfig: { NetworkMode, PortBindings: { '80/tcp': [{ HostPort }] } },
});
/** What a script prints in a container that runs. */
const inside = async (container: string, script: string): Promise<string> => {
  const { stdout, stderr } = await dockerCommand(docker.socket, 'exec', container, 'sh', '-c', script);
  return `${stdout}${stderr}`.trim();
};
const sleeper = ['sleep', '1000'];
const on = (NetworkMode: string, more: object = {}) => ({ HostConfig: { NetworkMode }, ...more });
const server = ['httpd', '-f', '-p', '80'];
const reaches = async (from: string, address: string) =>
  /404/.test(await inside(from, `timeout 3 wget -O- http://${address}/ 2>&1`));

beforeAll(async () => {
  docker = await openDocker();
});
afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

describe('a network', () => {
  test('is created with the next subnet of Docker’s pools, and told as Docker tells it', async () => {
    const { Id } = (await create('n1', {
      Driver: '',
      IPAM: null,
      Options: null,
      Labels: { a: 'b' },
      ConfigFrom: null,
    })) as { Id: string };
    assert.match(Id, /^[0-9a-f]{64}$/);
    const told = await expect(docker.socket, 'GET /networks/n1', 200);
    const { Created, ...rest } = told as { Created: string };
    assert.match(Created, /^20\d\d-\d\d-\d\dT.*Z$/);
    assert.deepEqual(rest, {
      Name: 'n1',
      Id,
      Scope: 'local',
      Driver: 'bridge',
      EnableIPv4: true,
      EnableIPv6: false,
      IPAM: { Driver: 'default', Options: null, Config: [{ Subnet: '172.18.0.0/16', Gateway: '172.18.0.1' }] },
      Internal: false,
      Attachable: false,
      Ingress: false,
      ConfigFrom: { Network: '' },
      ConfigOnly: false,
      Containers: {},
      Options: {},
      Labels: { a: 'b' },
    });
    await create('n2');
    await expect(docker.socket, 'GET /networks/n2', 200, { IPAM: { Config: [{ Subnet: '172.19.0.0/16' }] } });
    await remove('n1');
    await create('n3');
    await expect(docker.socket, 'GET /networks/n3', 200, { IPAM: { Config: [{ Subnet: '172.18.0.0/16' }] } });
    await remove('n2');
    await remove(((await expect(docker.socket, 'GET /networks/n3', 200)) as { Id: string }).Id.slice(0, 12));
    await expect(docker.socket, 'GET /networks/n3', 404, { message: 'network n3 not found' });
  });

  for (const [name, body, status, message] of [
    ['', {}, 400, 'invalid name: name is empty'],
    ['bridge', {}, 403, 'operation is not permitted on predefined bridge network '],
    ['default', {}, 403, 'operation is not permitted on predefined default network '],
    ['x', { Driver: 'host' }, 403, 'only one instance of "host" network is allowed'],
    ['x', { Driver: 'overlay' }, 403, /^This node is not a swarm manager\./],
    ['x', range({}), 400, 'invalid network config:\ninvalid subnet : invalid CIDR block notation'],
    ['x', range({ Subnet: '10.7.0.5/24' }), 400, /invalid subnet 10.7.0.5\/24: it should be 10.7.0.0\/24$/],
    ['x', range({ Subnet: '10.8.0.0/24', IPRange: '10.9.0.0/25' }), 400, /parent subnet 10.8.0.0\/24 doesn't contain/],
    [
      'x',
      range({ Subnet: '10.8.0.0/24', Gateway: '10.9.0.1' }),
      400,
      "invalid network config:\ninvalid gateway 10.9.0.1: parent subnet 10.8.0.0/24 doesn't contain this address",
    ],
    [
      'x',
      range({ Subnet: '10.8.0.0/24', AuxiliaryAddresses: { a: '10.9.0.1' } }),
      400,
      /invalid auxiliary address a: /,
    ],
    [
      'x',
      range({ Subnet: '172.17.0.0/24' }),
      403,
      'invalid pool request: Pool overlaps with other one on this address space',
    ],
    [
      'x',
      { IPAM: { Config: [{ Subnet: '10.7.0.0/24' }, { Subnet: '10.8.0.0/24' }] } },
      403,
      "bridge driver doesn't support multiple subnets",
    ],
  ] as const)
    test(`is refused as Docker refuses it: ${name} ${JSON.stringify(body)}`, async () => {
      await create(name, body, status, { message });
    });

  test('has one name, filters find it, and prune takes it where nobody is on it', async () => {
    await create('used', { Labels: { app: 'a' } });
    await create('idle', { Labels: { app: 'b' } });
    await create('used', {}, 409, { message: 'network with name used already exists' });
    await docker.run('user', sleeper, on('used'));
    const names = async (filters: object) => {
      const found = await expect(docker.socket, `GET /networks?filters=${JSON.stringify(filters)}`, 200);
      return (found as { Name: string }[]).map(({ Name }) => Name).sort();
    };
    assert.deepEqual(await names({ name: ['used'] }), ['used']);
    assert.deepEqual(await names({ label: ['app'] }), ['idle', 'used']);
    assert.deepEqual(await names({ label: { 'app=b': true } }), ['idle']);
    assert.deepEqual(await names({ type: ['custom'] }), ['idle', 'used']);
    // To Docker, all but its own three are.
    const used = isReference ? [] : ['used'];
    assert.deepEqual(await names({ dangling: ['true'] }), isReference ? ['idle', 'used'] : ['idle']);
    assert.deepEqual(await names({ dangling: ['false'] }), ['bridge', 'host', 'none', ...used]);
    const { body } = await ask(docker.socket, 'DELETE /networks/used');
    assert.match(
      (body as { message: string }).message,
      /^error while removing network: network used (id [0-9a-f]{64} )?has active endpoints \(name:"user" id:"[0-9a-f]{12}"\)$/,
    );
    await expect(docker.socket, 'POST /networks/prune', 200, { NetworksDeleted: ['idle'] });
    await discard('user');
    await remove('used');
    const since = `GET /events?since=1&until=${Math.ceil(Date.now() / 1000)}&filters={"type":["network"]}`;
    const { body: lines } = await ask(docker.socket, since);
    const events = String(typeof lines === 'string' ? lines : JSON.stringify(lines))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { Action: string; Actor: { Attributes: Record<string, string> } })
      .map(({ Action, Actor: { Attributes } }) => `${Action} ${Attributes.name ?? ''} ${Attributes.type ?? ''}`);
    assert.deepEqual(
      events.slice(-6),
      [
        'connect used bridge',
        'destroy idle bridge',
        'prune  ',
        'disconnect used bridge',
        'destroy used bridge',
      ].toSpliced(0, 0, 'create idle bridge'),
    );
  });
});

describe('a container on networks of its own', () => {
  test('has an address of the range and the gateway of the network, and its names', async () => {
    await create('ranged', range({ Subnet: '10.12.0.0/24', IPRange: '10.12.0.128/25' }));
    const id = await docker.run('web', sleeper, {
      ...published('ranged', '8080'),
      NetworkingConfig: { EndpointsConfig: { ranged: { Aliases: ['al'] } } },
    });
    const { Networks, Ports } = await settings('web');
    assert.deepEqual(Object.keys(Networks), ['ranged']);
    const { IPAddress, Gateway, DNSNames } = Networks.ranged ?? {};
    assert.deepEqual([IPAddress, Gateway, DNSNames], ['10.12.0.129', '10.12.0.128', ['web', 'al', id.slice(0, 12)]]);
    assert.equal(Ports['80/tcp']?.[0]?.HostPort, '8080');
    assert.match(await inside('web', 'ip route'), /^default via 10\.12\.0\.128 dev eth0 *\n10\.12\.0\.0\/24 dev eth0 /);
    assert.equal(
      await inside('web', 'head -7 /etc/resolv.conf'),
      [
        '# Generated by Docker Engine.',
        '# This file can be edited; Docker Engine will not make further changes once it',
        '# has been modified.',
        '',
        'nameserver 127.0.0.11',
        'options ndots:0',
      ].join('\n'),
    );
    const told = (await expect(docker.socket, 'GET /networks/ranged', 200)) as { Containers: Record<string, object> };
    assert.deepEqual(Object.keys(told.Containers), [id]);
    const refused = (asked: string, message: unknown, status = 400) =>
      expectSending(
        docker.socket,
        'POST /containers/create',
        {
          Image: 'busybox',
          ...on('ranged', {
            NetworkingConfig: { EndpointsConfig: { ranged: { IPAMConfig: { IPv4Address: asked } } } },
          }),
        },
        status,
        { message },
      );
    await refused(
      '10.99.0.1',
      'invalid config for network ranged: invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.99.0.1',
    );
    await discard('web');
    await remove('ranged');
  });

  test('reaches those on its network, also at addresses that were asked for, and none on another; the host reaches all', async () => {
    await create('front', range({ Subnet: '10.20.0.0/16' }));
    await create('back');
    const at = (network: string, IPv4Address: string) => ({
      NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address } } } },
    });
    await docker.run('far', server, on('front', at('front', '10.20.200.9')));
    await docker.run('client', sleeper, on('front'));
    await docker.run('other', server, published('back', '8081'));
    await docker.run('plain', server);
    const [other, plain] = [await addressOf('other', 'back'), await addressOf('plain', 'bridge')];
    await until('the server answers', () => reaches('client', '10.20.200.9'));
    await until('it answers itself', () => reaches('other', '127.0.0.1'));
    for (const address of [other, plain]) assert.equal(await reaches('client', address), false, address);
    assert.equal(await reaches('plain', other), false);
    // By the published port it is reached, at any address of the host.
    await until('it is reached so', () => reaches('client', '10.20.0.1:8081'));
    const taken = await docker.create('taken', sleeper, on('front', at('front', '10.20.200.9')));
    await expect(docker.socket, `POST /containers/${taken}/start`, 403, {
      message: 'failed to set up container networking: Address already in use',
    });
    await discard('far', 'client', 'other', 'plain', 'taken');
    await remove('front');
    await remove('back');
  });

  test('has the options of its network: its largest packet; and the default route of the network with the highest priority', async () => {
    const options = { 'com.docker.network.driver.mtu': '1400', 'com.docker.network.bridge.name': 'small0' };
    await create('small', { Options: options });
    await expect(docker.socket, 'GET /networks/small', 200, { Options: options });
    await create('wide');
    await docker.run('sized', sleeper, {
      HostConfig: { NetworkMode: 'small' },
      NetworkingConfig: { EndpointsConfig: { small: {}, wide: { GwPriority: 7 } } },
    });
    assert.match(await inside('sized', 'ip addr'), /eth0@.* mtu 1400 /);
    assert.match(await inside('sized', 'ip route'), /^default via 172\.19\.0\.1 dev eth1/);
    await disconnect('wide', { Container: 'sized' });
    assert.match(await inside('sized', 'ip route'), /^default via 172\.18\.0\.1 dev eth0/);
    await connect('wide', { Container: 'sized', EndpointConfig: { GwPriority: 1 } });
    assert.match(await inside('sized', 'ip route'), /^default via 172\.19\.0\.1/);
    await discard('sized');
    await remove('small');
    await remove('wide');
  });

  test('shows the MAC address that was asked for before it starts, and keeps driver options that mean nothing', async () => {
    await create('n-asked');
    const options = { 'org.example.option': 'on' };
    const asked = { MacAddress: '02:42:0A:09:00:05', DriverOpts: options };
    await docker.create(
      'asked',
      sleeper,
      on('n-asked', { NetworkingConfig: { EndpointsConfig: { 'n-asked': asked } } }),
    );
    await docker.create('joined', sleeper);
    await connect('n-asked', { Container: 'joined', EndpointConfig: { MacAddress: '02:42:0a:09:00:06' } });
    const shown = async (name: string) => {
      const { MacAddress, DriverOpts } = (await settings(name)).Networks['n-asked'] ?? {};
      return [MacAddress, DriverOpts];
    };
    assert.deepEqual(await shown('asked'), [asked.MacAddress, options]);
    assert.deepEqual(await shown('joined'), ['02:42:0a:09:00:06', null]);
    await expect(docker.socket, 'POST /containers/asked/start', 204);
    assert.equal(await inside('asked', 'cat /sys/class/net/eth0/address'), '02:42:0a:09:00:05');
    await expect(docker.socket, 'POST /containers/asked/kill', 204);
    await expect(docker.socket, 'POST /containers/asked/wait', 200);
    assert.deepEqual(await shown('asked'), ['', options]);
    await discard('asked', 'joined');
    await remove('n-asked');
  });
  test('is created before its network, and starts where that is there', async () => {
    await docker.create('early', sleeper, on('late'));
    const message = 'failed to set up container networking: network late not found';
    await expect(docker.socket, 'POST /containers/early/start', 404, { message });
    await create('late');
    await expect(docker.socket, 'POST /containers/early/start', 204);
    assert.notEqual(await addressOf('early', 'late'), '');
    await discard('early');
    await remove('late');
  });

  test('of an internal network nothing leads out, and its ports are not published before it is on another', async () => {
    await create('inner', { Internal: true });
    await create('outer');
    await docker.run('shut', sleeper, published('inner', '8090'));
    assert.deepEqual([(await settings('shut')).Networks.inner?.Gateway, (await settings('shut')).Ports], ['', {}]);
    assert.doesNotMatch(await inside('shut', 'ip route'), /default/);
    await connect('outer', { Container: 'shut' });
    assert.match(await inside('shut', 'ip route'), /^default via [\d.]+ dev eth1/);
    assert.equal((await settings('shut')).Ports['80/tcp']?.[0]?.HostPort, '8090');
    await discard('shut');
    await remove('inner');
    await remove('outer');
  });
});

describe('network connect and disconnect', () => {
  test('change the addresses, the default route, the names and the ports of a container that runs', async () => {
    await create('one');
    await create('two', range({ Subnet: '10.21.0.0/24' }));
    await docker.run('moved', server, published('one', '8082'));
    await cli('network', 'connect', '--alias', 'x', '--ip', '10.21.0.9', 'two', 'moved');
    await connect('two', { Container: 'moved' }, 403, {
      message: 'endpoint with name moved already exists in network two',
    });
    const [one, two] = [await addressOf('moved', 'one'), '10.21.0.9'];
    assert.equal(await addressOf('moved', 'two'), two);
    assert.match(await inside('moved', 'ip route'), /^default via 172\.18\.0\.1 dev eth0/);
    const id = await inside('moved', 'hostname');
    assert.deepEqual((await inside('moved', 'tail -2 /etc/hosts')).split('\n'), [`${one}\t${id}`, `${two}\t${id}`]);
    await disconnect('one', { Container: 'moved' });
    assert.match(await inside('moved', 'ip route'), /^default via 10\.21\.0\.1 dev eth1/);
    assert.deepEqual(Object.keys((await settings('moved')).Networks), ['two']);
    assert.equal((await settings('moved')).Ports['80/tcp']?.[0]?.HostPort, '8082');
    assert.equal(await inside('moved', 'tail -1 /etc/hosts'), `${two}\t${id}`);
    const { message } = (await disconnect('one', { Container: 'moved' }, 500)) as { message: string };
    assert.match(message, /^container [0-9a-f]{64} is not connected to network one$/);
    await disconnect('two', { Container: 'moved' });
    assert.deepEqual([(await settings('moved')).Networks, (await settings('moved')).Ports], [{}, {}]);
    await connect('one', { Container: 'moved' });
    await connect('two', { Container: 'moved' });
    assert.match(await inside('moved', 'ip route'), /^default via 172\.18\.0\.1/);
    assert.equal((await settings('moved')).Ports['80/tcp']?.[0]?.HostPort, '8082');
    await discard('moved');
    await remove('one');
    await remove('two');
  });

  test('of a container that is stopped are what its next start does', async () => {
    await create('later', range({ Subnet: '10.22.0.0/24' }));
    await docker.create('still', sleeper);
    await connect('later', { Container: 'still', EndpointConfig: { IPAMConfig: { IPv4Address: '10.22.0.7' } } });
    await expect(docker.socket, 'POST /containers/still/start', 204);
    assert.equal(await addressOf('still', 'later'), '10.22.0.7');
    assert.notEqual(await addressOf('still', 'bridge'), '');
    await expect(docker.socket, 'POST /containers/still/stop?t=0', 204);
    await disconnect('bridge', { Container: 'still' });
    await expect(docker.socket, 'POST /containers/still/start', 204);
    assert.deepEqual(Object.keys((await settings('still')).Networks), ['later']);
    await discard('still');
    await remove('later');
  });

  test('are refused as Docker refuses them', async () => {
    await create('any');
    await docker.run('hosted', sleeper, on('host'));
    await docker.run('lonely', sleeper, on('none'));
    await docker.run('free', sleeper);
    const shares =
      'container sharing network namespace with another container or host cannot be connected to any other network';
    await connect('any', { Container: 'hosted' }, 400, { message: shares });
    await disconnect('host', { Container: 'hosted' }, 400, {
      message: /^cannot disconnect container from host network/,
    });
    await connect('host', { Container: 'free' }, 400, { message: /^cannot connect container to host network/ });
    const alone = { message: /with one of the networks in private \(none\) mode$/ };
    await connect('none', { Container: 'free' }, 400, alone);
    await connect('any', { Container: 'lonely' }, 400, alone);
    await connect('any', {}, 400, { message: 'invalid name or ID supplied: ""' });
    await connect('any', { Container: 'nope' }, 404, { message: 'No such container: nope' });
    await connect('nope', { Container: 'free' }, 404, { message: 'network nope not found' });
    await connect('any', { Container: 'free', EndpointConfig: { IPAMConfig: { IPv4Address: '1.2.3.4' } } }, 400, {
      message:
        'invalid endpoint settings:\nuser specified IP address is supported only when connecting to networks with user configured subnets',
    });
    await disconnect('none', { Container: 'lonely' });
    await connect('any', { Container: 'lonely' });
    assert.match(await inside('lonely', 'ip route'), /^default via/);
    await discard('hosted', 'lonely', 'free');
    await remove('any');
  });
});

describe.skipIf(isReference)('networks of ours', () => {
  /** What a script prints in the workspace. */
  const workspace = async (script: string): Promise<string> => {
    const info = (await docker.engine.client.hosts()).find(({ dockerSocket }) => dockerSocket === docker.socket);
    const argv = ['bash', '-c', script];
    return (await docker.engine.client.run(info?.name ?? '', { argv, user: 'root', timeoutMs: 60_000 })).stdout;
  };
  // Whether anything runs on docker0 (linkdown) is no matter: the kernel says so a moment after the last one has gone.
  const state =
    'ip -o link show type bridge | cut -d: -f2; ip rule; ip -o -4 addr; ip route show table all | sed "s/ linkdown//"; cd /proc/sys/net/ipv4; grep . ip_forward conf/{all,default,lo,docker0}/{rp_filter,route_localnet,forwarding}';

  test('E05: leave links, routes and settings as they were', async () => {
    const before = await workspace(state);
    await create('passing', range({ Subnet: '10.30.0.0/16', Gateway: '10.30.255.254' }));
    await docker.run('guest', sleeper, {
      HostConfig: { NetworkMode: 'passing' },
      NetworkingConfig: { EndpointsConfig: { passing: { IPAMConfig: { IPv4Address: '10.30.99.99' } } } },
    });
    assert.notEqual(await workspace(state), before);
    assert.match(await inside('guest', 'ping -c 1 -W 10 10.30.255.254'), / 0% packet loss/);
    await discard('guest');
    await remove('passing');
    assert.equal(await workspace(state), before);
  });

  test('E04: are not called as something that is there already', async () => {
    for (const link of ['docker0', 'eth0', 'all', '../x', '', 'a'.repeat(16), 'veth1']) {
      const message = /^invalid bridge name: /;
      await create('named', { Options: { 'com.docker.network.bridge.name': link } }, 400, { message });
    }
  });

  test('D10: are twenty at the most', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `many${index}`);
    for (const name of names) await create(name);
    await create('more', {}, 429, { message: /^this host already has 20 networks of its own; remove some first/ });
    const { body } = await ask(docker.socket, 'POST /networks/prune');
    assert.deepEqual((body as { NetworksDeleted: string[] }).NetworksDeleted.sort(), names.sort());
  });
});
