// Images that the client has as an OCI layout, in place of images and stages: by both generations of clients.

import assert from 'node:assert/strict';
import { beforeAll, describe, test } from 'vitest';
import { type Client, ClientLab } from './clients.ts';

const lab = new ClientLab();

for (const [generation, open] of Object.entries(lab.generations)) {
  describe(generation, () => {
    let client: Client;

    beforeAll(async () => {
      ({ client } = await open());
      await client.directory('made', {
        Dockerfile:
          'FROM busybox\nWORKDIR /test\nRUN echo first >out && echo second >out2\nENV foo=bar\nONBUILD COPY --from=otherstage /file /out/foo\n',
      });
      // That nothing of it is here when it comes back.
      await client.said('docker build -q -o type=oci,dest=layout,tar=false made && docker builder prune -af');
    });

    /** What steps say. */
    const lines = (told: string): string[] => [...told.matchAll(/^#\d+ \d+\.\d+ (.*)$/gm)].map(([, line = '']) => line);

    test('stands in for an image and for a stage, with its settings and its triggers', async () => {
      await client.directory('on-layout', {
        Dockerfile: `FROM busybox AS otherstage
RUN echo hello >/file
FROM busybox AS base
RUN false
FROM imported AS input
RUN echo "$foo $PWD"; cat /out/foo
FROM busybox
COPY --from=base /test/o* /
RUN cat /out /out2
`,
      });
      const contexts = '--build-context base=oci-layout://layout --build-context imported=oci-layout://layout';
      const build = `docker build --progress=plain --target input ${contexts} on-layout`;
      assert.deepEqual(lines(await client.told(build)), ['bar /test', 'hello']);
      const last = `docker build --progress=plain -t on-layout ${contexts} on-layout`;
      assert.deepEqual(lines(await client.told(last)), ['first', 'second']);
      assert.deepEqual(lines(await client.told(last)), [], 'all of it is known');
      assert.equal(await client.said('docker run --rm on-layout cat /out'), 'first\n');
    });

    test('becomes an output with its settings, where nothing is done to it', async () => {
      await client.directory('nothing', {
        Dockerfile: 'FROM nonexistent AS base\n',
        Made: 'FROM scratch\nWORKDIR /test\nENV foo=bar\n',
      });
      await client.said(`docker build -q -o type=oci,dest=small,tar=false -f nothing/Made nothing
        docker build -q -o type=oci,dest=again,tar=false --build-context nonexistent=oci-layout://small nothing`);
      const configIn = async (layout: string): Promise<unknown> => {
        const { manifests } = await client.json(`${layout}/index.json`);
        const blob = (digest = ''): string => `${layout}/blobs/${digest.replace(':', '/')}`;
        const { config } = await client.json(blob((manifests as { digest: string }[])[0]?.digest));
        return (await client.json(blob((config as { digest: string }).digest))).config;
      };
      const { WorkingDir, Env } = (await configIn('again')) as { WorkingDir: string; Env: string[] };
      assert.deepEqual([WorkingDir, Env.includes('foo=bar')], ['/test', true]);
    });

    test('of which there is none, or not what its names say, is told', async () => {
      const refused = (context: string): Promise<string> =>
        client.refused(`docker build --progress=plain --build-context nonexistent=oci-layout://${context} nothing`);
      assert.match(await refused(`small@sha256:${'0'.repeat(64)}`), /content sha256:0{64}: not found\n$/);
      // A layer that is another than the manifest says, and that nobody had before.
      await client.directory('seen', {
        Dockerfile: 'FROM busybox AS one\nRUN cat /proc/sys/kernel/random/uuid >/own\nFROM one\n',
        Uses: 'FROM nonexistent\nRUN cat /own\n',
      });
      await client.said(`docker build -q -o type=oci,dest=bad,tar=false seen && for one in bad/blobs/sha256/*; do
        gzip -t $one 2>/dev/null && chmod u+w $one && printf x >> $one; done; true`);
      await client.said('docker builder prune -af');
      assert.match(
        await client.refused(
          'docker build --progress=plain -f seen/Uses --build-context nonexistent=oci-layout://bad seen',
        ),
        /the client's blob sha256:[0-9a-f]{64} is not what its digest says\n$/,
      );
    });

    test('an image for another platform alone is not taken for this one', async () => {
      const other = process.arch === 'arm64' ? 'amd64' : 'arm64';
      const both = `linux/${other},linux/${other === 'arm64' ? 's390x' : 'arm64'}`;
      await client.said(`docker build -q --platform ${both} -o type=oci,dest=others,tar=false -f nothing/Made nothing`);
      assert.match(
        await client.refused('docker build --progress=plain --build-context nonexistent=oci-layout://others nothing'),
        /no match for platform in manifest/,
      );
      const made = `docker build -q --platform linux/${other} --build-context nonexistent=oci-layout://others -t other nothing`;
      await client.said(made);
      assert.equal(await client.said('docker image inspect -f {{.Architecture}} other'), `${other}\n`);
    });
  });
}
