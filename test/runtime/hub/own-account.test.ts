// What a student says about their lab's account with curl: who may see a repository, tokens for other machines, a limit to try out.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { HubLogin } from '../../../runtime/index.ts';
import { DockerHost } from '../../support/docker-host.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { expect } from '../api/exchange.ts';

let engine: RunningEngine;
let ann: DockerHost;
/** Of another lab. */
let bob: DockerHost;
let logins: readonly HubLogin[];
let name: string;
const hub = 'https://hub.drydock/api/hub';

beforeAll(async () => {
  engine = await sharedEngine();
  logins = await Promise.all([engine.client.hub.session(), engine.client.hub.session()]);
  const host = async (id: string, login: HubLogin | undefined) =>
    new DockerHost(engine, await engine.client.createHost(id, { hubAccount: login?.name ?? '' }));
  [ann, bob] = await Promise.all([host('hub-own-ann', logins[0]), host('hub-own-bob', logins[1])]);
  name = `${logins[0]?.name}/secret`;
  // The first on a machine makes the image.
  await expect(ann.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
  await said(ann, `docker tag busybox hub.drydock/${name}:1 && docker push -q hub.drydock/${name}:1`);
});
afterAll(async () => {
  for (const { name } of logins) await engine.client.hub.removeAccount(name);
  await engine[Symbol.asyncDispose]();
});

/** What a script that ends well prints. */
async function said(on: DockerHost, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await on.shell(script);
  assert.equal(exitCode, 0, `${script}: ${stderr}${stdout}`);
  return stdout.trim();
}
/** What a script that fails prints. */
async function failure(on: DockerHost, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await on.shell(script);
  assert.equal(exitCode, 1, `${script}: ${stdout}`);
  return stderr.trim();
}
const ask = (method: string, what: string, body?: object, more = ''): string =>
  `curl -sS -w ' %{http_code}' -X ${method} ${more} '${hub}/${what}'${body ? ` -d '${JSON.stringify(body)}'` : ''}`;
const denied = (of: string): string =>
  `Error response from daemon: pull access denied for hub.drydock/${of}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`;

test('a private repository is pulled by those who have a token, until it is revoked', async () => {
  await said(bob, `docker pull -q hub.drydock/${name}:1`);
  const wish = { repository: name, visibility: 'private' };
  assert.equal(await said(ann, ask('PUT', 'repository', wish)), `${JSON.stringify(wish)}\n 200`);
  const form = `-d repository=${name} -d visibility=private`;
  assert.equal(await said(ann, ask('PUT', 'repository', undefined, form)), `${JSON.stringify(wish)}\n 200`);
  assert.equal(await failure(bob, `docker pull hub.drydock/${name}:1`), denied(name));
  const made = await said(ann, `curl -sS ${hub}/tokens -d name=prod -d scope=read`);
  const { id, secret } = JSON.parse(made) as { id: string; secret: string };
  assert.match(secret, /^ddpat_/);
  const [account = ''] = name.split('/');
  await said(bob, `echo ${secret} | docker login -u ${account} --password-stdin hub.drydock`);
  await said(bob, `docker pull -q hub.drydock/${name}:1`);
  assert.equal(
    (await failure(bob, `docker push -q hub.drydock/${name}:1`)).split('\n').at(-1),
    'denied: requested access to the resource is denied',
  );
  // A token makes no others, and changes nothing.
  assert.match(
    await said(bob, ask('POST', 'tokens', { name: 'x', scope: 'delete' }, `-u ${account}:${secret}`)),
    / 403$/,
  );
  const listed = JSON.parse(await said(ann, `curl -sS ${hub}/tokens`)) as { id: string; secret?: string }[];
  assert.deepEqual(
    listed.map((token) => [token.id, token.secret]),
    [[id, undefined]],
  );
  assert.match(await said(ann, ask('DELETE', `tokens?id=${id}`)), /204$/);
  // The docker command wants a new login.
  assert.match(await failure(bob, `docker pull hub.drydock/${name}:1`), /Cannot perform an interactive login/);
  await said(bob, 'docker logout hub.drydock');
  await said(ann, ask('PUT', 'repository', { ...wish, visibility: null }));
  await said(bob, `docker pull -q hub.drydock/${name}:1`);
});

test('nobody says anything about what is another’s, and what makes no sense is refused with a reason', async () => {
  const wish = { repository: name, visibility: 'private' };
  assert.match(await said(bob, ask('PUT', 'repository', wish)), /"DENIED".*is not in a namespace of student-.* 403$/s);
  for (const repository of ['library/busybox', name.split('/')[0], 'nobody/there'])
    assert.match(await said(ann, ask('PUT', 'repository', { ...wish, repository })), / 403$/);
  assert.match(await said(ann, ask('PUT', 'repository', { ...wish, visibility: 'hidden' })), /visibility: .* 400$/s);
  assert.match(await said(ann, `curl -sS -X PUT ${hub}/repository -d '{menu}'`), /no JSON: look at its quotes/);
  assert.match(await said(ann, `curl -sS ${hub}/tokens -d name=prod`), /scope: /);
  assert.match(await said(ann, ask('DELETE', 'tokens?id=none')), / 404$/);
  assert.match(await said(ann, ask('GET', 'nothing')), / 404$/);
  assert.match(await said(ann, ask('GET', 'tokens', undefined, '-H "Authorization: Bearer x"')), / 401$/);
  const big = `head -c 100000 /dev/zero | tr '\\0' x | curl -sS -o /dev/null -w '%{http_code}' ${hub}/tokens -d @-`;
  assert.equal(await said(ann, big), '400');
});

test('a limit of pulls is tried out: Docker tells of it in its own words, and the lab goes on without it', async () => {
  const pull = 'docker pull -q hub.drydock/library/busybox';
  assert.match(await said(ann, ask('PUT', 'pull-limit', { limit: '2;w=60' })), /"limit":"2;w=60","endsInSeconds":300/);
  await said(ann, `${pull} && ${pull}`);
  assert.equal(
    await failure(ann, pull),
    'Error response from daemon: toomanyrequests: You have reached your pull rate limit.',
  );
  await said(bob, pull);
  assert.match(await said(ann, ask('PUT', 'pull-limit', { limit: 'many' })), / 400$/);
  assert.match(await said(ann, ask('PUT', 'pull-limit', { limit: '' })), /"endsInSeconds":0/);
  await said(ann, pull);
});
