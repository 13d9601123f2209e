// Caches of builds that leave a host and come to another one: in an image, in a registry, in a directory. By both generations of clients.

import assert from 'node:assert/strict';
import { beforeAll, describe, test } from 'vitest';
import { digestOf } from '../../../runtime/store/blobs.ts';
import { type Client, ClientLab } from './clients.ts';

const lab = new ClientLab('other');
/** Another student of the same hub. */
let other: Client;

beforeAll(() => {
  other = lab.of('other');
});

/** What is random tells whether a step was done again. */
const files = (who: string) => ({
  Dockerfile: `FROM busybox AS made
RUN echo ${who} && cat /proc/sys/kernel/random/uuid > /made
FROM busybox
COPY page /page
COPY --from=made /made /made
RUN cat /proc/sys/kernel/random/uuid > /own
CMD ["cat", "/page", "/made", "/own"]
`,
  page: 'a page\n',
});

const steps = (told: string, word: 'CACHED' | 'DONE'): string[] => {
  const names = new Map<string, string>();
  const found: string[] = [];
  for (const [, number = '', said = ''] of told.matchAll(/^#(\d+) (.*)$/gm)) {
    if (said.startsWith(word)) found.push(names.get(number) ?? '');
    else if (!names.has(number)) names.set(number, said);
  }
  return found
    .filter((name) => /^\[(made|stage-1)[^\]]*\] (RUN|COPY)/.test(name))
    .map((name) => name.slice(0, 15))
    .sort();
};
const all = ['[made 2/2] RUN ', '[stage-1 2/4] C', '[stage-1 3/4] C', '[stage-1 4/4] R'];

