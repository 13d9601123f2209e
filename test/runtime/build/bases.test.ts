// The images that builds begin with, and that their student never pulled: they are no images of the host, and their layers are in the cache
// of its builds. Each of this is asked of a real dockerd too, where there is one.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { bindInside } from '../../../runtime/kernel/bind.ts';
import { startDockerd } from '../../support/dockerd.ts';
import { refuse, TestRegistry } from '../../support/registry.ts';
import { sharedEngine } from '../../support/shared.ts';
import { builderKinds, type Client, clientOf, insideClient } from './clients.ts';

const base = 'localhost:5000/base';

/** A client of one of them, and a number of a process in its network. */
async function openBuilder(kind: string, owned: AsyncDisposableStack): Promise<{ client: Client; pid: number }> {
  if (kind === 'drydock') {
    const engine = owned.use(await sharedEngine());
    const { pid } = await engine.client.createHost('bases', {});
    return { client: insideClient(engine, 'bases'), pid };
  }
  const folder = await mkdtemp(path.join(tmpdir(), `${process.env.TEST_RUN ?? 'bases'}-`));
  owned.defer(() => rm(folder, { recursive: true, force: true }));
  const dockerd = owned.use((await startDockerd()) ?? assert.fail('there is no dockerd'));
  const client = await clientOf(dockerd.socket, kind, path.join(folder, kind));
  return { client: client ?? assert.fail('there is no client'), pid: dockerd.pid };
}

const lines = (text: string): string[] => text.split('\n').filter(Boolean).sort();

