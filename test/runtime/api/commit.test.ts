// docker commit and save through the API: as Docker does them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { entriesOf, sendArchive } from '../../support/archives.ts';
import { type EitherDocker, openDocker } from '../../support/either-docker.ts';
import { ask, expect, expectSending } from './exchange.ts';

interface ImageBody {
  readonly Id: string;
  readonly Parent: string;
  readonly Comment: string;
  readonly Author: string;
  readonly Size: number;
  readonly RepoTags: readonly string[];
  readonly RootFS: { readonly Layers: readonly string[] };
  readonly Config: Readonly<Record<string, unknown>>;
}

let docker: EitherDocker;
const image = async (name: string): Promise<ImageBody> =>
  (await expect(docker.socket, `GET /images/${name}/json`, 200)) as ImageBody;

async function commit(query: string, body?: object): Promise<string> {
  const { Id } = (await expectSending(docker.socket, `POST /commit?${query}`, body, 201)) as { Id: string };
  return Id;
}

beforeAll(async () => {
  docker = await openDocker();
  const script =
    'mkdir /new && echo kept >/new/file && chown 1000:1001 /new/file && ln /new/file /new/hard && rm /etc/group && rm -rf /var && mkdir /var && echo v >/var/own';
  await docker.run('source', ['sh', '-c', script], { Env: ['FROM=container'], Labels: { a: 'b' } });
  await expect(docker.socket, 'POST /containers/source/wait', 200);
});
afterAll(() => docker[Symbol.asyncDispose]());

test('a commit is an image with one more layer, of what the container changed', async () => {
  const changes = ['CMD ["echo","hi"]', 'ENV A=b', 'EXPOSE 80\nUSER 1000', 'WORKDIR /w', 'VOLUME /data', 'LABEL c=d'];
  const query = new URLSearchParams([
    ...Object.entries({ container: 'source', repo: 'made', tag: 'one', author: 'A <a@b.c>', comment: 'why' }),
    ...changes.map((change) => ['changes', change]),
  ] as [string, string][]);
  const id = await commit(query.toString());
  const base = await image('busybox');
  const made = await image('made:one');
  assert.deepEqual([made.Id, made.Parent, made.Comment, made.Author], [id, base.Id, 'why', 'A <a@b.c>']);
  assert.deepEqual(made.RootFS.Layers.slice(0, -1), base.RootFS.Layers);
  assert.equal(made.Size - base.Size, 'kept\n'.length + 'v\n'.length);
  const { Cmd, Env, ExposedPorts, User, WorkingDir, Volumes, Labels } = made.Config;
  assert.deepEqual(
    { Cmd, ExposedPorts, User, WorkingDir, Volumes, Labels },
    {
      Cmd: ['echo', 'hi'],
      ExposedPorts: { '80/tcp': {} },
      User: '1000',
      WorkingDir: '/w',
      Volumes: { '/data': {} },
      Labels: { a: 'b', c: 'd' },
    },
  );
  assert.ok((Env as string[]).includes('A=b') && (Env as string[]).includes('FROM=container'));
});

test('a container of it has what was written, and has not what was removed', async () => {
  await commit('container=source&repo=made&tag=two');
  const look =
    'stat -c "%n %u %g %h" /new/file && cat /new/hard && ls /var && ls /etc/group; test -e /etc/passwd && echo passwd';
  const output = await docker.output(['sh', '-c', look], { Image: 'made:two' });
  assert.deepEqual(output.trim().split('\n'), [
    '/new/file 1000 1001 2',
    'kept',
    'own',
    'ls: /etc/group: No such file or directory',
    'passwd',
  ]);
});

test('its history begins with the commit, and names the image below', async () => {
  const id = await commit('container=source&comment=told');
  const [first, second] = (await expect(docker.socket, `GET /images/${id}/history`, 200)) as Record<string, unknown>[];
  assert.deepEqual([first?.Id, first?.Comment, second?.Id], [id, 'told', (await image('busybox')).Id]);
  assert.match(String(first?.CreatedBy), /^sh -c mkdir \/new/);
});

test('a commit of nothing adds no layer', async () => {
  await docker.create('nothing', ['true']);
  const made = await image(await commit('container=nothing'));
  assert.deepEqual(made.RootFS.Layers, (await image('busybox')).RootFS.Layers);
});

test('a commit of a commit goes on from it', async () => {
  const first = await commit('container=source&repo=made&tag=first');
  await docker.run('further', ['sh', '-c', 'rm /new/hard; echo more >/more'], { Image: 'made:first' });
  await expect(docker.socket, 'POST /containers/further/wait', 200);
  const second = await image(await commit('container=further&repo=made&tag=second'));
  assert.deepEqual(
    [second.Parent, second.RootFS.Layers.length],
    [first, (await image(first)).RootFS.Layers.length + 1],
  );
  const output = await docker.output(['sh', '-c', 'cat /more /new/file; ls /new'], { Image: 'made:second' });
  assert.equal(output, 'more\nkept\nfile\n');
});

