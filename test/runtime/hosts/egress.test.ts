// A host's way out: by a proxy to the names that the operator allows, and to nothing else. The internet is a network namespace of the
// test's own, which answers at every address that an attack would want to reach.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost, DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { type Internet, type Page, startInternet } from '../../support/internet.ts';
import { TestRegistry } from '../../support/registry.ts';
import { expect } from '../api/exchange.ts';

const site = '93.184.216.34';
/** What must not be reached, though it answers. */
const traps = {
  'metadata.example': ['169.254.169.254'],
  'lan.example': ['192.168.1.10'],
  'ten.example': ['10.1.2.3'],
  'shared.example': ['100.64.0.1'],
  'local.example': ['127.0.0.1'],
  'all.example': ['0.0.0.0'],
  'self.example': ['198.18.5.1'],
} as const;

let internet: Internet;
let engine: TestEngine;
let host: DockerHost;
let closed: DockerHost;

const curl = 'curl -sS --max-time 20';
const said = async (script: string, user = 'student'): Promise<string> => {
  const { stdout, stderr } = await host.shell(`(${script}) 2>&1`, user);
  return stdout + stderr;
};

/** What a registry with one image, `app:1`, answers. */
async function pagesOfRegistry(): Promise<Record<string, Page>> {
  await using registry = await TestRegistry.open();
  await registry.putImage('app', '1', ['from the internet']);
  const documents = [...registry.manifests].map(([key, document]): [string, Page] => [
    `/v2/${key.replace(/[:@]/, '/manifests/')}`,
    document,
  ]);
  const blobs = [...registry.blobs].map(([key, body]): [string, Page] => [
    `/v2/${key.replace('@', '/blobs/')}`,
    { type: 'application/octet-stream', body },
  ]);
  return Object.fromEntries([...documents, ...blobs]);
}

