// The name server at 127.0.0.11 of containers on networks of a student's own, asked by the programs of a container. What is said here
// is what dockerd 28.5 answers.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { resolverAddress, resolverRealPort } from '../../../runtime/networks/dns/resolver.ts';
import { dockerCommand } from '../../support/docker-command.ts';
import { DockerHost } from '../../support/docker-host.ts';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { until } from '../../support/until.ts';
import { expect, expectSending } from '../api/exchange.ts';

const execute = promisify(execFile);
let docker: EitherDocker;
const sleeper = ['sleep', '1000'];

async function inside(container: string, ...command: string[]): Promise<string> {
  const { stdout, stderr } = await dockerCommand(docker.socket, 'exec', container, ...command);
  return `${stdout}${stderr}`;
}
/** The addresses, or what is wrong, that nslookup tells of a name. */
async function lookup(container: string, name: string): Promise<string[]> {
  const told = await inside(container, 'nslookup', name);
  const answers = [...told.matchAll(/^(?:Name:\t.*\nAddress: (.*)|.*name = (.*)|\*\* .*: (\w+))$/gm)];
  return [...new Set(answers.map(([, address, pointer, error]) => address ?? pointer ?? error ?? ''))].sort();
}
const addressOf = async (container: string, network: string): Promise<string> => {
  const told = (await expect(docker.socket, `GET /containers/${container}/json`, 200)) as {
    NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
  };
  return told.NetworkSettings.Networks[network]?.IPAddress ?? '';
};
const run = (name: string, network: string, Aliases: string[], more: object = {}) =>
  docker.run(name, sleeper, {
    ...more,
    HostConfig: { NetworkMode: network, ...('Dns' in more ? { Dns: more.Dns } : {}) },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases } } },
  });

beforeAll(async () => {
  docker = await openDocker();
  for (const Name of ['app', 'other.net']) await expectSending(docker.socket, 'POST /networks/create', { Name }, 201);
  await run('web', 'app', ['www', 'shared'], { Hostname: 'webhost' });
  await run('db', 'app', ['Data', 'shared']);
  await run('away', 'other.net', []);
  await docker.run('plain', sleeper);
});
afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

describe('the embedded name server', () => {
  test('knows names, aliases in any case, short IDs, host names, and all of them with the network’s name', async () => {
    const [web, db] = [await addressOf('web', 'app'), await addressOf('db', 'app')];
    const { Id } = (await expect(docker.socket, 'GET /containers/web/json', 200)) as { Id: string };
    for (const name of ['web', 'WEB', 'www', 'webhost', Id.slice(0, 12), 'web.app', 'www.app'])
      assert.deepEqual(await lookup('db', name), [web], name);
    assert.deepEqual(await lookup('web', 'data'), [db]);
    assert.deepEqual(await lookup('web', 'web'), [web]);
  });

  test('gives all addresses of a name that several have, each of them first once', async () => {
    const both = [await addressOf('web', 'app'), await addressOf('db', 'app')].sort();
    assert.deepEqual(await lookup('web', 'shared'), both);
    const first = new Set<string>();
    await until('each was the first', async () => {
      const told = await inside('web', 'nslookup', 'shared');
      first.add(/Name:\tshared\nAddress: (.*)/.exec(told)?.[1] ?? '');
      return first.size === 2;
    });
  });

  test('says SERVFAIL of what it does not know: names of other networks, of the default one, of nobody', async () => {
    for (const name of ['away', 'plain', 'nobody', 'web.other.net', 'example.com'])
      assert.deepEqual(await lookup('web', name), ['SERVFAIL'], name);
    assert.deepEqual(await lookup('away', 'away.other.net'), [await addressOf('away', 'other.net')]);
  });

  test('knows the names of addresses', async () => {
    assert.deepEqual(await lookup('web', await addressOf('db', 'app')), ['db.app']);
    assert.deepEqual(await lookup('web', await addressOf('away', 'other.net')), ['SERVFAIL']);
  });

  test('follows containers that are renamed, stopped, connected and disconnected', async () => {
    const db = await addressOf('db', 'app');
    await expect(docker.socket, 'POST /containers/db/rename?name=store', 204);
    assert.deepEqual(await lookup('web', 'store'), [db]);
    assert.deepEqual(await lookup('web', 'db'), ['SERVFAIL']);
    await expect(docker.socket, 'POST /containers/store/rename?name=db', 204);
    await expect(docker.socket, 'POST /containers/db/stop?t=0', 204);
    assert.deepEqual(await lookup('web', 'db'), ['SERVFAIL']);
    await expect(docker.socket, 'POST /containers/db/start', 204);
    assert.deepEqual(await lookup('web', 'db'), [await addressOf('db', 'app')]);
    // One that was on the default network alone has it from now on.
    assert.doesNotMatch(await inside('plain', 'cat', '/etc/resolv.conf'), /127\.0\.0\.11/);
    const body = { Container: 'plain', EndpointConfig: { Aliases: ['simple'] } };
    await expectSending(docker.socket, 'POST /networks/app/connect', body, 200);
    assert.match(await inside('plain', 'cat', '/etc/resolv.conf'), /^nameserver 127\.0\.0\.11$/m);
    assert.deepEqual(await lookup('plain', 'web'), [await addressOf('web', 'app')]);
    assert.deepEqual(await lookup('web', 'simple'), [await addressOf('plain', 'app')]);
    await expectSending(docker.socket, 'POST /networks/app/disconnect', { Container: 'plain' }, 200);
    assert.deepEqual(await lookup('web', 'simple'), ['SERVFAIL']);
  });

  test('is the one of a container that joins the network of another', async () => {
    await docker.run('joined', sleeper, { HostConfig: { NetworkMode: 'container:web' } });
    assert.deepEqual(await lookup('joined', 'db'), [await addressOf('db', 'app')]);
    await expect(docker.socket, 'DELETE /containers/joined?force=1', 204);
  });
});