describe.each(builderKinds)('%s', (kind) => {
  const owned = new AsyncDisposableStack();
  let client: Client;
  let registry: TestRegistry;

  /** The requests that `script` makes to the registry. */
  const asked = async (script: string): Promise<string[]> => {
    registry.requests.length = 0;
    await client.said(script);
    return [...registry.requests];
  };
  const images = async (): Promise<string[]> =>
    lines(await client.said("docker images -a --format '{{.Repository}}:{{.Tag}}'"));
  /** Nothing is left of what a test has made. */
  const clear = (): Promise<string> => client.said('docker system prune -af && docker builder prune -af');

  beforeAll(async () => {
    const opened = await openBuilder(kind, owned);
    ({ client } = opened);
    const [fd] = bindInside(opened.pid, ['tcp'], '127.0.0.1', 5000, 0);
    registry = owned.use(await TestRegistry.open(fd));
    await registry.putImage('base', '1', ['one', 'two']);
    await client.directory('app', { Dockerfile: `FROM ${base}:1\nCOPY file /\n`, file: 'of the app' });
    await clear();
  });
  afterAll(async () => {
    await owned.disposeAsync();
  });

  test('what FROM alone needs is in no list, no event and under no name', async () => {
    const since = (await client.said('date +%s.%N')).trim();
    await client.said('docker build -t app app');
    assert.deepEqual(await images(), ['app:latest']);
    assert.equal((await client.said("docker info -f '{{.Images}}'")).trim(), '1');
    const until = (await client.said('date +%s.%N')).trim();
    const told = await client.said(
      `docker events --since ${since} --until ${until} --filter type=image --format '{{.Action}} {{.Actor.Attributes.name}}'`,
    );
    const id = (await client.said("docker image inspect -f '{{.Id}}' app")).trim();
    // BuildKit tells the name as it was given, ours with its tag.
    assert.deepEqual(lines(told.replace('app:latest', 'app')), [`create ${id}`, 'tag app']);
    for (const verb of ['inspect', 'history', 'rmi', 'push', `tag ${base}:1`, 'save -o saved.tar'])
      assert.match(await client.refused(`docker ${verb} ${base}:1`), /No such|does not exist/, verb);
    assert.equal((await client.said(`docker image inspect -f '{{len .RootFS.Layers}}{{.Parent}}' app`)).trim(), '3');
    const history = lines(await client.said('docker history -q app'));
    assert.equal(history.filter((line) => line !== '<missing>').length, 1, 'the base is known by no ID');
    await client.said(
      'docker save -o saved.tar app && docker rmi app && docker load -i saved.tar && docker create app x',
    );
  });

  test('its layers are in the cache, which is told and pruned', async () => {
    await clear();
    const told = await client.told('docker build --progress plain -t app app');
    // Its layers are told as they come, where it stands in the progress.
    const from = /^#(\d+) \[1\/2\] FROM localhost:5000\/base:1@sha256:\w{64}$/m.exec(told)?.[1];
    const come = told.match(new RegExp(`^#${from} sha256:\\w{64} .*done$`, 'gm'));
    assert.ok(new Set(come).size >= 2, told);
    const digest = [...registry.manifests.keys()].find((key) => key.startsWith('base@'))?.slice('base@'.length);
    const layers = async (): Promise<number> => {
      const text = await client.said('docker buildx du --verbose');
      return text.split(`pulled from ${base}:1@${digest}`).length - 1;
    };
    assert.equal(await layers(), 2);
    // What an image has too frees nothing.
    await client.said('docker builder prune -f');
    assert.equal(await layers(), 2);
    assert.match(await client.said('docker rmi app'), /^Untagged: app:latest\nDeleted: sha256:\w+\n$/);
    assert.match(await client.said('docker image prune -af'), /reclaimed space: 0B/);
    assert.equal(await layers(), 2);
    assert.deepEqual(
      (await asked('docker build -t app app')).filter((request) => /\/blobs\//.test(request)),
      [],
    );
    await client.said('docker rmi app && docker builder prune -f');
    assert.equal(await layers(), 0);
    assert.notDeepEqual(
      (await asked('docker build -t app app')).filter((request) => /\/blobs\//.test(request)),
      [],
    );
    await client.said('docker builder prune -af');
    assert.equal(await layers(), 0);
    assert.deepEqual(await images(), ['app:latest']);
  });

  test('a pull of it brings nothing, and shows it; its removal says nothing of layers', async () => {
    await clear();
    await client.said('docker build -t app app');
    const requests = await asked(`docker create ${base}:1 2> told`);
    const told = await client.said('cat told');
    assert.match(told, /^Unable to find image 'localhost:5000\/base:1' locally\n/);
    assert.equal(told.match(/: Already exists$/gm)?.length, 2);
    assert.match(told, /Status: Downloaded newer image/);
    assert.deepEqual(
      requests.filter((request) => /GET .*\/blobs\//.test(request)).length <= 1,
      true,
      'the configuration',
    );
    assert.deepEqual(await images(), ['app:latest', `${base}:1`]);
    await client.said('docker container prune -f');
    const removed = await client.said(`docker rmi ${base}:1`);
    assert.equal(removed.match(/^Deleted/gm)?.length, 1, removed);
    // One that is pulled stays.
    await client.said(`docker pull -q ${base}:1 && docker build -t app app`);
    assert.deepEqual(await images(), ['app:latest', `${base}:1`]);
    await client.said(`docker rmi ${base}:1`);
  });

  test('a tag is asked for by each build, and what it names now is taken', async () => {
    await clear();
    await registry.putImage('moving', '1', ['before']);
    await client.directory('moving', { Dockerfile: 'FROM localhost:5000/moving:1\nCOPY Dockerfile /\n' });
    const build = 'docker build -q -t moving moving';
    const first = await client.said(build);
    assert.equal(await client.said(build), first);
    await registry.putImage('moving', '1', ['after']);
    assert.notEqual(await client.said(build), first);
    // A pulled one is taken as it is, and --pull leaves it as it is.
    const named = "docker image inspect -f '{{.Id}}' localhost:5000/moving:1";
    await client.said('docker pull -q localhost:5000/moving:1');
    const [pulled, own] = [await client.said(named), await client.said(build)];
    await registry.putImage('moving', '1', ['at last']);
    assert.equal(await client.said(build), own);
    assert.notEqual(await client.said(build.replace('-q', '-q --pull')), own);
    assert.equal(await client.said(named), pulled);
    assert.deepEqual(
      (await images()).filter((name) => !name.startsWith('<none>')),
      ['localhost:5000/moving:1', 'moving:latest'],
    );
  });

  test('without its registry it is there by its digest alone', async () => {
    await clear();
    const { digest } = await registry.putImage('far', '1', ['far away']);
    await client.directory('far', { Dockerfile: 'FROM localhost:5000/far:1\nCOPY Dockerfile /\n' });
    await client.directory('pinned', { Dockerfile: `FROM localhost:5000/far:1@${digest}\nCOPY Dockerfile /\n` });
    await client.said('docker build -t far far');
    registry.hook = (_, response) => {
      refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
      return true;
    };
    try {
      assert.match(
        await client.refused('docker build -t far far'),
        /localhost:5000\/far:1: (failed to resolve|.*not found)/,
      );
      assert.match(
        await client.told('docker build --progress plain -t pinned pinned'),
        /FROM localhost:5000\/far:1@sha256:/,
      );
      assert.deepEqual(await asked('docker build -t pinned pinned'), []);
    } finally {
      registry.hook = () => false;
    }
  });

  test('COPY --from of one is the same; the classic builder pulls', async () => {
    await clear();
    await client.directory('part', { Dockerfile: `FROM scratch\nCOPY --from=${base}:1 /file-1 /\n` });
    await client.said('docker build -t part part');
    assert.deepEqual(await images(), ['part:latest']);
    assert.match(await client.said('docker buildx du --verbose'), new RegExp(`pulled from ${base}:1@sha256`));
    await client.said('DOCKER_BUILDKIT=0 docker build -t app app');
    assert.deepEqual(
      (await images()).filter((name) => name !== '<none>:<none>'),
      ['app:latest', `${base}:1`, 'part:latest'],
    );
  });

  test('compose builds on it without showing it, and pushes mount its layers', async () => {
    await clear();
    await client.directory('project', {
      'compose.yaml': 'services:\n  app: { build: ../app, image: "localhost:5000/app:1" }\n',
    });
    await client.said('cd project && docker compose build -q');
    assert.deepEqual(await images(), ['localhost:5000/app:1']);
    const pushed = await asked('docker push -q localhost:5000/app:1');
    assert.ok(
      pushed.some((request) => /POST .*mount=.*from=base|POST .*from=base.*mount=/.test(request)),
      pushed.join('\n'),
    );
  });

  test('a question is no pull', async () => {
    await clear();
    const requests = await asked(
      'docker build --check app || BUILDX_EXPERIMENTAL=1 docker buildx build --print=outline app',
    );
    assert.deepEqual(await images(), []);
    assert.doesNotMatch(await client.said('docker buildx du --verbose'), /pulled from/);
    assert.ok(requests.filter((request) => /GET .*\/blobs\//.test(request)).length <= 1, requests.join('\n'));
  });
});
