// Networks with IPv6: their subnets, containers' addresses, routes and names there, ports that lead to them; kept apart. Asked of
// either Docker.

import assert from 'node:assert/strict';
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import { dockerCommand } from '../../support/docker-command.ts';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { until } from '../../support/until.ts';
import { expect, expectSending } from '../api/exchange.ts';

let docker: EitherDocker;

const ranges = (...Config: object[]) => ({ EnableIPv6: true, IPAM: { Config } });
const create = (Name: string, more: object = {}, status = 201, said?: unknown) =>
  expectSending(docker.socket, 'POST /networks/create', { Name, ...more }, status, said);
const remove = (...names: string[]) =>
  Promise.all(names.map((name) => expect(docker.socket, `DELETE /networks/${name}`, 204)));
const discard = (...names: string[]) =>
  Promise.all(names.map((name) => expect(docker.socket, `DELETE /containers/${name}?force=1`, 204)));
const on = (NetworkMode: string, IPAMConfig?: object) => ({
  HostConfig: { NetworkMode },
  ...(IPAMConfig && { NetworkingConfig: { EndpointsConfig: { [NetworkMode]: { IPAMConfig } } } }),
});
const publishing = (NetworkMode: string, ...bindings: object[]) => ({
  ExposedPorts: { '80/tcp': {} },
  HostConfig: { NetworkMode, PortBindings: { '80/tcp': bindings } },
});
const sleeper = ['sleep', '1000'];
const server = ['httpd', '-f', '-p', '80'];

interface Told {
  readonly EnableIPv6: boolean;
  readonly IPAM: { readonly Config: { readonly Subnet: string; readonly Gateway?: string }[] };
  readonly Containers: Record<
    string,
    { readonly Name: string; readonly IPv4Address: string; readonly IPv6Address: string }
  >;
}
const told = async (network: string) => (await expect(docker.socket, `GET /networks/${network}`, 200)) as Told;
interface Place {
  readonly IPAMConfig: object | null;
  readonly Gateway: string;
  readonly IPAddress: string;
  readonly IPv6Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
}
const placeOf = async (container: string, network: string): Promise<Place> => {
  const { NetworkSettings } = (await expect(docker.socket, `GET /containers/${container}/json`, 200)) as {
    NetworkSettings: { Networks: Record<string, Place> };
  };
  const place = NetworkSettings.Networks[network];
  assert.ok(place);
  return place;
};
/** What a script prints in a container that runs. */
const inside = async (container: string, script: string): Promise<string> => {
  const { stdout, stderr } = await dockerCommand(docker.socket, 'exec', container, 'sh', '-c', script);
  return `${stdout}${stderr}`.trim();
};
/** By HTTP; 404 is an answer too. */
const reaches = async (from: string, place: string) =>
  /404/.test(await inside(from, `timeout 3 wget -O- http://${place}/ 2>&1`));
const lookup = async (from: string, name: string, type: string) =>
  [
    ...(await inside(from, `nslookup ${type === 'ptr' ? '' : `-type=${type}`} ${name}`)).matchAll(
      /^Address: (.*)$|name = (.*)$|: (SERVFAIL)$/gm,
    ),
  ]
    .map(([, address, pointer, failure]) => address ?? pointer ?? failure ?? '')
    .sort();

beforeAll(async () => {
  docker = await openDocker();
});
afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});
/** So that a test which failed leaves nothing in the way of the next one. */
afterEach(async () => {
  const left = (await expect(docker.socket, 'GET /containers/json?all=1', 200)) as { Id: string }[];
  await discard(...left.map(({ Id }) => Id));
  await expect(docker.socket, 'POST /networks/prune', 200);
});