beforeAll(async () => {
  internet = await startInternet(
    [
      site,
      '93.184.216.35',
      ...Object.values(traps)
        .flat()
        .filter((address) => !/^(127|0|198)\./.test(address)),
    ],
    {
      'a.example': [site],
      'b.deep.example': [site],
      'mixed.example': ['10.1.2.3', site],
      'other.org': [site],
      'registry.example': [site],
      ...traps,
    },
    await pagesOfRegistry(),
  );
  const allow = [
    'a.example',
    'registry.example',
    '*.deep.example',
    'mixed.example',
    'gone.example',
    ...Object.keys(traps),
  ];
  engine = await startEngine({ egress: { allow, network: internet.network } });
  host = new DockerHost(engine, await engine.client.createHost('open', { egress: 'proxy' }));
  await expect(host.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
  closed = await createDockerHost(engine, 'closed');
  await host.shell(`cat >/tmp/ca.pem <<'E'\n${internet.authority}E`, 'student');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await internet[Symbol.asyncDispose]();
});

describe('a host with a proxy', () => {
  test('reaches the names that are allowed, by HTTP and HTTPS, by itself and from a container', async () => {
    const answer = JSON.parse(
      await said(`${curl} -H 'Proxy-Authorization: x' -H 'Connection: X-Hop' -H 'X-Hop: 1' http://a.example/p?q=1`),
    );
    assert.equal(answer.url, '/p?q=1');
    assert.equal(answer.host, 'a.example');
    assert.doesNotMatch(JSON.stringify(answer.headers), /proxy|x-hop/i);
    assert.equal(JSON.parse(await said(`${curl} --cacert /tmp/ca.pem https://b.deep.example/s`)).url, '/s');
    assert.equal(JSON.parse(await said(`${curl} -d body http://a.example/post`)).url, '/post');
    assert.match(await said(`sudo ${curl} http://a.example/`), /"url":"\/"/);
    const wget = 'http_proxy=http://172.17.0.1:3128 timeout 20 wget -qO- http://a.example/c';
    assert.match((await host.output(['sh', '-c', wget])).text, /"url":"\/c"/);
  });

  test('builds with what is allowed, and with nothing else', async () => {
    const build = (source: string): Promise<string> =>
      said(`printf 'FROM busybox\\nADD ${source} /f\\nRUN cat /f\\n' | docker build --progress=plain -`);
    assert.match(
      await build('http://a.example/added?q=1'),
      /^#\d+ \d+\.\d+ \{"url":"\/added\?q=1","host":"a\.example"/m,
    );
    assert.match(await build('https://b.deep.example/added'), /certificate signed by unknown authority/);
    assert.match(await build('http://other.org/added'), /failed to load cache key: invalid response status 403/);
    assert.match(await build(`http://${site}/added`), /dial tcp 93\.184\.216\.34:80: connect: network is unreachable/);
    const before = internet.connections().length;
    assert.match(await build('http://lan.example/added'), /invalid response status 403/);
    assert.equal(internet.connections().length, before);
  });

  test('is told by name what is not on the list, and no connection is made', async () => {
    const before = internet.connections().length;
    for (const address of ['http://other.org/', 'http://deep.example/', 'http://xa.example/', `http://${site}/`])
      assert.match(
        await said(`${curl} ${address}`),
        /^Drydock: .* is not among the names that this lab reaches: a\.example, registry/,
        address,
      );
    for (const address of ['https://other.org/', `https://${site}/`])
      assert.match(await said(`${curl} ${address}`), /CONNECT tunnel failed, response 403/, address);
    assert.match(await said(`${curl} http://a.example:8080/`), /only port 80 is reached by http/);
    assert.match(await said(`${curl} https://a.example:8443/`), /response 400/);
    assert.match(await said(`${curl} http://gone.example/`), /no name server knows an address of gone\.example/);
    assert.equal(internet.connections().length, before);
  });

  test('E02: reaches no address of the machine, of a private network or with metadata, whatever a name says', async () => {
    const before = internet.connections().length;
    for (const name of Object.keys(traps)) {
      assert.match(await said(`${curl} http://${name}/latest/meta-data`), /which is no address of the internet/, name);
      assert.match(await said(`${curl} https://${name}/`), /CONNECT tunnel failed, response 403/, name);
    }
    assert.equal(internet.connections().length, before);
    // Of several addresses those of the internet are tried alone.
    assert.match(await said(`${curl} http://mixed.example/`), /"url":"\/"/);
    assert.deepEqual(internet.connections().slice(before), [`${site} 80`]);
  });

  test('pulls by it from the registries that are allowed, and from no other', async () => {
    const trusted = '/etc/docker/certs.d/registry.example';
    assert.equal(await said(`mkdir -p ${trusted} && cp /tmp/ca.pem ${trusted}/ca.crt`, 'root'), '');
    const before = internet.connections().length;
    assert.match(
      await said('docker pull registry.example/app:1'),
      /Downloaded newer image for registry\.example\/app:1/,
    );
    assert.deepEqual([...new Set(internet.connections().slice(before))], [`${site} 443`]);
    const copied = 'docker create --name app registry.example/app:1 >/dev/null && docker cp -q app:/file-0 - | tar -xO';
    assert.equal(await said(copied), 'from the internet');
    assert.match(await said('docker pull other.org/app:1'), /proxyconnect tcp 172\.17\.0\.1:3128: Forbidden/);
    const { stderr } = await closed.shell('docker pull registry.example/app:1', 'student');
    assert.match(stderr, /no such host: this Docker host has no name server/);
  });

  test('has no other way out: no route, no name server, and a host that did not ask for one has no proxy', async () => {
    assert.doesNotMatch(await said('ip route'), /default/);
    assert.match(
      await said(`curl --noproxy '*' -sS --max-time 2 http://${site}/`),
      /Failed to connect|Could not connect|resolve/i,
    );
    const { stdout } = await closed.shell(
      `env | grep -ci proxy; ${curl} -x http://172.17.0.1:3128 http://a.example/ 2>&1`,
      'student',
    );
    assert.match(stdout, /^0\n.*(Failed|Could not|Couldn't) connect/);
  });

  test('shares its bytes a second among its connections, and they are counted', async () => {
    const startedAt = performance.now();
    assert.equal(await said(`${curl} --max-time 30 http://a.example/large | wc -c`), `${24 * 1024 * 1024}\n`);
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs > 1500, `24 MiB at 8 MiB a second, of which one second's share comes at once: ${tookMs} ms`);
    const hold = `import socket
held = [socket.create_connection(('172.17.0.1', 3128)) for _ in range(80)]
closed = 0
for each in reversed(held):
    each.settimeout(5)
    try: closed += each.recv(1) == b''
    except ConnectionResetError: closed += 1
    except TimeoutError: break
    if closed == 16: break
print(closed)`;
    assert.match(await said(`python3 -c "${hold}"`), /^16\n/);
  });

  test('goes on after a kill of the engine', async () => {
    await engine.kill();
    await engine.start();
    assert.match(await said(`${curl} http://a.example/`), /"url":"\/"/);
    await engine.client.storeHost('open');
    await engine.client.startHost('open');
    assert.match(await said(`${curl} http://a.example/`), /"url":"\/"/);
  });
});