/** What a program of the machine prints in the network namespace of a container of ours. */
async function asks(container: string, ...command: string[]): Promise<string> {
  const info = (await docker.engine.client.hosts()).find(({ dockerSocket }) => dockerSocket === docker.socket);
  assert.ok(info);
  const pid = await new DockerHost(docker.engine, info).pidOf(container);
  const { stdout } = await execute('nsenter', [`--net=/proc/${pid}/ns/net`, ...command], { timeout: 60_000 });
  return stdout.trim();
}
const perl = (program: string) => ['perl', '-MIO::Socket::INET', '-e', program];

/** Programs that are not of the host are led nowhere: they ask where it listens. */
const server = `${resolverAddress}:${resolverRealPort}`;

/** In perl: `query(NAME)`, a question for A as it is sent. */
const query =
  'sub query { pack("nnnnnn", 7, 256, 1, 0, 0, 0) . join("", map { pack("C", length) . $_ } split /[.]/, $_[0]) . pack("Cnn", 0, 1, 1) } ';

// Programs of the machine ask in the namespaces of our containers; those of a real dockerd are another one's.
describe.skipIf(isReference)('the name server of ours', () => {
  test('answers over TCP, several queries on one connection', async () => {
    const program =
      query +
      'my $s = IO::Socket::INET->new(PeerAddr => "' +
      server +
      '", Timeout => 9) or die;' +
      'for my $name ("db", "nobody", "web") { my $q = query($name); print $s pack("n", length $q) . $q; $s->flush }' +
      'for (1 .. 3) { read($s, my $n, 2); read($s, my $m, unpack "n", $n); my ($f, $a) = (unpack "nnnn", $m)[1, 3]; print join(" ", $f, $a, $a ? unpack("H*", substr $m, -4) : ()), "\\n" }';
    const [db, web] = [await addressOf('db', 'app'), await addressOf('web', 'app')].map((address) =>
      Buffer.from(address.split('.').map(Number)).toString('hex'),
    );
    const [ok, failed] = [0x8180, 0x8182];
    assert.deepEqual((await asks('web', ...perl(program))).split('\n'), [
      `${ok} 1 ${db}`,
      `${failed} 0`,
      `${ok} 1 ${web}`,
    ]);
  });

  test('E04: goes on after whatever a container sends it, and holds no connection that says nothing', async () => {
    const program =
      query +
      'my $u = IO::Socket::INET->new(PeerAddr => "' +
      server +
      '", Proto => "udp") or die; srand 7; $SIG{PIPE} = "IGNORE";' +
      'for (1 .. 3000) { my $m = query("web"); substr($m, int rand length $m, 1) = chr int rand 256; $u->send(substr $m, 0, 1 + int rand length $m) }' +
      'my @c = map { IO::Socket::INET->new(PeerAddr => "' +
      server +
      '", Timeout => 9) } 1 .. 40;' +
      '$_ && print $_ pack("n", 65535) for @c; $_ && $_->flush for @c;' +
      // An end, or a reset where too many came at once: either way it returns.
      'print scalar(grep { $_ && sysread($_, my $x, 1); 1 } @c)';
    assert.equal(await asks('away', ...perl(program)), '40', 'each connection was ended');
    assert.deepEqual(await lookup('web', 'db'), [await addressOf('db', 'app')]);
    assert.deepEqual(await lookup('away', 'away'), [await addressOf('away', 'other.net')]);
  });

  test('asks the servers of --dns, from within the container, and none twice in a circle', async () => {
    const dns = await addressOf('db', 'app');
    await run('asking', 'app', [], { Dns: ['127.0.0.11', dns] });
    assert.match(
      await inside('asking', 'cat', '/etc/resolv.conf'),
      new RegExp(`^# ExtServers: \\[127.0.0.11 ${dns}\\]$`, 'm'),
    );
    assert.deepEqual(await lookup('asking', 'elsewhere.example'), ['SERVFAIL'], 'nobody listens there');
    const program =
      'my $s = IO::Socket::INET->new(LocalPort => 53, LocalAddr => "0.0.0.0", Proto => "udp", ReuseAddr => 1) or die $!; alarm 30;' +
      'for (1 .. 2) { $s->recv(my $q, 512); my $end = index($q, chr 0, 12) + 5; my $a = unpack("n", substr $q, $end - 4, 2) == 1;' +
      '$s->send(substr($q, 0, 2) . pack("nnnnn", 0x8180, 1, $a, 0, 0) . substr($q, 12, $end - 12) . ($a ? pack("nnnNnC4", 0xc00c, 1, 1, 60, 4, 192, 0, 2, 7) : "")) }';
    const answering = asks('db', ...perl(program));
    await until('the server listens', async () => (await asks('db', 'ss', '-Hlun')).includes('0.0.0.0:53'));
    assert.deepEqual(await lookup('asking', 'elsewhere.example'), ['192.0.2.7']);
    await answering;
  });
});