describe('a network with IPv6', () => {
  test('has subnets of 64 bits from a prefix of the host’s own where none is asked for', async () => {
    await create('n1', { EnableIPv6: true });
    const { EnableIPv6, IPAM } = await told('n1');
    assert.equal(EnableIPv6, true);
    const [ipv4, ipv6, ...more] = IPAM.Config;
    assert.deepEqual([ipv4, more], [{ Subnet: '172.18.0.0/16', Gateway: '172.18.0.1' }, []]);
    const [, prefix = ''] = /^(fd[0-9a-f]{2}(?::[0-9a-f]{1,4}){2})::\/64$/.exec(ipv6?.Subnet ?? '') ?? [];
    assert.deepEqual(ipv6, { Subnet: `${prefix}::/64`, Gateway: `${prefix}::1` });
    await create('n2', { Options: { 'com.docker.network.enable_ipv6': 'true' } });
    assert.deepEqual((await told('n2')).IPAM.Config[1], { Subnet: `${prefix}:1::/64`, Gateway: `${prefix}:1::1` });
    await remove('n1');
    await create('n3', { EnableIPv6: true });
    assert.equal((await told('n3')).IPAM.Config[1]?.Subnet, `${prefix}::/64`);
    await remove('n2', 'n3');
  });

  test('shows what was asked for as it was asked, IPv4 first, and then what was chosen', async () => {
    const [ipv4, ipv6] = [
      { Subnet: '10.40.0.0/24', Gateway: '10.40.0.9' },
      { Subnet: 'FD00:1::/64', IPRange: 'fd00:1::100/120' },
    ];
    await create('both', ranges(ipv6, ipv4));
    assert.deepEqual((await told('both')).IPAM.Config, [ipv4, ipv6]);
    await create('one', ranges({ Subnet: 'fd00:2::/64' }));
    assert.deepEqual((await told('one')).IPAM.Config, [
      { Subnet: 'fd00:2::/64' },
      { Subnet: '172.18.0.0/16', Gateway: '172.18.0.1' },
    ]);
    // Without IPv6 it is shown, and of no account.
    await create('four', { IPAM: { Config: [{ Subnet: 'fd00:3::/64' }] } });
    const { EnableIPv6, IPAM } = await told('four');
    assert.deepEqual([EnableIPv6, IPAM.Config[0]], [false, { Subnet: 'fd00:3::/64' }]);
    await docker.run('plain', sleeper, on('four', { IPv6Address: 'fd00:3::9' }));
    assert.equal((await placeOf('plain', 'four')).GlobalIPv6Address, '');
    assert.doesNotMatch(await inside('plain', 'cat /proc/net/if_inet6'), /eth0/);
    await discard('plain');
    await remove('both', 'one', 'four');
  });

  for (const [body, status, message] of [
    [
      ranges({ Subnet: 'fd00:7::1/64' }),
      400,
      'invalid network config:\ninvalid subnet fd00:7::1/64: it should be fd00:7::/64',
    ],
    [
      ranges({ Subnet: 'fd00:7::/129' }),
      400,
      'invalid network config:\ninvalid subnet fd00:7::/129: invalid CIDR block notation',
    ],
    [
      ranges({
        Subnet: 'fd00:a::/64',
        Gateway: '10.0.0.1',
        IPRange: '10.0.0.0/24',
        AuxiliaryAddresses: { a: 'fd00:b::1', b: 'nosuch' },
      }),
      400,
      'invalid network config:\n* invalid ip-range 10.0.0.0/24: parent subnet is an IPv6 block\n* invalid gateway 10.0.0.1: parent subnet is an IPv6 block\n' +
        "* invalid auxiliary address a: parent subnet fd00:a::/64 doesn't contain this address\n* invalid auxiliary address b: invalid address",
    ],
    [
      ranges({ Subnet: '10.0.0.1/24' }, { Subnet: 'fd00:a::1/64' }),
      400,
      'invalid network config:\n* invalid subnet 10.0.0.1/24: it should be 10.0.0.0/24\n* invalid subnet fd00:a::1/64: it should be fd00:a::/64',
    ],
    [
      ranges({ Subnet: 'fd00:4::/64' }, { Subnet: 'fd00:5::/64' }),
      403,
      "bridge driver doesn't support multiple subnets",
    ],
    [
      ranges({ Subnet: 'fd00:a::/64', Gateway: 'fd00:a::' }),
      500,
      'failed to allocate gateway (fd00:a::): Address already in use',
    ],
    [{ EnableIPv4: false }, 400, 'IPv4 or IPv6 must be enabled'],
  ] as const)
    test(`is refused as Docker refuses it: ${JSON.stringify(body)}`, async () => {
      await create('x', body, status, { message });
    });

  test('has a subnet that no other network has', async () => {
    await create('first', ranges({ Subnet: 'fd00:1::/64' }));
    const message = 'invalid pool request: Pool overlaps with other one on this address space';
    for (const Subnet of ['fd00:1::/64', 'fd00::/16', 'fd00:1:0:0:8000::/80'])
      await create('x', ranges({ Subnet }), 403, { message });
    await remove('first');
  });
});

