// What is in an image that the docker command has pushed: told to whoever may pull it, found again after the engine was killed.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import type { HubImageContents, HubLogin } from '../../../runtime/index.ts';
import { DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { expect } from '../api/exchange.ts';
import { trackerFeed } from '../registry/contents/feeds.ts';

let engine: TestEngine;
let ann: DockerHost;
let login: HubLogin;

beforeAll(async () => {
  engine = await startEngine();
  login = await engine.client.hub.session();
  ann = new DockerHost(engine, await engine.client.createHost('contents-ann', { hubAccount: login.name }));
  await expect(ann.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
});

afterAll(() => engine[Symbol.asyncDispose]());

async function ok(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await ann.shell(script);
  assert.equal(exitCode, 0, `${script}: ${stderr}${stdout}`);
  return stdout;
}

/** What apt and dpkg of the workspace know, as the only layer of an image. */
const importDebian = (name: string, more = ''): Promise<string> =>
  ok(
    `cd / && tar -c etc/os-release usr/lib/os-release var/lib/dpkg/status${more} | docker import - ${name} && docker push -q ${name}`,
  );

function contents(repository: string, reference: string): Promise<HubImageContents> {
  return engine.client.hub.contents({ repository, reference, waitMs: 30_000 });
}

test('an image of Debian’s packages: the docker command pushes it, and the hub tells what is in it and has its SBOM', async () => {
  const repository = `${login.name}/debian`;
  await importDebian(`hub.drydock/${repository}:1`);
  const found = await contents(repository, '1');
  assert.deepEqual([found.state, found.release?.id], ['made', 'debian'], found.why);
  const fields = ['Package', 'Version', 'Architecture', 'source:Package'].map((name) => `$\{${name}}`).join(' ');
  const installed = (await ok(`dpkg-query -W -f '${fields}\\n'`)).trim().split('\n');
  assert.deepEqual(
    found.packages
      .map(({ name, version, architecture, source }) => `${name} ${version} ${architecture} ${source.name}`)
      .sort(),
    installed.sort(),
  );
  await until('it has its SBOM', async () => (await contents(repository, '1')).sbom !== null);
  const report = await engine.client.hub.report();
  assert.equal(report.repositories.find(({ name }) => name === repository)?.manifests, 2);
});

test('an image on top of another shows what both have', async () => {
  const repository = `${login.name}/derived`;
  const base = `hub.drydock/${login.name}/base:1`;
  await importDebian(base);
  await ok(
    `docker create --name derived ${base} /none && printf 'Package: mine\\nVersion: 1\\nArchitecture: all\\nStatus: install ok installed\\n' > status && docker cp -q status derived:/var/lib/dpkg/status && docker commit derived hub.drydock/${repository}:1 && docker push -q hub.drydock/${repository}:1`,
  );
  const found = await contents(repository, '1');
  assert.deepEqual(
    found.packages.map(({ name }) => name),
    ['mine'],
  );
  assert.equal(found.release?.id, 'debian');
});

test('images without Debian’s packages have none, an official one too; what is not there is not found', async () => {
  const repository = `${login.name}/plain`;
  await ok(`docker tag busybox hub.drydock/${repository}:1 && docker push -q hub.drydock/${repository}:1`);
  for (const found of [await contents(repository, '1'), await contents('busybox', 'latest')])
    assert.deepEqual(
      [found.state, found.why, found.packages, found.sbom],
      ['none', 'There are no Debian packages in the image.', [], null],
    );
  for (const [name, tag] of [
    [repository, '2'],
    ['nobody/none', '1'],
    ['busybox', 'none'],
    [repository, 'not a tag'],
  ] as const)
    await assert.rejects(contents(name, tag), { kind: 'notFound' });
});

test('whoever may not pull an image is not told what is in it, nor that it is there', async () => {
  const repository = `${login.name}/hidden`;
  await importDebian(`hub.drydock/${repository}:1`);
  await engine.client.hub.setVisibility(repository, 'private');
  const stranger = { login: null, hosts: [] };
  const wish = { repository, reference: '1', waitMs: 30_000 };
  await assert.rejects(engine.client.hub.contents({ ...wish, asker: stranger }), { kind: 'notFound' });
  const owner = { login: null, hosts: [ann.name] };
  assert.equal((await engine.client.hub.contents({ ...wish, asker: owner })).state, 'made');
  await engine.client.hub.setVisibility(repository, 'public');
  assert.equal((await engine.client.hub.contents({ ...wish, asker: stranger })).state, 'made');
});

test('a feed that the operator drops in is taken up without a restart', async () => {
  const repository = `${login.name}/debian`;
  const before = await contents(repository, '1');
  assert.equal(before.vulnerabilities.known, false);
  const codename = before.release?.codename ?? '';
  const { source, version } = before.packages.find(({ name }) => name === 'dpkg') ?? {};
  assert.ok(source && version);
  const feed = {
    ...trackerFeed,
    [source.name]: {
      'CVE-2026-11111': { releases: { [codename]: { status: 'resolved', fixed_version: '99:1', urgency: 'high' } } },
      'CVE-2026-11112': { releases: { [codename]: { status: 'resolved', fixed_version: version, urgency: 'high' } } },
    },
  };
  const path = `${engine.instance.data}/vulnerabilities.json`;
  fs.writeFileSync(`${path}.new`, JSON.stringify(feed));
  fs.renameSync(`${path}.new`, path);
  await until('the feed is told', async () => (await contents(repository, '1')).vulnerabilities.known);
  const told = (await contents(repository, '1')).vulnerabilities;
  assert.ok(told.known);
  assert.deepEqual(
    told.found.map(({ id, status, fixedVersion }) => [id, status, fixedVersion]),
    [['CVE-2026-11111', 'fixable', '99:1']],
  );
});

test('X01: the engine is killed right after a push: what is in the image is found after its next start, and its SBOM is made once', async () => {
  const repository = `${login.name}/killed`;
  await importDebian(`hub.drydock/${repository}:1`, ' etc/hostname');
  await engine.kill();
  await engine.start();
  assert.equal((await contents(repository, '1')).state, 'made');
  await until('it has its SBOM', async () => (await contents(repository, '1')).sbom !== null);
  const { sbom } = await contents(repository, '1');
  await engine.kill();
  await engine.start();
  const again = await contents(repository, '1');
  assert.equal(again.sbom, sbom);
  const report = await engine.client.hub.report();
  assert.equal(report.repositories.find(({ name }) => name === repository)?.manifests, 2);
  assert.deepEqual(await engine.client.hub.check(), { ok: true, findings: [] });
});
