// What a build gives besides an image of the host: archives, and what registries are sent. Each by both generations of clients.

import assert from 'node:assert/strict';
import { beforeAll, describe, test } from 'vitest';
import { type Client, ClientLab } from './clients.ts';

const lab = new ClientLab('elsewhere');

const Dockerfile = `FROM busybox AS made
RUN echo one > /one
FROM busybox
COPY --from=made /one /two
RUN echo three > /three
CMD ["cat", "/two", "/three"]
`;

for (const [generation, open] of Object.entries(lab.generations)) {
  describe(generation, () => {
    let client: Client;
    let namespace: string;
    const build = (options: string): string =>
      `docker build ${/(^| )-q /.test(options) ? '' : '--progress=plain'} ${options} image`;

    beforeAll(async () => {
      ({ client, namespace } = await open());
      await client.directory('image', { Dockerfile });
    });

    test('an image for docker load', async () => {
      const told = await client.told(build('-t own/app -o type=docker,dest=docker.tar --metadata-file docker.json'));
      assert.match(told, /^#\d+ exporting to docker image format$/m);
      assert.match(told, /^#\d+ sending tarball/m);
      assert.equal(await client.said('docker images -q own/app'), '');
      const metadata = await client.json('docker.json');
      assert.match(await client.said('docker load -i docker.tar'), /Loaded image: own\/app:latest/);
      assert.equal(await client.said('docker run --rm own/app'), 'one\nthree\n');
      // Told of the manifest, and of the image's ID.
      const { digest } = metadata['containerimage.descriptor'] as { digest: string };
      assert.equal(metadata['containerimage.digest'], digest);
      const id = await client.said('docker image inspect -f {{.Id}} own/app');
      assert.equal(metadata['containerimage.config.digest'], id.trim());
      const entries = (await client.said('tar tf docker.tar')).split('\n');
      assert.deepEqual(entries.slice(-4), ['index.json', 'manifest.json', 'oci-layout', '']);
      await client.said('docker rmi own/app');
    });

    test('an OCI layout, as a tar and as a directory', async () => {
      const told = await client.told(build('-t own/oci -o type=oci,dest=oci.tar --metadata-file oci.json'));
      assert.match(told, /^#\d+ exporting to oci image format$/m);
      await client.said('mkdir layout; tar xf oci.tar -C layout; test ! -e layout/manifest.json');
      const { manifests } = await client.json('layout/index.json');
      const [top] = manifests as { mediaType: string; digest: string; annotations: Record<string, string> }[];
      assert.ok(top);
      assert.equal(top.mediaType, 'application/vnd.oci.image.manifest.v1+json');
      assert.equal(
        top.annotations['io.containerd.image.name'],
        'docker.io/library/own/oci:latest'.replace('library/', ''),
      );
      assert.equal((await client.json('oci.json'))['containerimage.digest'], top.digest);
      await client.said(build('-q -t own/oci -o type=oci,dest=directory,tar=false'));
      assert.equal(
        await client.said(
          'cd layout && find blobs -type f | sort | xargs sha256sum | sed s/^/sha256:/ | head -1 | cut -c1-7',
        ),
        'sha256:\n',
      );
      assert.equal(
        await client.said('cd directory && find blobs -type f | sort'),
        await client.said('cd layout && find blobs -type f | sort'),
      );
      // Each blob is what its name says.
      assert.equal(
        await client.said(
          `cd directory/blobs/sha256 && for one in *; do echo "$one  $one"; done | sha256sum -c | grep -vc ': OK$' || true`,
        ),
        '0\n',
      );
      const again = await client.json('directory/index.json');
      assert.equal((again.manifests as { digest: string }[])[0]?.digest, top.digest);
      assert.match(await client.said('docker load -i oci.tar'), /Loaded image: own\/oci:latest/);
      assert.equal(await client.said('docker run --rm own/oci; docker rmi own/oci > /dev/null'), 'one\nthree\n');
    });

    test('an OCI layout with two names', async () => {
      await client.said(build('-q -t own/oci:one -t own/oci:two -o type=oci,dest=named,tar=false'));
      await client.said(
        `${build('-q -t own/oci:one -t own/oci:two -o type=oci,dest=named.tar')}; tar xOf named.tar index.json >named.json`,
      );
      // The workspace’s client writes one by itself, with one name.
      const files = generation === 'a current client' ? ['named/index.json', 'named.json'] : ['named.json'];
      for (const file of files) {
        const { manifests } = await client.json(file);
        const [one, two, ...more] = manifests as { annotations: Record<string, string> }[];
        assert.deepEqual(more, []);
        const { annotations: first, ...rest } = one ?? assert.fail('there is none');
        const { annotations: second, ...others } = two ?? assert.fail('there is one');
        assert.deepEqual(rest, others);
        const named = [first, second].map((annotations) =>
          ['io.containerd.image.name', 'org.opencontainers.image.ref.name'].map((name) => annotations[name]),
        );
        assert.deepEqual(named, [
          ['docker.io/own/oci:one', 'one'],
          ['docker.io/own/oci:two', 'two'],
        ]);
      }
    });

    test('layers compressed as asked for, annotations, and media types', async () => {
      const typesOf = async (options: string): Promise<string[]> => {
        await client.said(`rm -rf z; ${build(`-q -t own/z -o "type=oci,dest=z,tar=false,${options}"`)}`);
        const { manifests } = await client.json('z/index.json');
        const [top] = manifests as { digest: string }[];
        const manifest = await client.json(`z/blobs/${top?.digest.replace(':', '/')}`);
        return (manifest.layers as { mediaType: string }[]).map(({ mediaType }) => mediaType);
      };
      const oci = 'application/vnd.oci.image.layer.v1.tar';
      const usual = await typesOf('oci-mediatypes=true');
      assert.deepEqual([...new Set(usual)], [`${oci}+gzip`]);
      const own = await typesOf('compression=zstd,compression-level=3');
      assert.deepEqual(own, [`${oci}+gzip`, `${oci}+zstd`, `${oci}+zstd`]);
      const forced = await typesOf('compression=zstd,force-compression=true');
      assert.deepEqual([...new Set(forced)], [`${oci}+zstd`]);
      assert.match(await client.said('tar cf z.tar -C z . && docker load -i z.tar'), /Loaded image: own\/z:latest/);
      assert.equal(await client.said('docker run --rm own/z; docker rmi own/z > /dev/null'), 'one\nthree\n');
      assert.deepEqual((await typesOf('compression=uncompressed')).slice(-2), [oci, oci]);
      const docker = await typesOf('compression=gzip,compression-level=9,oci-mediatypes=false');
      assert.deepEqual([...new Set(docker)], ['application/vnd.docker.image.rootfs.diff.tar.gzip']);
      await client.said(
        build('-q -t own/z -o "type=oci,dest=a,tar=false,annotation.who=me,annotation-manifest-descriptor.what=this"'),
      );
      const { manifests } = await client.json('a/index.json');
      const [top] = manifests as { digest: string; annotations: Record<string, string> }[];
      assert.equal(top?.annotations.what, 'this');
      const { annotations } = await client.json(`a/blobs/${top?.digest.replace(':', '/')}`);
      assert.deepEqual(annotations, { who: 'me' });
    });

    test('a push, of which the registry has the digest that is told', async () => {
      const told = await client.told(
        build(`-t ${namespace}/app:1 -t ${namespace}/app:2 --push --metadata-file push.json`),
      );
      assert.match(told, /^#\d+ pushing layers/m);
      assert.match(told, new RegExp(`^#\\d+ pushing manifest for ${namespace}/app:2@sha256:`, 'm'));
      const metadata = await client.json('push.json');
      const digest = String(metadata['containerimage.digest']);
      assert.equal((metadata['containerimage.descriptor'] as { digest: string }).digest, digest);
      // It is the host's as well, under the ID that it has here.
      const id = await client.said(`docker image inspect -f {{.Id}} ${namespace}/app:1`);
      assert.equal(metadata['containerimage.config.digest'], id.trim());
      const other = lab.of('elsewhere');
      assert.equal(await other.said(`docker run --rm --pull always -q ${namespace}/app@${digest}`), 'one\nthree\n');
      assert.equal(await other.said(`docker run --rm -q ${namespace}/app:2`), 'one\nthree\n');
      // The second time the registry has all of it.
      await client.said(build(`-q -o type=registry -t ${namespace}/app:3`));
    });

    test('several outputs of one build', async () => {
      await client.told(
        build(
          `-t ${namespace}/many -o type=image,push=true -o type=docker,dest=many.tar -o type=local,dest=many -o type=tar,dest=files.tar`,
        ),
      );
      assert.equal(await client.said('cat many/two; tar xOf files.tar three'), 'one\nthree\n');
      assert.match(await client.said('docker load -i many.tar'), /Loaded image: /);
      assert.equal(await lab.of('elsewhere').said(`docker run --rm -q ${namespace}/many`), 'one\nthree\n');
    });

    test('outputs that make no sense are refused before anything is built', async () => {
      const refused = (options: string): Promise<string> =>
        client.refused(`printf 'FROM busybox\\nRUN exit 9\\n' | docker build --progress=plain ${options} -`);
      const cases: readonly (readonly [string, RegExp])[] = [
        ['-o type=oci,dest=x.tar,compression=nope', /unsupported compression type nope\n$/],
        [
          '-o type=oci,dest=x.tar,compression-level=x',
          /non-integer value x specified for compression-level: .*invalid syntax\n$/,
        ],
        [
          '-t x -o type=image,push=maybe',
          /non-bool value specified for push: strconv.ParseBool: parsing "maybe": invalid syntax\n$/,
        ],
        ['-o type=nonsense,dest=x', /exporter "nonsense" could not be found\n$/],
        ['-o type=local,dest=x --iidfile y', /local and tar exporters are incompatible with image ID file\n$/],
        ['--push', /tag is needed when pushing to registry\n$/],
        ['--cache-to type=nonsense', /unknown cache exporter: "nonsense"\n$/],
        ['--cache-to type=registry,ref=x,mode=much', /invalid cache export mode: much\n$/],
        ['--sbom=true', /[Aa]ttestations are not supported by the current BuildKit daemon\n$/],
        ['--attest type=provenance,mode=max', /[Aa]ttestations are not supported by the current BuildKit daemon\n$/],
      ];
      for (const [options, words] of cases) {
        const said = await refused(options);
        assert.match(said, words, options);
        assert.doesNotMatch(said, /exit code: 9/);
      }
    });

    test('a registry that does not take it: what it says, and the image is there all the same', async () => {
      const said = await client.refused(build('-t hub.drydock/somebody/app --push'));
      assert.match(said, /failed to push hub\.drydock\/somebody\/app: .*denied/);
      assert.equal(await client.said('docker run --rm hub.drydock/somebody/app'), 'one\nthree\n');
    });
  });
}
