// Builds one after the other of what is mounted and of contexts by name: what is done again, and what is sent. By our builder and by a
// real dockerd's BuildKit: both are held to the same.

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

  /** A file of what a build gives. */
  const made = (context: string, file: string): Promise<string> =>
    client.said(`rm -rf out; docker build -q -o out ${context} >/dev/null && cat out/${file}`);

  test('a command that may write to a stage’s files is known while nothing of them has changed, whatever made them', async () => {
    const Dockerfile = `FROM busybox AS build
RUN mkdir out && echo foo >out/foo
FROM busybox AS second
RUN --mount=from=build,src=out,target=/out,rw touch /out/bar && ${random} >/unique
FROM scratch
COPY --from=second /unique /
`;
    await client.directory('writes', { Dockerfile });
    const first = await made('writes', 'unique');
    assert.equal(await made('writes', 'unique'), first);
    await client.said("sed -i 's/mkdir out/mkdir -p out/' writes/Dockerfile");
    assert.equal(await made('writes', 'unique'), first);
    await client.said("sed -i 's/echo foo/echo other/' writes/Dockerfile");
    assert.notEqual(await made('writes', 'unique'), first);
  });

  test('a command that has the context mounted twice sees each change', async () => {
    const Dockerfile = `FROM busybox AS base
RUN --mount=source=.,target=/tmp/all --mount=source=b,target=/tmp/b cat /tmp/all/a /tmp/b >/both
FROM scratch
COPY --from=base /both /
`;
    await client.directory('twice', { Dockerfile, a: 'one\n', b: 'b\n' });
    assert.equal(await made('twice', 'both'), 'one\nb\n');
    await client.said('echo another > twice/a');
    assert.equal(await made('twice', 'both'), 'another\nb\n');
  });

  test('caches in caches are there for two stages at once, again and again', async () => {
    const stage = (name: string): string =>
      `FROM busybox AS ${name}\nRUN --mount=type=cache,target=/n/a --mount=type=cache,target=/n/a/b echo ${name} >/made\n`;
    const Dockerfile = `${stage('one')}${stage('two')}FROM scratch\nCOPY --from=one /made /one\nCOPY --from=two /made /two\n`;
    await client.directory('nested', { Dockerfile });
    const build = 'docker build -q --no-cache -o out nested >/dev/null && cat out/one out/two';
    assert.equal(
      await client.said(`for round in 1 2 3 4 5; do rm -rf out; ${build} || exit 1; done`),
      'one\ntwo\n'.repeat(5),
    );
  });

  test('of a context by name that which is copied or mounted is sent alone; as a base it is sent whole', async () => {
    const Dockerfile = `FROM scratch AS copies
COPY --from=foo /foo /
FROM busybox AS mounts
RUN --mount=from=foo,src=/foo,target=/in/foo cp /in/foo /foo
FROM foo AS stands
COPY --from=busybox / /
RUN cat /foo >/bar
`;
    await client.directory('filtered', { Dockerfile });
    await client.directory('foo', { foo: 'foo\n' });
    await client.said('head -c 4096000 /dev/zero > foo/bar');
    const sentFor = async (target: string): Promise<number> => {
      const told = await client.told(
        `docker build --progress=plain --no-cache --target ${target} --build-context foo=foo filtered`,
      );
      const load = /^#(\d+) \[context foo\] load from client$/m.exec(told)?.[1];
      const units: Record<string, number> = { B: 1, kB: 1e3, MB: 1e6 };
      const sizes = [...told.matchAll(new RegExp(`^#${load} transferring \\S+ ([\\d.]+)([kM]?B)`, 'gm'))];
      return Math.max(...sizes.map(([, size, unit = '']) => Number(size) * (units[unit] ?? Number.NaN)));
    };
    for (const target of ['mounts', 'copies']) {
      const sent = await sentFor(target);
      assert.ok(sent > 0 && sent < 1024, `${target}: ${sent}`);
    }
    assert.ok((await sentFor('stands')) >= 4_090_000);
  });

  test('an image on one that stands in for its base is of a later time', async () => {
    await client.directory('older', { Dockerfile: 'FROM busybox\nRUN echo foo >>/test\n' });
    await client.said('docker build -q -t own/older older');
    await client.said('docker build -q -t own/newer --build-context busybox=docker-image://own/older older');
    const times = (await client.said('docker inspect -f {{.Created}} own/older own/newer')).trim().split('\n');
    const [older = Number.NaN, newer = Number.NaN] = times.map((time) => Date.parse(time));
    assert.ok(older < newer && newer - older < 600_000, times.join(' '));
    assert.equal(await client.said('docker run --rm own/newer cat /test'), 'foo\nfoo\n');
  });

  test('of what fails all lines are marked', async () => {
    await client.directory('lines', { Dockerfile: 'FROM busybox\nRUN echo a && \\\n  exit \\\n  3\nENV a=b\n' });
    const said = await client.refused('docker build --progress=plain lines');
    assert.deepEqual(
      [...said.matchAll(/^ +(\d+) \| >>> /gm)].map(([, line]) => line),
      ['2', '3', '4'],
    );
    await client.directory('lines', { Dockerfile: 'FROM busybox\nENV a=b\nCOPY none \\\n  x/\n' });
    assert.match(
      await client.refused('docker build --progress=plain lines'),
      /^ +3 \| >>> COPY none \\\n +4 \| >>> {3}x\/$/m,
    );
  });
});
