// What a person does at a registry with the docker command and compose, as a script: the same for each of their versions, at each address.

import assert from 'node:assert/strict';
import type { CommandOutcome } from './docker-command.ts';

/** Runs a script in a directory of its own, with the docker command and `docker compose` of one version. */
export type DockerShell = (script: string) => Promise<CommandOutcome>;

export interface AtRegistry {
  readonly shell: DockerShell;
  /** `hub.drydock/student-abc`, below which nothing is yet. */
  readonly namespace: string;
  /** For `docker manifest`, where the registry has no TLS. */
  readonly manifestFlags: string;
}

async function said({ shell }: AtRegistry, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await shell(script);
  assert.equal(exitCode, 0, `${script}\n${stdout}${stderr}`);
  return stdout.trim();
}

/** The images of a project are pushed, removed, pulled and run; busybox is there. compose pushes only what it could build. */
export async function moveProject(at: AtRegistry): Promise<void> {
  const file = `
name: moved
services:
  web: { image: "${at.namespace}/web:1", build: ., network_mode: none, command: echo web, labels: { a: b } }
  api: { image: "${at.namespace}/api:1", build: ., network_mode: none, command: echo api }
`;
  const images = [`${at.namespace}/web:1`, `${at.namespace}/api:1`];
  await said(
    at,
    `cat >compose.yaml <<'END'\n${file}\nEND\n${images.map((image) => `docker tag busybox ${image}`).join('\n')}`,
  );
  await said(at, 'docker compose push');
  await said(at, `docker rmi ${images.join(' ')}`);
  await said(at, 'docker compose pull');
  for (const image of images)
    assert.match(await said(at, `docker image inspect -f '{{.RepoDigests}}' ${image}`), /@sha256:/);
  assert.equal(await said(at, 'docker compose run --rm -T web'), 'web');
  await said(at, 'docker compose down');
}

/** Two tags are pushed at once, and pulled at once. */
export async function moveAllTags(at: AtRegistry): Promise<void> {
  const name = `${at.namespace}/tags`;
  await said(at, `docker tag busybox ${name}:1; docker tag busybox ${name}:2; docker push --all-tags ${name}`);
  await said(at, `docker rmi ${name}:1 ${name}:2; docker pull --all-tags ${name}`);
  const tags = await said(at, `docker image ls --format '{{.Tag}}' ${name}`);
  assert.deepEqual(tags.split('\n').sort(), ['1', '2']);
}

/** An index is made of images that are there, and pushed; what is pulled by its name is the one for this machine. */
export async function moveIndex(at: AtRegistry): Promise<void> {
  const { namespace, manifestFlags: flags } = at;
  const index = `${namespace}/index:all`;
  const images = [`${namespace}/index:here`, `${namespace}/index:elsewhere`];
  for (const image of images) await said(at, `docker tag busybox ${image}; docker push ${image}`);
  await said(at, `docker manifest create ${flags} ${index} ${images.join(' ')}`);
  await said(at, `docker manifest annotate --arch riscv64 ${index} ${images[1]}`);
  const digest = await said(at, `docker manifest push --purge ${flags} ${index} | tail -n 1`);
  assert.match(digest, /^sha256:[0-9a-f]{64}$/);
  const { manifests } = JSON.parse(await said(at, `docker manifest inspect ${flags} ${index}`)) as {
    manifests: { platform: { architecture: string } }[];
  };
  assert.deepEqual(new Set(manifests.map(({ platform }) => platform.architecture)).has('riscv64'), true);
  await said(at, `docker rmi ${images.join(' ')}; docker pull ${index}`);
  const digests = await said(at, `docker image inspect -f '{{.RepoDigests}}' ${index}`);
  assert.ok(digests.includes(digest), digests);
}