describe('a container on a network with IPv6', () => {
  test('has an address, a route and its names, told as Docker tells them', async () => {
    await create('six', ranges({ Subnet: '10.41.0.0/16' }, { Subnet: 'fd00:1::/64' }));
    const id = await docker.run('web', sleeper, on('six'));
    const { IPAMConfig, ...place } = await placeOf('web', 'six');
    assert.equal(IPAMConfig, null);
    assert.deepEqual(
      [place.IPAddress, place.Gateway, place.GlobalIPv6Address, place.GlobalIPv6PrefixLen, place.IPv6Gateway],
      ['10.41.0.2', '10.41.0.1', 'fd00:1::2', 64, 'fd00:1::1'],
    );
    const { [id]: member } = (await told('six')).Containers;
    assert.deepEqual([member?.Name, member?.IPv4Address, member?.IPv6Address], ['web', '10.41.0.2/16', 'fd00:1::2/64']);
    // Neither looked for first nor waited for: 02 is IFA_F_NODAD, and tentative would be 40 beside it.
    assert.match(
      await inside('web', 'cat /proc/net/if_inet6'),
      /^fd000001000000000000000000000002 \S+ 40 00 82 +eth0$/m,
    );
    assert.match(await inside('web', 'ip -6 route'), /^default via fd00:1::1 dev eth0 +metric 1024/m);
    assert.match(
      await inside('web', 'cat /etc/hosts'),
      new RegExp(`10.41.0.2\t${id.slice(0, 12)}\nfd00:1::2\t${id.slice(0, 12)}$`),
    );
    assert.match(await inside('web', 'ping -6 -c 1 -W 10 fd00:1::1'), / 0% packet loss/);
    await discard('web');
    await remove('six');
  });

  test('has the address that is asked for, unless somebody has it', async () => {
    await create('six', ranges({ Subnet: '10.41.0.0/16' }, { Subnet: 'fd00:1::/64' }));
    await docker.run('fixed', server, on('six', { IPv6Address: 'FD00:1:0::00ab' }));
    const { GlobalIPv6Address, IPAMConfig } = await placeOf('fixed', 'six');
    assert.deepEqual([GlobalIPv6Address, IPAMConfig], ['fd00:1::ab', { IPv6Address: 'FD00:1:0::00ab' }]);
    await docker.run('last', sleeper, on('six', { IPv6Address: 'fd00:1::ffff:ffff:ffff:ffff' }));
    await until('it is reached', () => reaches('last', '[fd00:1::ab]'));
    const message = 'failed to set up container networking: Address already in use';
    for (const [index, IPv6Address] of ['fd00:1::ab', 'fd00:1::1', 'fd00:1::'].entries()) {
      await docker.create(`taken${index}`, sleeper, on('six', { IPv6Address }));
      await expect(docker.socket, `POST /containers/taken${index}/start`, 403, { message });
      await discard(`taken${index}`);
    }
    const refused = (asked: object, said: string) =>
      expectSending(docker.socket, 'POST /containers/create', { Image: 'busybox', ...on('six', asked) }, 400, {
        message: `invalid config for network six: invalid endpoint settings:\n${said}`,
      });
    const outside = (address: string) => `no configured subnet or ip-range contain the IP address ${address}`;
    await refused({ IPv6Address: 'fd00:9::1' }, outside('fd00:9::1'));
    for (const wrong of ['nosuch', '10.41.0.7'])
      await refused({ IPv6Address: wrong }, `* invalid IPv6 address: ${wrong}\n* ${outside(wrong)}`);
    // After a restart it is the same.
    await expect(docker.socket, 'POST /containers/fixed/restart?t=0', 204);
    assert.equal((await placeOf('fixed', 'six')).GlobalIPv6Address, 'fd00:1::ab');
    await until('it is reached', () => reaches('last', '[fd00:1::ab]'));
    await discard('fixed', 'last');
    await remove('six');
  });

  test('is not given what is reserved, nor more than there are', async () => {
    await create(
      'few',
      ranges({ Subnet: 'fd00:8::/125', Gateway: 'fd00:8::2', AuxiliaryAddresses: { y: 'fd00:8::1', z: 'fd00:8::3' } }),
    );
    const names = ['a4', 'a5', 'a6', 'a7'];
    for (const name of names) {
      await docker.run(name, sleeper, on('few'));
      assert.equal((await placeOf(name, 'few')).GlobalIPv6Address, `fd00:8::${name.slice(1)}`);
    }
    await docker.create('a8', sleeper, on('few'));
    const message = /no available IPv6 addresses on this network.s address pools: few/;
    await expect(docker.socket, 'POST /containers/a8/start', isReference ? 500 : 429, { message });
    await discard(...names, 'a8');
    await remove('few');
  });

  test('is found by its name and its address, and a name without an address of IPv6 has none', async () => {
    await create('six', ranges({ Subnet: 'fd00:1::/64' }));
    await create('four');
    await docker.run('web', sleeper, on('six'));
    await docker.run('db', sleeper, on('six'));
    await docker.run('old', sleeper, on('four'));
    await docker.run('older', sleeper, on('four'));
    assert.deepEqual(await lookup('db', 'web', 'aaaa'), ['fd00:1::2']);
    assert.deepEqual(await lookup('db', 'web', 'a'), [(await placeOf('web', 'six')).IPAddress]);
    assert.deepEqual(await lookup('db', 'fd00:1::2', 'ptr'), ['web.six']);
    assert.deepEqual(await lookup('db', 'fd00:1::99', 'ptr'), ['SERVFAIL']);
    assert.deepEqual(await lookup('old', 'older', 'aaaa'), []);
    assert.deepEqual(await lookup('old', 'web', 'aaaa'), ['SERVFAIL']);
    assert.match(await inside('db', 'ping -6 -c 1 -W 10 web'), /\(fd00:1::2\)[\s\S]* 0% packet loss/);
    await discard('web', 'db', 'old', 'older');
    await remove('six', 'four');
  });

  test('is connected and disconnected while it runs, and its default route is that of a network with IPv6', async () => {
    await create('six', ranges({ Subnet: 'fd00:1::/64' }));
    await create('more', ranges({ Subnet: 'fd00:2::/64' }));
    await create('four');
    await docker.run('moved', sleeper, {
      HostConfig: { NetworkMode: 'four' },
      NetworkingConfig: { EndpointsConfig: { four: { GwPriority: 9 }, six: {} } },
    });
    const routes = () => inside('moved', 'ip route | grep default; ip -6 route | grep default');
    const gateway = async (network: string) => (await placeOf('moved', network)).Gateway;
    assert.match(
      await routes(),
      new RegExp(`^default via ${await gateway('six')} dev eth1 +\ndefault via fd00:1::1 dev eth1`),
    );
    const connect = {
      Container: 'moved',
      EndpointConfig: { GwPriority: 5, IPAMConfig: { IPv6Address: 'fd00:2::55' } },
    };
    await expectSending(docker.socket, 'POST /networks/more/connect', connect, 200);
    assert.match(await routes(), /default via fd00:2::1 dev eth2/);
    assert.equal((await placeOf('moved', 'more')).GlobalIPv6Address, 'fd00:2::55');
    assert.match(await inside('moved', 'cat /etc/hosts'), /^fd00:2::55\t/m);
    await expectSending(docker.socket, 'POST /networks/more/disconnect', { Container: 'moved' }, 200);
    assert.doesNotMatch(await inside('moved', 'cat /etc/hosts'), /fd00:2::55/);
    assert.match(await routes(), /default via fd00:1::1 dev eth1/);
    await expectSending(docker.socket, 'POST /networks/six/disconnect', { Container: 'moved' }, 200);
    assert.match(await routes(), new RegExp(`^default via ${await gateway('four')} dev eth0$`));
    await discard('moved');
    await remove('six', 'more', 'four');
  });

  test('that wants no IPv6 has none', async () => {
    await create('six', ranges({ Subnet: 'fd00:1::/64' }));
    const Sysctls = { 'net.ipv6.conf.all.disable_ipv6': '1' };
    await docker.run('without', sleeper, { HostConfig: { NetworkMode: 'six', Sysctls } });
    assert.doesNotMatch(await inside('without', 'cat /proc/net/if_inet6'), /eth0/);
    await discard('without');
    await remove('six');
  });
});