for (const [generation, open] of Object.entries(lab.generations)) {
  describe(generation, () => {
    let client: Client;
    let namespace: string;
    const build = (options: string): string => `docker build --progress=plain ${options} image`;

    beforeAll(async () => {
      ({ client, namespace } = await open());
      await client.directory('image', files(client.host));
      await other.said('rm -rf image');
      await other.directory('image', files(client.host));
    });

    for (const [name, options] of Object.entries({
      '--cache-to type=inline': '--cache-to type=inline',
      BUILDKIT_INLINE_CACHE: '--build-arg BUILDKIT_INLINE_CACHE=1',
    })) {
      test(`${name}: an image is its own cache`, async () => {
        const image = `${namespace}/inline`;
        await client.told(build(`-t ${image} --push ${options}`));
        const ran = await client.said(`docker run --rm ${image}`);
        await other.said('docker builder prune -af');
        // The stage that is only copied from is in no image: it is done again where something needs it, and nothing does.
        const told = await other.told(build(`--cache-from ${image} --build-arg BUILDKIT_INLINE_CACHE=1 -t again`));
        assert.match(told, new RegExp(`^#\\d+ importing cache manifest from ${image}`, 'm'));
        assert.match(told, /^#\d+ inferred cache manifest type: application\/vnd\./m);
        assert.ok(steps(told, 'CACHED').includes('[stage-1 2/4] C'), told);
        await client.said(`docker rmi ${image}; docker builder prune -af`);
        assert.match(ran, /^a page\n/);
      });
    }

    test('a registry has all steps of mode=max: nothing is done again, and what comes is the same image', async () => {
      const cache = `${namespace}/cache:max`;
      const told = await client.told(build(`-t own --cache-to type=registry,ref=${cache},mode=max`));
      assert.match(told, /^#\d+ exporting cache to registry$/m);
      assert.match(told, /^#\d+ writing cache image manifest sha256:[0-9a-f]{64}/m);
      const ran = await client.said('docker run --rm own');
      const raw = await other.said(`docker buildx imagetools inspect --raw ${cache}`);
      const { mediaType, config } = JSON.parse(raw) as { mediaType: string; config?: { mediaType: string } };
      assert.deepEqual(
        [mediaType, config?.mediaType],
        ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.buildkit.cacheconfig.v0'],
      );
      await other.said('docker builder prune -af');
      const imported = await other.told(build(`-t own --cache-from type=registry,ref=${cache}`));
      assert.deepEqual(steps(imported, 'CACHED'), all);
      assert.equal(await other.said('docker run --rm own'), ran);
      const id = `docker image inspect -f {{.Id}} own`;
      assert.equal(await other.said(id), await client.said(id));
      // From then on it is in the host's own cache.
      assert.deepEqual(steps(await other.told(build('-t own')), 'CACHED'), all);
      assert.equal(await other.said(id), await client.said(id));
      assert.match(await other.said('docker buildx du --verbose'), /^Description:\s+COPY page \/page$/m);
    });

    test('mode=min has the steps of the result alone', async () => {
      const cache = `${namespace}/cache:min`;
      await client.told(build(`-t own --cache-to type=registry,ref=${cache}`));
      await other.said('docker builder prune -af');
      const told = await other.told(build(`-t own --cache-from ${cache}`));
      assert.ok(!steps(told, 'CACHED').includes('[made 2/2] RUN '), told);
      assert.ok(steps(told, 'CACHED').includes('[stage-1 2/4] C'), told);
    });

    test('where a stage that no cache has is done again and makes the same files, what was made of them is taken', async () => {
      const cache = `${namespace}/cache:files`;
      const image = `${namespace}/files`;
      const Dockerfile = `FROM busybox AS made
RUN : ${client.host}; cat /proc/sys/kernel/random/uuid >/log; echo a >/made
FROM busybox
COPY --from=made /made /made
RUN cat /proc/sys/kernel/random/uuid >/own
`;
      await client.directory('files', { Dockerfile });
      await other.directory('files', { Dockerfile });
      const both = `--cache-to type=registry,ref=${cache} --cache-to type=inline`;
      // Of two caches that a build exports, older clients send one alone.
      const [tag, options] = generation === 'a current client' ? [image, both] : [image, '--cache-to type=inline'];
      await client.told(`docker build --progress=plain -t ${tag} --push ${options} files`);
      const ran = await client.said(`docker run --rm ${image} cat /own`);
      for (const from of generation === 'a current client' ? [image, cache] : [image]) {
        await other.said('docker builder prune -af');
        const told = await other.told(`docker build --progress=plain -t files --cache-from ${from} files`);
        assert.deepEqual(steps(told, 'DONE'), ['[made 2/2] RUN '], told);
        assert.deepEqual(steps(told, 'CACHED'), ['[stage-1 2/3] C', '[stage-1 3/3] R'], told);
        assert.equal(await other.said('docker run --rm files cat /own'), ran);
      }
    });

    test('a directory of the client’s', async () => {
      const told = await client.told(build('-t own --cache-to type=local,dest=kept,mode=max --metadata-file m.json'));
      assert.match(told, /^#\d+ exporting cache to client directory$/m);
      const { manifests } = await client.json('kept/index.json');
      const [top] = manifests as { digest: string }[];
      assert.equal(JSON.parse(String((await client.json('m.json'))['cache.manifest'])).digest, top?.digest);
      const ran = await client.said('docker run --rm own');
      await client.said('docker rmi own; docker builder prune -af');
      const imported = await client.told(build('-t own --cache-from type=local,src=kept'));
      assert.deepEqual(steps(imported, 'CACHED'), all);
      assert.equal(await client.said('docker run --rm own'), ran);
    });

    test('a cache that stages share a step in is taken and given again', async () => {
      await client.directory('loop', {
        Dockerfile: `FROM busybox AS base
RUN echo a >/a
WORKDIR /b
FROM base AS one
COPY page .
FROM base
COPY --from=one /b/page .
RUN true
`,
        page: 'a page\n',
      });
      const cache = '--cache-to type=local,dest=loop-cache,mode=max';
      await client.told(`docker build --progress=plain ${cache} loop`);
      await client.said('docker builder prune -af');
      const told = await client.told(
        `docker build --progress=plain ${cache} --cache-from type=local,src=loop-cache loop`,
      );
      assert.match(told, /^#\d+ \[base 2\/3\] RUN echo a >\/a\n#\d+ CACHED$/m);
    });

    test('a cache of two platforms gives the same index again', async () => {
      await client.directory('both', {
        Dockerfile: `FROM --platform=$BUILDPLATFORM busybox AS made
ARG TARGETARCH
RUN echo $TARGETARCH >/arch && cat /proc/sys/kernel/random/uuid >/unique
FROM scratch
COPY --from=made /arch /unique /
`,
      });
      const [image, cache] = [`${namespace}/both`, `type=registry,ref=${namespace}/cache:both`];
      const more = `docker build --progress=plain --platform linux/amd64,linux/arm/v7 --cache-to ${cache},mode=max`;
      await client.told(`${more} -t ${image} --push --metadata-file first.json both`);
      const { 'containerimage.digest': digest } = await client.json('first.json');
      for (const round of ['second', 'third']) {
        await client.said('docker builder prune -af');
        const told = await client.told(
          `${more} --cache-from ${cache} -t ${image} --push --metadata-file ${round}.json both`,
        );
        assert.equal((await client.json(`${round}.json`))['containerimage.digest'], digest, told);
      }
    });

    test('a cache that is not there holds nothing up', async () => {
      const told = await client.told(build(`-t own --cache-from ${namespace}/nowhere`));
      assert.match(
        told,
        new RegExp(
          `^#\\d+ ERROR: failed to configure registry cache importer: ${namespace}/nowhere:latest: not found$`,
          'm',
        ),
      );
    });

    test('a registry that does not take the cache fails the build, unless that is to be ignored', async () => {
      const to = 'type=registry,ref=hub.drydock/somebody/cache';
      assert.match(
        await client.refused(build(`--cache-to ${to}`)),
        /ERROR: failed to (build: failed to )?solve: .*denied/,
      );
      await client.told(build(`--cache-to ${to},ignore-error=true`));
    });
  });
}

test('a cache that names a layer of another student’s gives nobody that layer', async () => {
  const victim = lab.of('inside');
  const thief = lab.of('other');
  await victim.directory('secret', { Dockerfile: 'FROM busybox\nRUN echo secret > /secret\n' });
  await victim.told('docker build --progress=plain -t secret --cache-to type=local,dest=true-cache secret');
  const { manifests } = await victim.json('true-cache/index.json');
  const [top] = manifests as { digest: string }[];
  const manifest = await victim.json(`true-cache/blobs/${top?.digest.replace(':', '/')}`);
  const configName = (manifest.config as { digest: string }).digest;
  const [layer] = manifest.layers as { digest: string; size: number; annotations: Record<string, string> }[];
  assert.ok(layer);
  // All that the victim's cache says, but in place of the layer another file: who has it by its name alone would have it now.
  const config = await victim.said(`cat true-cache/blobs/${configName.replace(':', '/')}`);
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const other = 'not that layer\n';
  const forgedConfig = text(config).replaceAll(layer.digest, digestOf(other));
  const forged = text(manifest)
    .replaceAll(layer.digest, digestOf(other))
    .replaceAll(`"size":${layer.size}`, `"size":${other.length}`)
    .replaceAll(configName, digestOf(forgedConfig));
  const manifestText = JSON.stringify({
    ...JSON.parse(forged),
    config: { ...JSON.parse(forged).config, size: forgedConfig.length },
  });
  const blob = (content: string): Record<string, string> => ({
    [`blobs/sha256/${digestOf(content).slice(7)}`]: content,
  });
  await thief.said('rm -rf forged secret; docker builder prune -af');
  const all = { ...blob(other), ...blob(manifestText), ...blob(forgedConfig) };
  for (const [name, content] of Object.entries(all))
    await thief.said(`mkdir -p forged/blobs/sha256; printf %s '${content.replaceAll("'", "'\\''")}' > forged/${name}`);
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: manifest.mediaType,
        digest: digestOf(manifestText),
        size: manifestText.length,
        annotations: { 'org.opencontainers.image.ref.name': 'latest' },
      },
    ],
  };
  await thief.said(
    `printf %s '${JSON.stringify(index)}' > forged/index.json; printf %s '{"imageLayoutVersion":"1.0.0"}' > forged/oci-layout`,
  );
  await thief.directory('secret', { Dockerfile: 'FROM busybox\nRUN echo secret > /secret\n' });
  const told = await thief.told('docker build --progress=plain --cache-from type=local,src=forged secret');
  assert.match(told, /^#\d+ inferred cache manifest type/m);
  assert.match(told, /^#\d+ DONE \d/m);
  assert.doesNotMatch(told, /^#\d+ CACHED/m);
});
