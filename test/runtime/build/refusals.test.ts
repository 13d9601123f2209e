// What clients may ask of builds and there is not here: a clear error, before anything is done, by both generations of clients.

import assert from 'node:assert/strict';
import { beforeAll, describe, test } from 'vitest';
import { type Client, ClientLab } from './clients.ts';

const lab = new ClientLab();

for (const [generation, open] of Object.entries(lab.generations)) {
  describe(generation, () => {
    let client: Client;

    beforeAll(async () => {
      ({ client } = await open());
      await client.directory('plain', { Dockerfile: 'FROM busybox\nRUN echo done\n' });
    });

    const refused = async (options: string, environment = ''): Promise<string> => {
      const said = await client.refused(`${environment} docker build --progress=plain --no-cache ${options} plain`);
      assert.doesNotMatch(said, /^#\d+ [\d.]+ done$/m);
      return said;
    };

    test('attestations; without them nothing fails, whatever a client does by itself', async () => {
      const asked = [
        ...['--provenance=true', '--provenance=mode=min', '--provenance=mode=max', '--sbom=true'],
        ...['--attest type=provenance', '--attest type=sbom,generator=own/scanner'],
        // In the words of the client, which asks what there is before it begins; with any output.
        ...['--provenance=true -o type=local,dest=out', '--provenance=true -o type=oci,dest=out.tar'],
      ];
      for (const options of asked)
        assert.match(
          await refused(options),
          /[Aa]ttestations are not supported by the current BuildKit daemon\n$/,
          options,
        );
      const left = ['', '--provenance=false', '--sbom=false', '--attest type=provenance,disabled=true'];
      for (const options of left)
        assert.match(
          await client.told(`docker build --progress=plain --no-cache ${options} plain`),
          / done$/m,
          options,
        );
      // What a stage or the context is to have scanned is nothing where nothing is scanned.
      const scanned = '--build-arg BUILDKIT_SBOM_SCAN_STAGE=true --build-arg BUILDKIT_SBOM_SCAN_CONTEXT=true';
      assert.match(await client.told(`docker build --progress=plain --no-cache ${scanned} plain`), / done$/m);
    });

    test('what a daemon would have to allow', async () => {
      assert.match(
        await refused('--allow security.insecure'),
        /granting entitlement security\.insecure is not allowed by build daemon configuration\n$/,
      );
    });

    test('a cgroup of its own', async () => {
      assert.match(await refused('--cgroup-parent mine'), /leave --cgroup-parent out; builds live below their host\n$/);
    });

    test('a policy of sources, to which a build would not be held', async () => {
      await client.directory('policy', {
        'policy.json':
          '{"rules":[{"action":"DENY","selector":{"identifier":"docker-image://docker.io/library/busybox*"}}]}\n',
      });
      const environment = 'EXPERIMENTAL_BUILDKIT_SOURCE_POLICY=policy/policy.json';
      assert.match(await refused('', environment), /source policies are not there yet/);
    });

    test('another frontend than that of Dockerfiles, wherever it is named; any version of that one', async () => {
      const build = (directive: string): string =>
        `printf '%s\\nFROM busybox\\nRUN echo done\\n' '${directive}' | docker build --progress=plain --no-cache -`;
      for (const name of ['foobar', 'own.example:5000/some/frontend:1', 'docker/dockerfile-not:1', 'Not/A/Name']) {
        const said = await client.refused(build(`# syntax=${name}`));
        assert.match(said, new RegExp(`^ +1 \\| >>> # syntax=${name}$`, 'm'));
        assert.match(said, new RegExp(`no frontend ${name} is here: Dockerfiles are read by the builder itself`));
        assert.match(await refused(`--build-arg BUILDKIT_SYNTAX=${name}`), new RegExp(`no frontend ${name} is here`));
      }
      for (const name of [
        'docker/dockerfile:1',
        'docker/dockerfile-upstream:master-labs',
        'mirror.example:5000/docker/dockerfile',
      ]) {
        assert.match(await client.told(build(`# syntax=${name}`)), / done$/m);
        const given = `docker build --progress=plain --no-cache --build-arg BUILDKIT_SYNTAX=${name} plain`;
        assert.match(await client.told(given), / done$/m);
      }
    });
  });
}
