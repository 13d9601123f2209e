// Builds for other platforms than this machine's: what needs no process of them is built, by both generations of clients.

import assert from 'node:assert/strict';
import { beforeAll, describe, test } from 'vitest';
import { type Client, ClientLab } from './clients.ts';

const lab = new ClientLab();

interface Index {
  readonly manifests: readonly { readonly digest: string; readonly platform?: Readonly<Record<string, string>> }[];
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly object[];
}

const own = process.arch === 'x64' ? 'amd64' : process.arch;
const other = own === 'amd64' ? 'arm64' : 'amd64';
const both = `--platform linux/${own},linux/${other}`;

for (const [generation, open] of Object.entries(lab.generations)) {
  describe(generation, () => {
    let client: Client;
    let namespace: string;
    const blob = async (layout: string, digest: string) =>
      await client.json(`${layout}/blobs/${digest.replace(':', '/')}`);

    /** The images of an OCI layout's index, in its order. */
    async function imagesIn(layout: string) {
      const [top] = ((await client.json(`${layout}/index.json`)) as unknown as Index).manifests;
      const { manifests } = (await blob(layout, top?.digest ?? '')) as unknown as Index;
      return await Promise.all(
        manifests.map(async ({ digest, platform = {} }) => {
          const { config, layers } = (await blob(layout, digest)) as unknown as Manifest;
          return { platform, layers, image: await blob(layout, config.digest) };
        }),
      );
    }

    beforeAll(async () => {
      ({ client, namespace } = await open());
      await client.directory('files', {
        Dockerfile: `FROM --platform=$BUILDPLATFORM busybox AS made
ARG TARGETARCH
RUN echo "for $TARGETARCH" > /made
FROM scratch
COPY --from=made /made /made
COPY page /page
WORKDIR /work
`,
        page: 'a page\n',
      });
    });

    test('an index of both is pushed; each platform has its own', async () => {
      const name = `${namespace}/both`;
      const told = await client.told(
        `docker build --progress=plain ${both} -t ${name} --push --metadata-file m.json files`,
      );
      assert.match(told, new RegExp(`^#\\d+ \\[linux/${own} made 2/2\\] RUN`, 'm'));
      assert.match(told, /^#\d+ exporting manifest list sha256:/m);
      const metadata = await client.json('m.json');
      const inside = lab.of('inside');
      const index = JSON.parse(await inside.said(`docker buildx imagetools inspect --raw ${name}`)) as {
        manifests: { platform: { architecture: string } }[];
      };
      assert.deepEqual(
        index.manifests.map(({ platform }) => platform.architecture),
        [own, other],
      );
      assert.match(
        await inside.said(`docker buildx imagetools inspect ${name}`),
        new RegExp(String(metadata['containerimage.digest'])),
      );
      // What stands on it is built for the other platform too, of layers that come from there.
      await client.directory('on-it', { Dockerfile: `FROM ${name}\nCOPY more /more\n`, more: 'more\n' });
      await client.said(`docker rmi ${name}`);
      await client.told(`docker build --progress=plain --platform linux/${other} -o type=local,dest=out on-it`);
      assert.equal(await client.said('cat out/made out/page out/more'), `for ${other}\na page\nmore\n`);
    });

    test('an OCI archive of both, and the files of both', async () => {
      await client.told(
        `docker build --progress=plain ${both} -o type=oci,dest=both,tar=false -o type=local,dest=split -o type=tar,dest=split.tar files`,
      );
      const { manifests } = await client.json('both/index.json');
      assert.equal((manifests as { mediaType: string }[])[0]?.mediaType, 'application/vnd.oci.image.index.v1+json');
      assert.equal(
        await client.said(`cat split/linux_${other}/made split/linux_${own}/made`),
        `for ${other}\nfor ${own}\n`,
      );
      assert.equal(
        await client.said(`tar xOf split.tar linux_${other}/made linux_${own}/page | sort`),
        `a page\nfor ${other}\n`,
      );
    });

    // buildx 0.13 asks the host to keep what is only linked to, too, and a host keeps images of one platform.
    const onlyKeepsLast = generation === 'a current client';
    test.runIf(onlyKeepsLast)(
      'results of another build for both are the bases of one for both, each for its own',
      async () => {
        const platforms = `platforms = ["linux/${own}", "linux/${other}"]`;
        await client.directory('linked', {
          'docker-bake.hcl': `target "below" {
  dockerfile = "Below"
  ${platforms}
}
target "above" {
  dockerfile = "Above"
  ${platforms}
  contexts = { below = "target:below" }
  output = ["type=local,dest=linked-out"]
}
`,
          Below: `FROM --platform=$BUILDPLATFORM busybox
ARG TARGETARCH
ENV FOO=bar-$TARGETARCH
RUN echo "out of $TARGETARCH" >/out
`,
          Above: 'FROM below AS build\nRUN echo "foo is $FOO" >/foo\nFROM scratch\nCOPY --from=build /foo /out /\n',
        });
        await client.told('cd linked && docker buildx bake --progress=plain above');
        const said = await client.said(
          `cd linked/linked-out && cat linux_${own}/out linux_${own}/foo linux_${other}/out linux_${other}/foo`,
        );
        assert.equal(said, [own, other].map((one) => `out of ${one}\nfoo is bar-${one}\n`).join(''));
      },
    );

    test('other systems: their files, labels and shells', async () => {
      await client.directory('systems', {
        Dockerfile: `FROM scratch AS of-linux
COPY one /linux
FROM scratch AS of-windows
COPY one /windows
FROM scratch AS of-darwin
COPY two /darwin
FROM of-$TARGETOS
ARG TARGETARCH TARGETPLATFORM
LABEL of=$TARGETPLATFORM
COPY $TARGETARCH /arch
ENTRYPOINT foo bar
`,
        ...{ one: 'one\n', two: 'two\n', arm: 'of arm\n', amd64: 'of amd64\n' },
      });
      await client.told(
        'docker build --progress=plain --platform windows/amd64,linux/arm,darwin/amd64 -o type=local,dest=systems-out -o type=oci,dest=systems-oci,tar=false -o type=tar,dest=systems.tar systems',
      );
      const names = ['darwin_amd64/arch', 'darwin_amd64/darwin', 'linux_arm_v7/arch', 'linux_arm_v7/linux'];
      const all = [...names, 'windows_amd64/arch', 'windows_amd64/windows'];
      assert.deepEqual((await client.said('cd systems-out && find * -type f | sort')).trim().split('\n'), all);
      assert.equal(await client.said('cat systems-out/*/arch'), 'of amd64\nof arm\nof amd64\n');
      assert.deepEqual((await client.said('tar tf systems.tar | grep -v /$ | sort')).trim().split('\n'), all);
      const found = await imagesIn('systems-oci');
      assert.deepEqual(
        found.map(({ platform, image: { os, architecture, config } }) => ({ platform, os, architecture, config })),
        [
          {
            ...{ platform: { architecture: 'amd64', os: 'windows' }, os: 'windows', architecture: 'amd64' },
            config: { Entrypoint: ['cmd', '/S', '/C', 'foo bar'], Labels: { of: 'windows/amd64' }, WorkingDir: '/' },
          },
          {
            ...{ platform: { architecture: 'arm', os: 'linux', variant: 'v7' }, os: 'linux', architecture: 'arm' },
            config: {
              Entrypoint: ['/bin/sh', '-c', 'foo bar'],
              Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
              Labels: { of: 'linux/arm/v7' },
              WorkingDir: '/',
            },
          },
          {
            ...{ platform: { architecture: 'amd64', os: 'darwin' }, os: 'darwin', architecture: 'amd64' },
            config: {
              Entrypoint: ['/bin/sh', '-c', 'foo bar'],
              Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
              Labels: { of: 'darwin/amd64' },
              WorkingDir: '/',
            },
          },
        ],
      );
    });

    test('a file that is not there is told, of each platform', async () => {
      await client.directory('lacking', { Dockerfile: 'FROM scratch\nCOPY nothing /\n' });
      const said = await client.refused(`docker build --progress=plain ${both} -o type=oci,dest=none.tar lacking`);
      assert.match(said, /"\/nothing": not found\n$/);
    });

    test('images without any layer are an index too', async () => {
      await client.told(
        `printf 'FROM scratch\\n' | docker build --progress=plain ${both} -o type=oci,dest=bare,tar=false -`,
      );
      assert.deepEqual(
        (await imagesIn('bare')).map(({ platform, layers }) => [platform.architecture, layers]),
        [own, other].map((architecture) => [architecture, []]),
      );
    });

    test('the host keeps an image of one platform: several are refused with what to do', async () => {
      assert.match(
        await client.refused(`docker build --progress=plain ${both} -t here files`),
        /docker exporter does not currently support exporting manifest lists: push it with --push/,
      );
      await client.told(`docker build --progress=plain --platform linux/${other} -t there files`);
      assert.equal(await client.said('docker image inspect -f {{.Architecture}} there'), `${other}\n`);
    });

    test('a process of another platform is not run', async () => {
      // A program whose header says that it is for the other one: byte 18 is the machine (ELF, e_machine).
      const machine = other === 'arm64' ? '\\267\\000' : '\\076\\000';
      await client.directory('runs', {
        Dockerfile: 'FROM scratch\nCOPY sh /bin/sh\nRUN echo never\n',
        Make: `FROM busybox\nRUN cp -L /bin/busybox /sh && printf '${machine}' | dd of=/sh bs=1 seek=18 conv=notrunc\n`,
      });
      await client.told('docker build --progress=plain -f runs/Make -o type=local,dest=got runs && cp got/sh runs/sh');
      const said = await client.refused(`docker build --progress=plain --platform linux/${other} runs`);
      assert.match(said, /exec \/bin\/sh: exec format error$/m);
      assert.match(said, /process "\/bin\/sh -c echo never" did not complete successfully: exit code: 1\n$/);
    });
  });
}
