// Builds one after the other: what is done again, and what is not. By our builder and by a real dockerd's BuildKit: both are held to the
// same.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { builderKinds, type Client, clientOfBuilder } from './clients.ts';

/** Tells whether a command was run again. */
const random = 'cat /proc/sys/kernel/random/uuid';

describe.each(builderKinds)('%s', (kind) => {
  const owned = new AsyncDisposableStack();
  let client: Client;

  beforeAll(async () => {
    client = await clientOfBuilder(kind, owned);
  });

  afterAll(async () => {
    await owned.disposeAsync();
  });

  /** The lines of the files that a build gives, by their names. */
  async function files(context: string, ...options: string[]): Promise<Record<string, string>> {
    const words = `docker build -q ${options.join(' ')} -o out ${context} >/dev/null`;
    const listed = await client.said(
      `rm -rf out; ${words} && cd out && for one in *; do echo "$one $(cat $one)"; done`,
    );
    return Object.fromEntries(
      listed
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ (.*)/s).slice(0, 2)),
    );
  }

  test('what a proxy is changes nothing that was done, an argument does', async () => {
    const Dockerfile = `FROM busybox AS made
ARG A B C=c
RUN echo "$HTTP_PROXY|$NO_PROXY|$A|$B|$C" >/made
FROM scratch
COPY --from=made /made /
`;
    await client.directory('proxies', { Dockerfile });
    const build = (...set: string[]) => files('proxies', ...set.map((one) => `--build-arg ${one}`));
    const first = { made: 'one|two|a||c' };
    assert.deepEqual(await build('A=a', 'http_proxy=one', 'NO_PROXY=two'), first);
    assert.deepEqual(await build('A=a', 'http_proxy=other'), first);
    assert.deepEqual(await build('A=b', 'http_proxy=other'), { made: 'other||b||c' });
  });

  test('--no-cache does all again, --no-cache-filter a stage', async () => {
    const Dockerfile = `FROM busybox AS one
RUN ${random} >/one
FROM busybox AS two
RUN ${random} >/two
FROM scratch
COPY --from=one /one /
COPY --from=two /two /
`;
    await client.directory('no-cache', { Dockerfile });
    const first = await files('no-cache');
    const second = await files('no-cache', '--no-cache');
    assert.notEqual(second.one, first.one);
    assert.notEqual(second.two, first.two);
    const third = await files('no-cache', '--no-cache-filter two');
    assert.equal(third.one, second.one);
    assert.notEqual(third.two, second.two);
  });

  test('--no-cache begins the caches of RUN anew', async () => {
    const Dockerfile = `FROM busybox AS made
ARG A
RUN --mount=type=cache,target=/c,mode=0773 --mount=type=cache,target=/p touch /c/$A /p/$A && echo $(ls /c) - $(ls /p) >/made
RUN --mount=type=cache,target=/c,mode=0773 echo $(ls /c) >/more
FROM scratch
COPY --from=made /made /more /
`;
    await client.directory('mounted', { Dockerfile });
    assert.deepEqual(await files('mounted', '--no-cache --build-arg A=1'), { made: '1 - 1', more: '1' });
    assert.deepEqual(await files('mounted', '--no-cache --build-arg A=2'), { made: '2 - 2', more: '2' });
    assert.deepEqual(await files('mounted', '--build-arg A=3'), { made: '2 3 - 2 3', more: '2 3' });
  });

  test('files that a wildcard does not find change nothing of what is done with those that it finds', async () => {
    const Dockerfile = `FROM busybox AS made
COPY a* files/
RUN ${random} >/made
COPY b files/
FROM scratch
COPY --from=made /made /
`;
    await client.directory('wildcards', { Dockerfile, a1: 'one\n', a2: 'two\n', b: 'three\n' });
    const first = await files('wildcards');
    await client.said('echo another > wildcards/b');
    assert.deepEqual(await files('wildcards'), first);
    await client.said('echo another > wildcards/a2');
    assert.notDeepEqual(await files('wildcards'), first);
  });

  test('a file that a wildcard finds under another name is another file', async () => {
    await client.directory('renamed', { Dockerfile: 'FROM busybox\nCOPY a* /files/\nRUN ls /files/a1\n', a1: 'one\n' });
    await client.said('docker build -q renamed && mv renamed/a1 renamed/a2');
    assert.match(await client.refused('docker build -q renamed'), /RUN ls \/files\/a1/);
  });

  test('a directory of the context that becomes a file is one', async () => {
    await client.directory('turned', { Dockerfile: 'FROM scratch\nCOPY a /\n', 'a/b': 'in a directory\n' });
    assert.deepEqual(await files('turned'), { b: 'in a directory' });
    await client.said('rm -r turned/a && echo a file > turned/a');
    assert.deepEqual(await files('turned'), { a: 'a file' });
  });

  test('the same again keeps nothing more', async () => {
    await client.directory('same', { Dockerfile: 'FROM scratch\nCOPY a /\n', a: 'a\n' });
    const kept = async () => (await client.said('docker buildx du --verbose')).match(/^ID:/gm)?.length;
    await client.said('docker build -q same');
    const before = await kept();
    assert.ok(before);
    await client.said('docker build -q same');
    assert.equal(await kept(), before);
  });

  test('an image without any layer is a base', async () => {
    await client.said(`printf 'FROM scratch\\nLABEL one=1\\n' | docker build -q -t bare -`);
    await client.directory('on-bare', { Dockerfile: 'FROM bare\nLABEL two=2\nCOPY a /\n', a: 'a\n' });
    await client.said('docker build -q -t on-bare on-bare');
    const format = `'{{json .Config.Labels}} {{.RootFS.Type}} {{len .RootFS.Layers}}'`;
    assert.equal(await client.said(`docker inspect -f ${format} on-bare`), '{"one":"1","two":"2"} layers 1\n');
    await client.directory('in-bare', {
      Dockerfile: 'FROM busybox\nRUN --mount=from=bare,target=/m,rw echo a >/m/b\n',
    });
    await client.said('docker build -q in-bare');
  });

  test('triggers of an image are done where it is a base, their heredocs too', async () => {
    await client.directory('triggers', {
      Dockerfile: 'FROM busybox\nONBUILD RUN <<END\necho "by a trigger" >/made\nEND\n',
    });
    await client.directory('triggered', {
      Dockerfile: 'FROM triggers AS base\nFROM scratch\nCOPY --from=base /made /\n',
    });
    await client.said('docker build -q -t triggers triggers');
    assert.deepEqual(await files('triggered'), { made: 'by a trigger' });
  });
});