test('a container that runs stands still meanwhile, unless that is not wanted', async () => {
  const since = (Date.now() / 1000).toFixed(3);
  for (const [pause, told] of [
    ['1', ['pause', 'unpause', 'commit']],
    ['0', ['commit']],
  ] as const) {
    const name = `running-${pause}`;
    await docker.run(name, ['sleep', '10000']);
    await commit(`container=${name}&pause=${pause}`);
    const event = ['pause', 'unpause', 'commit'];
    const filters = encodeURIComponent(JSON.stringify({ container: [name], type: ['container'], event }));
    const until = (Date.now() / 1000 + 0.5).toFixed(3);
    const { body } = await ask(docker.socket, `GET /events?since=${since}&until=${until}&filters=${filters}`);
    const lines =
      typeof body === 'string'
        ? body
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
        : [body];
    assert.deepEqual(lines.map(({ Action }) => Action).sort(), [...told].sort());
    await expect(docker.socket, `GET /containers/${name}/json`, 200, { State: { Status: 'running' } });
  }
});

test.for([
  ['container=nope', 404, /No such container: nope/],
  ['container=source&changes=RUN%20x', 400, /RUN is not a valid change command/],
  ['container=source&repo=BAD', 400, /repository name .*must be lowercase/],
] as const)('%s is refused with %i', async ([query, status, message]) => {
  const { status: got, body } = await ask(docker.socket, `POST /commit?${query}`);
  assert.equal(got, status);
  assert.match((body as { message: string }).message, message);
});

test('save writes several images in Docker’s own form and as an OCI layout, which share the blobs', async () => {
  await commit('container=source&repo=saved&tag=one');
  await expect(docker.socket, 'POST /images/busybox/tag?repo=saved&tag=base', 201);
  const { status, headers, body } = await sendArchive(
    docker.socket,
    'GET /images/get?names=saved&names=busybox:latest',
  );
  assert.deepEqual([status, headers['content-type']], [200, 'application/x-tar']);
  const entries = await entriesOf(body);
  const parsed = (name: string) => JSON.parse(entries.get(name)?.content.toString() ?? assert.fail(name));
  const [base, one] = [await image('busybox'), await image('saved:one')];
  const blob = (digest: string): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;
  const manifest = parsed('manifest.json') as {
    Config: string;
    RepoTags: string[];
    Layers: string[];
    Parent?: string;
  }[];
  const byConfig = (id: string) => manifest.find(({ Config }) => Config === blob(id)) ?? assert.fail(id);
  assert.equal(manifest.length, 2);
  // As they were asked for: `saved` first.
  assert.deepEqual(byConfig(base.Id).RepoTags, ['saved:base', 'busybox:latest']);
  assert.deepEqual([byConfig(one.Id).RepoTags, byConfig(one.Id).Parent], [['saved:one'], base.Id]);
  assert.deepEqual(byConfig(one.Id).Layers, one.RootFS.Layers.map(blob));
  const names = (parsed('index.json') as { manifests: { annotations: Record<string, string> }[] }).manifests.map(
    ({ annotations }) => annotations['io.containerd.image.name'],
  );
  assert.deepEqual(names.sort(), [
    'docker.io/library/busybox:latest',
    'docker.io/library/saved:base',
    'docker.io/library/saved:one',
  ]);
  assert.deepEqual(parsed('oci-layout'), { imageLayoutVersion: '1.0.0' });
  assert.deepEqual(Object.keys(parsed('repositories')).sort(), ['busybox', 'saved']);
  for (const [name, { header, content }] of entries) {
    if (!name.startsWith('blobs/sha256/') || header.type === 'directory' || content.toString().startsWith('{"id"'))
      continue;
    assert.equal(createHash('sha256').update(content).digest('hex'), path.basename(name));
  }
});

test('load takes what save wrote: the same IDs, names and files', async () => {
  const id = await commit('container=source&repo=moved&tag=one&comment=moved');
  const { body } = await sendArchive(docker.socket, 'GET /images/moved:one/get');
  await expect(docker.socket, 'DELETE /images/moved:one', 200);
  await expect(docker.socket, 'GET /images/moved:one/json', 404);
  const loaded = await sendArchive(docker.socket, 'POST /images/load?quiet=1', body);
  assert.match(loaded.body.toString(), /Loaded image: moved:one/);
  assert.equal((await image('moved:one')).Id, id);
  assert.equal(await docker.output(['cat', '/new/hard'], { Image: 'moved:one' }), 'kept\n');
});

test('an image that is not there is not saved', async () => {
  const { status, body } = await sendArchive(docker.socket, 'GET /images/get?names=busybox&names=nope');
  assert.deepEqual([status, JSON.parse(body.toString())], [404, { message: 'No such image: nope' }]);
});