describe('networks with IPv6', () => {
  test('are kept apart; a published port leads from one to another', async () => {
    await create('front', ranges({ Subnet: 'fd00:1::/64' }));
    await create('back', ranges({ Subnet: 'fd00:2::/64' }));
    await docker.run('web', server, publishing('front', { HostPort: '8083' }));
    await docker.run('near', sleeper, on('front'));
    await docker.run('far', sleeper, on('back'));
    await until('it serves', () => reaches('near', '[fd00:1::2]'));
    assert.equal(await reaches('far', '[fd00:1::2]'), false);
    assert.match(await inside('far', 'ping -6 -c 1 -W 1 fd00:1::2'), / 100% packet loss/);
    for (const [from, place] of [
      ['far', '[fd00:2::1]:8083'],
      ['far', '[fd00:1::1]:8083'],
      ['near', '[fd00:1::1]:8083'],
    ] as const)
      await until(`${from} reaches ${place}`, () => reaches(from, place));
    await discard('web', 'near', 'far');
    await remove('front', 'back');
  });

  test('that are internal lead nowhere', async () => {
    await create('inner', { Internal: true, ...ranges({ Subnet: 'fd00:3::/64' }) });
    await create('outer', ranges({ Subnet: 'fd00:4::/64' }));
    await docker.run('shut', sleeper, on('inner'));
    await docker.run('open', server, on('outer'));
    await until('it serves', () => reaches('open', '[fd00:4::2]'));
    const { IPv6Gateway, GlobalIPv6Address } = await placeOf('shut', 'inner');
    assert.deepEqual([IPv6Gateway, GlobalIPv6Address], ['', 'fd00:3::2']);
    assert.doesNotMatch(await inside('shut', 'ip -6 route'), /default/);
    assert.equal(await reaches('shut', '[fd00:4::2]'), false);
    assert.equal(await reaches('open', '[fd00:3::2]'), false);
    await discard('shut', 'open');
    await remove('inner', 'outer');
  });

  test('publish at an address of theirs, and at none that is nobody’s', async () => {
    await create('front', ranges({ Subnet: 'fd00:1::/64' }));
    await docker.run('web', server, publishing('front', { HostIp: 'fd00:1::1', HostPort: '8084' }));
    await docker.run('near', sleeper, on('front'));
    await until('it serves', () => reaches('near', '[fd00:1::1]:8084'));
    await docker.create('bad', server, publishing('front', { HostIp: 'fd00:99::1', HostPort: '8085' }));
    const message =
      /failed to bind host port for (\[fd00:99::1\]:8085:.*|tcp \[fd00:99::1\]:8085): cannot assign requested address/;
    await expect(docker.socket, 'POST /containers/bad/start', 500, { message });
    await discard('web', 'near', 'bad');
    await remove('front');
  });
});
