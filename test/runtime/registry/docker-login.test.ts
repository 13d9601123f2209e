// Docker's client logs in to the hub, pushes, pulls and logs out: the hub listens on the host's own localhost.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { bindInside } from '../../../runtime/kernel/bind.ts';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { OwnHub } from '../../support/own-hub.ts';

let engine: TestEngine;
let host: DockerHost;
let hub: OwnHub;
const domain = 'localhost:5000';

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'login');
  const [fd = 0] = bindInside(host.info.pid, ['tcp'], '127.0.0.1', 5000, 0);
  hub = await OwnHub.open({ fd, origins: [`http://${domain}`] });
  for (const name of ['ada', 'bob']) await createAccount(hub.accounts, { name, password: `password of ${name}` });
  await docker(`docker pull busybox && docker tag busybox ${domain}/ada/bb:1 && docker tag busybox ${domain}/bb:1`);
});

afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

async function docker(command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.shell(command);
  assert.equal(exitCode, 0, `${command}: ${stdout}${stderr}`);
  return stdout;
}

async function refused(command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.shell(command);
  assert.notEqual(exitCode, 0, `${command}: ${stdout}`);
  return stderr;
}

const login = (name: string, password: string): string =>
  `printf %s '${password}' | docker login --username ${name} --password-stdin ${domain}`;

test('a wrong password is told in words', async () => {
  assert.match(
    await refused(login('ada', 'wrong')),
    /Error response from daemon: .*unauthorized: incorrect username or password/,
  );
});

test('without a login a push is denied', async () => {
  assert.match(
    await refused(`docker push ${domain}/ada/bb:1`),
    /^denied: requested access to the resource is denied$/m,
  );
});

test('login, push, pull and logout; what docker keeps is no password', async () => {
  assert.match(await docker(login('ada', 'password of ada')), /Login Succeeded/);
  const config = JSON.parse(await docker('cat ~/.docker/config.json')) as {
    auths: Record<string, { auth: string; identitytoken?: string }>;
  };
  const kept = config.auths[domain];
  assert.match(kept?.identitytoken ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/);
  assert.equal(Buffer.from(kept?.auth ?? '', 'base64').toString(), 'ada:');
  assert.match(await docker(`docker push ${domain}/ada/bb:1`), /^1: digest: sha256:[0-9a-f]{64} size: \d+$/m);
  assert.deepEqual(
    hub.registry.audit.list({ most: 1 }).map(({ who, action, reference }) => [who, action, reference]),
    [['ada', 'push', '1']],
  );
  await docker(`docker rmi ${domain}/ada/bb:1 && docker pull ${domain}/ada/bb:1`);
  await docker(`docker logout ${domain}`);
  assert.match(
    await refused(`docker push ${domain}/ada/bb:1`),
    /^denied: requested access to the resource is denied$/m,
  );
  assert.match(await docker(`docker pull ${domain}/ada/bb:1`), /Image is up to date/, 'it is public');
});

test('what is private is pulled by its owner and colleagues, and for others is as if it were not there', async () => {
  const pull = `docker pull ${domain}/ada/bb:1`;
  const words = (name: string): RegExp =>
    new RegExp(
      `^Error response from daemon: pull access denied for ${domain}/${name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied$`,
      'm',
    );
  await hub.accounts.change(() => hub.accounts.setVisibility('ada/bb', 'private'));
  assert.match(await refused(pull), words('ada/bb'));
  assert.match(await refused(`docker pull ${domain}/ada/none:1`), words('ada/none'));
  await docker(login('bob', 'password of bob'));
  assert.match(await refused(pull), words('ada/bb'));
  const { namespaces, accounts } = hub.accounts;
  await hub.accounts.change(() => namespaces.setMember('ada', accounts.need('bob'), 'read'));
  await docker(pull);
  assert.match(
    await refused(`docker push ${domain}/ada/bb:1`),
    /^denied: requested access to the resource is denied$/m,
  );
  await docker(`docker logout ${domain}`);
});

test('a name without a namespace is nobody’s, as library/ is', async () => {
  await docker(login('ada', 'password of ada'));
  assert.match(await refused(`docker push ${domain}/bb:1`), /^denied: requested access to the resource is denied$/m);
  await docker(`docker logout ${domain}`);
});

test('an access token logs in, and pushes only where it may', async () => {
  const { accounts, tokens } = hub.accounts;
  const { secret, id } = tokens.add(accounts.need('ada'), { name: 'host', scope: 'read', expires: null });
  await docker(login('ada', secret));
  await docker(`docker pull ${domain}/ada/bb:1`);
  assert.match(
    await refused(`docker push ${domain}/ada/bb:1`),
    /^denied: requested access to the resource is denied$/m,
  );
  await hub.accounts.change(() => tokens.revoke(accounts.need('ada'), id));
  assert.match(await refused(`docker pull ${domain}/ada/bb:1`), /interactive login/, 'docker asks to log in again');
  assert.match(await refused(login('ada', secret)), /unauthorized: incorrect username or password/);
  await docker(`docker logout ${domain}`);
});

test('what a lab has been given is enough to push without a login, and to log in by hand', async () => {
  const lab = await hub.accounts.change(() => hub.accounts.sessions.ensure('student-abc'));
  const auth = Buffer.from(`${lab.name}:${lab.password}`).toString('base64');
  const config = JSON.stringify({ auths: { [domain]: { auth } } });
  await docker(`mkdir -p /tmp/lab && printf %s '${config}' >/tmp/lab/config.json`);
  await docker(`docker tag busybox ${domain}/${lab.name}/bb:1`);
  await docker(`docker --config /tmp/lab push ${domain}/${lab.name}/bb:1`);
  assert.match(await refused(`docker --config /tmp/lab push ${domain}/ada/bb:1`), /^denied: requested access/m);
  assert.match(await docker(login(lab.name, lab.password)), /Login Succeeded/);
  await docker(`docker tag busybox ${domain}/${lab.name}/bb:2`);
  await docker(`docker push ${domain}/${lab.name}/bb:2 && docker logout ${domain}`);
});

test('a limit of pulls is told with Docker’s code', async () => {
  hub.accounts.pulls.limits = { nobody: { pulls: 0, seconds: 60 }, account: null };
  await hub.accounts.change(() => hub.accounts.setVisibility('ada/bb', 'public'));
  await docker(`docker rmi ${domain}/ada/bb:1`);
  const told = await refused(`docker pull ${domain}/ada/bb:1`);
  assert.match(
    told,
    /toomanyrequests: You have reached your pull rate limit\. You may increase the limit by authenticating\./,
  );
});
