// The Docker API of one host of a lab from another host of it: over TCP with TLS, and over SSH, by the docker command itself.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { ApiWay } from '../../../runtime/index.ts';
import { DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { rounds } from '../../support/soak.ts';
import { until } from '../../support/until.ts';
import { expect } from '../api/exchange.ts';

let engine: TestEngine;
let dev: DockerHost;
let prod: DockerHost;
/** Of another lab, whose hosts have the same names. */
let foreignDev: DockerHost;

async function make(name: string, hostname: string, link: string, api: readonly ApiWay[] = []): Promise<DockerHost> {
  return new DockerHost(engine, await engine.client.createHost(name, { hostname, link, api }));
}

/** What a student’s script on a host prints; it must end with 0. */
async function said(host: DockerHost, script: string, user = 'student'): Promise<string> {
  const { exitCode, stdout, stderr } = await host.shell(script, user);
  assert.equal(exitCode, 0, `${script}\n${stdout}${stderr}`);
  return stdout;
}

/** What a script prints that must fail. */
async function failed(host: DockerHost, script: string, user = 'student'): Promise<string> {
  const { exitCode, stdout, stderr } = await host.shell(script, user);
  assert.notEqual(exitCode, 0, `${script}\n${stdout}`);
  return `${stdout}${stderr}`;
}

const overTls = 'DOCKER_CERT_PATH=/certs/prod docker -H tcp://prod:2376 --tlsverify';
const overSsh = 'docker -H ssh://root@prod';
const nameOf = "info --format '{{.Name}}'";

beforeAll(async () => {
  engine = await startEngine();
  dev = await make('a-dev', 'dev', 'a');
  prod = await make('a-prod', 'prod', 'a', ['tls', 'ssh']);
  foreignDev = await make('b-dev', 'dev', 'b');
  await make('b-prod', 'prod', 'b', ['tls', 'ssh']);
  await expect(prod.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

describe('over TLS', () => {
  test('docker reaches the other host with the keys that it finds', async () => {
    assert.equal(await said(dev, `${overTls} ${nameOf}`), 'prod\n');
    assert.equal(await said(dev, `${overTls} run --rm busybox hostname | wc -c`), '13\n');
    assert.equal(await said(dev, `echo hello | ${overTls} run --rm -i busybox cat`), 'hello\n');
    assert.equal(await said(dev, `${overTls} run -d --name web busybox sleep 1000 >/dev/null; docker ps -q`), '');
    assert.match(await said(prod, 'docker ps'), / web\n$/);
    const stats = `head -c 3000000 /dev/zero >big; ${overTls} cp -q big web:/big; ${overTls} exec web stat -c %s /big`;
    assert.equal(await said(dev, stats), '3000000\n');
    assert.equal(await said(dev, `${overTls} exec web cat /big | wc -c`), '3000000\n');
  });

  test('by the keys in Docker’s own place, by the environment, by a context, and by curl', async () => {
    await said(dev, 'mkdir -p ~/.docker && cp /certs/prod/*.pem ~/.docker/');
    assert.equal(await said(dev, `docker -H tcp://prod:2376 --tlsverify ${nameOf}`), 'prod\n');
    const environment = 'DOCKER_HOST=tcp://prod:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/certs/prod';
    assert.equal(await said(dev, `${environment} docker ${nameOf}`), 'prod\n');
    const keys = ['ca', 'cert', 'key'].map((key) => `${key}=/certs/prod/${key}.pem`).join(',');
    await said(dev, `docker context create prod --docker "host=tcp://prod:2376,${keys}" && docker context use prod`);
    assert.equal(
      await said(dev, `docker ${nameOf}; docker context use default >/dev/null; docker ${nameOf}`),
      'prod\ndev\n',
    );
    const curl = 'curl -s --cacert ca.pem --cert cert.pem --key key.pem';
    assert.equal(await said(dev, `cd /certs/prod && ${curl} https://prod:2376/info | jq -r .Name`), 'prod\n');
    assert.equal(await said(prod, 'openssl version >/dev/null; ls /certs | wc -l'), '0\n');
  });

  test('A10: not without TLS, without a certificate, with one that another authority has signed, or by a wrong name', async () => {
    const plain = 'Error response from daemon: Client sent an HTTP request to an HTTPS server.';
    assert.match(await failed(dev, 'docker -H tcp://prod:2376 ps'), new RegExp(plain));
    // The connection may close before the alert has left it.
    const without = await failed(dev, 'curl -sSk --max-time 15 https://prod:2376/info');
    assert.match(without, /alert certificate required|unexpected eof|reset by peer/);
    await said(
      dev,
      `mkdir -p own && cd own && cp /certs/prod/ca.pem . &&
       openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=client -days 1 2>/dev/null`,
    );
    const trust = 'docker -H tcp://prod:2376 --tlsverify';
    assert.match(
      await failed(dev, `DOCKER_CERT_PATH=own ${trust} ps`),
      /EOF|reset by peer|certificate|broken pipe|server closed/,
    );
    // The one of the other lab, whose host has the same name: it is no more than one’s own.
    const stolen = Object.fromEntries(
      await Promise.all(
        ['cert', 'key'].map(async (key) => [key, await said(foreignDev, `cat /certs/prod/${key}.pem`)]),
      ),
    );
    await said(
      dev,
      `cd own && rm -f key.pem && printf '%s' '${stolen.cert}' >cert.pem && printf '%s' '${stolen.key}' >key.pem`,
    );
    assert.match(
      await failed(dev, `DOCKER_CERT_PATH=own ${trust} ps`),
      /EOF|reset by peer|certificate|broken pipe|server closed/,
    );
    assert.equal(await said(foreignDev, `${overTls} ${nameOf}`), 'prod\n', 'where it belongs it is right');
    await said(dev, 'grep prod /etc/hosts | sed s/prod/evil/ >>/etc/hosts', 'root');
    const wrong = await failed(dev, 'DOCKER_CERT_PATH=/certs/prod docker -H tcp://evil:2376 --tlsverify ps');
    assert.match(wrong, /certificate is valid for prod, localhost, not evil/);
  });

  test('A10: holds its clients to the limits that those of the socket have', async () => {
    const ask = (requests: number) => `import socket, ssl
context = ssl.create_default_context(cafile='ca.pem')
context.load_cert_chain('cert.pem', 'key.pem')
client = context.wrap_socket(socket.create_connection(('prod', 2376)), server_hostname='prod')
client.sendall(b'GET /_ping HTTP/1.1\\r\\nHost: prod\\r\\n\\r\\n' * ${requests - 1})
client.sendall(b'GET /_ping HTTP/1.1\\r\\nHost: prod\\r\\nConnection: close\\r\\n\\r\\n')
client.settimeout(20)
said = b''
try:
    while part := client.recv(65536): said += part
except OSError: pass
print(said.count(b'200 OK'))`;
    const answers = (requests: number) => said(dev, `cd /certs/prod && python3 -c "${ask(requests)}"`);
    assert.equal(await answers(1), '1\n');
    assert.ok(Number(await answers(50)) < 20, 'who sends so many ahead is cut off');
  });

  test('A10: who connects and says nothing keeps neither others out for long nor the engine busy', async () => {
    const hold = `import socket
held = [socket.create_connection(('prod', 2376)) for _ in range(100)]
closed = 0
for each in held:
    each.settimeout(0.5)
    try: closed += each.recv(1) == b''
    except ConnectionResetError: closed += 1
    except TimeoutError: break
print(closed)
import time
closed = 0
for each in held:
    each.settimeout(15)
    try: closed += each.recv(1) == b''
    except ConnectionResetError: closed += 1
print(closed)`;
    const holding = said(dev, `python3 -c "${hold}"`);
    await expect(prod.socket, 'GET /_ping', 200);
    assert.match(await holding, /\n100\n$/);
    assert.equal(await said(dev, `${overTls} ${nameOf}`), 'prod\n');
  });
});

describe('over SSH', () => {
  test('docker reaches the other host, and so does ssh, without a question', async () => {
    assert.equal(await said(dev, `${overSsh} ${nameOf} </dev/null`), 'prod\n');
    assert.equal(await said(dev, `echo hello | ${overSsh} run --rm -i busybox cat`), 'hello\n');
    await said(dev, 'docker context create by-ssh --docker host=ssh://root@prod');
    assert.equal(await said(dev, `docker --context by-ssh ${nameOf} </dev/null`), 'prod\n');
    for (const user of ['root', 'student'])
      assert.equal(await said(dev, `ssh ${user}@prod 'hostname; id -un' </dev/null`), `prod\n${user}\n`);
    assert.equal(await said(dev, `docker -H ssh://student@prod ${nameOf} </dev/null`), 'prod\n');
    assert.equal(await said(dev, 'ssh -tt root@prod tty </dev/null 2>/dev/null'), '/dev/pts/0\r\n');
  });

  test('whoever logs in finds the lab’s namespace on the hub, as in a terminal', async () => {
    const here = await said(prod, 'echo $HUB_NAMESPACE');
    assert.match(here, /^\S+\n$/);
    for (const user of ['root', 'student'])
      assert.equal(await said(dev, `ssh ${user}@prod 'echo $HUB_NAMESPACE' </dev/null`), here);
  });

  test('with a key of one’s own too, once the other host has it', async () => {
    await said(dev, "ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519");
    const key = await said(dev, 'cat ~/.ssh/id_ed25519.pub');
    await said(
      prod,
      `mkdir -p -m 700 ~/.ssh; echo '${key.trim()}' >~/.ssh/authorized_keys; chmod 600 ~/.ssh/authorized_keys`,
    );
    const own = 'ssh -F none -o StrictHostKeyChecking=accept-new -i ~/.ssh/id_ed25519';
    assert.equal(await said(dev, `${own} student@prod id -un </dev/null 2>/dev/null`), 'student\n');
    assert.match(
      await failed(dev, `${own} -o BatchMode=yes root@prod id -un </dev/null`),
      /Permission denied \(publickey\)/,
    );
  });

  test('A10: not with the keys of another lab, and no image brings keys of its own', async () => {
    const key = await said(foreignDev, 'cat /run/docker-host/ssh/prod/id_ed25519');
    await said(dev, `umask 077; printf '%s' '${key}' >stolen`);
    const refused = await failed(
      dev,
      'ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no -i stolen root@prod id </dev/null',
    );
    assert.match(refused, /Permission denied \(publickey\)/);
    assert.equal(await said(dev, 'ls /etc/ssh/ssh_host_* 2>/dev/null | wc -l', 'root'), '0\n');
    const scan = 'ssh-keyscan -t ed25519 prod 2>/dev/null | cut -d" " -f3';
    assert.notEqual(await said(dev, scan), await said(foreignDev, scan));
  });
});

describe('A10: the ways in', () => {
  test('are closed to the machine, to a host of another lab, and where no lab asked for them', async () => {
    const knock = (ports: readonly number[], address: string) =>
      ports
        .map((port) => `timeout 10 bash -c 'exec 3<>/dev/tcp/${address}/${port}' 2>/dev/null && echo ${port};`)
        .join(' ');
    assert.equal(await said(dev, `${knock([22, 2376], '10.77.0.3')} true`), '22\n2376\n');
    assert.equal(await said(dev, `${knock([22, 2376], '127.0.0.1')} true`), '', 'dev was not made with any');
    const alone = new DockerHost(engine, await engine.client.createHost('alone'));
    assert.equal(await said(alone, `${knock([22, 2376], '10.77.0.3')} true`), '');
    // The other lab's prod has the same name and the same address, and is another one.
    const ca = await said(dev, 'cat /certs/prod/ca.pem');
    await said(foreignDev, `printf '%s' '${ca}' >other-ca.pem`);
    const other =
      'curl -s --cacert other-ca.pem --cert /certs/prod/cert.pem --key /certs/prod/key.pem https://prod:2376/info';
    assert.match(
      await failed(foreignDev, `${other} || echo $?; false`),
      /^60$/m,
      'its certificate is not signed by this one',
    );
    assert.doesNotMatch(
      readFileSync('/proc/net/tcp', 'latin1'),
      /:0948 [0-9A-F]+:0000 0A /,
      'nothing of the machine listens at 2376',
    );
  });

  test('leave their keys to the student alone, and to no container', async () => {
    const keys = '/certs/prod/key.pem /run/docker-host/ssh/prod/id_ed25519';
    assert.equal(await said(dev, `stat -L -c '%U %a' ${keys}`), 'student 400\nstudent 400\n');
    assert.match(await failed(dev, `setpriv --reuid=65534 --clear-groups cat ${keys}`, 'root'), /Permission denied/);
    for (const user of ['student', 'root'])
      assert.match(
        await failed(dev, 'touch /certs/x /certs/prod/x /run/docker-host/ssh/x', user),
        /Read-only file system/,
      );
    assert.equal(await said(prod, "stat -c '%U %a' /run/docker-host/ssh/host_key"), 'root 400\n');
    const { text } = await prod.output([
      'sh',
      '-c',
      'ls /certs /run/docker-host /etc/ssh; find / -name "*key*.pem" -xdev',
    ]);
    assert.doesNotMatch(text, /\.pem|host_key$/m);
    // A container of prod itself reaches the port, as on any machine, and has no certificate.
    const { text: answer } = await prod.output(['sh', '-c', 'timeout 20 wget -qO- http://172.17.0.1:2376/info 2>&1']);
    assert.match(answer, /400 Bad Request/);
    assert.doesNotMatch(engine.log(), /PRIVATE KEY/);
  });

  test('are not to be had for a host without a link', async () => {
    const unlinked = engine.client.createHost('unlinked', { api: ['tls'] });
    await assert.rejects(unlinked, { kind: 'invalid', message: /give the host a link too/ });
    assert.ok(!(await engine.client.hosts()).some(({ name }) => name === 'unlinked'));
  });
});

describe('the keys', () => {
  const keys = () =>
    said(dev, 'cat /certs/prod/*.pem /run/docker-host/ssh/prod/* /run/docker-host/ssh/known_hosts | sha256sum');
  const work = async (): Promise<void> => {
    assert.equal(await said(dev, `${overTls} ${nameOf}`), 'prod\n');
    assert.equal(await said(dev, `${overSsh} ${nameOf} </dev/null`), 'prod\n');
  };

  test('stay and work after a kill of the engine, a snapshot that is restored, and a store of either host', async () => {
    const before = await keys();
    await engine.kill();
    await engine.start();
    await work();
    await engine.client.takeSnapshot('a-prod', 'now');
    await engine.client.restoreSnapshot('a-prod', 'now');
    await work();
    for (const name of ['a-dev', 'a-prod']) {
      await engine.client.storeHost(name);
      await engine.client.startHost(name);
    }
    await work();
    assert.equal(await keys(), before);
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });

  test('are new after a reset, and the old ones open nothing', async () => {
    const before = await keys();
    await said(dev, 'rm -rf old; cp -r /certs/prod old; cp /run/docker-host/ssh/prod/id_ed25519 old-key');
    await engine.client.resetHost('a-prod');
    assert.notEqual(await keys(), before);
    await work();
    const trust = 'docker -H tcp://prod:2376 --tlsverify';
    assert.match(await failed(dev, `DOCKER_CERT_PATH=old ${trust} ps`), /certificate signed by unknown authority/);
    await said(dev, 'cp -f /certs/prod/ca.pem old/');
    assert.match(
      await failed(dev, `DOCKER_CERT_PATH=old ${trust} ps`),
      /EOF|reset by peer|certificate|broken pipe|server closed/,
    );
    const refused = await failed(
      dev,
      'ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no -i old-key root@prod id </dev/null',
    );
    assert.match(refused, /Permission denied \(publickey\)/);
  });

  test('are exchanged whenever both hosts of a lab are made, restored, reset and removed at once', async () => {
    const client = engine.client;
    const names = ['c-dev', 'c-prod'];
    const atOnce = <T>(verb: (name: string) => Promise<T>): Promise<T[]> => Promise.all(names.map(verb));
    for (let left = rounds(12); left > 0; left--) {
      const [first] = await atOnce((name) =>
        client.createHost(name, { hostname: name.slice(2), link: 'c', api: ['tls', 'ssh'] }),
      );
      assert.ok(first);
      const maker = new DockerHost(engine, first);
      await atOnce((name) => client.takeSnapshot(name, 'start'));
      const work = `${overTls} ${nameOf}; ${overSsh} ${nameOf} </dev/null`;
      await atOnce((name) => client.restoreSnapshot(name, 'start'));
      assert.equal(await said(maker, work), 'prod\nprod\n', 'restored');
      await atOnce((name) => client.resetHost(name));
      assert.equal(await said(maker, work), 'prod\nprod\n', 'reset');
      await atOnce((name) => client.removeHost(name));
    }
    assert.doesNotMatch(engine.log(), /"level":(50|60)/);
  });

  test('go with their host', async () => {
    await engine.client.removeHost('a-prod');
    assert.equal(await said(dev, 'ls /certs /run/docker-host/ssh'), '/certs:\n\n/run/docker-host/ssh:\n');
    await until('the link has one host', async () => !/prod/.test(await said(dev, 'cat /etc/hosts')));
  });
});
