// A stage is done again: what is made of its files is known where these are as they were, whatever made them. By our builder and by a
// real dockerd's BuildKit: both are held to the same.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { builderKinds, type Client, clientOfBuilder } from './clients.ts';

/** Tells whether a command was run again. */
const random = 'cat /proc/sys/kernel/random/uuid';

/** What a stage makes in a directory of its own, the first time and the second, and what is done with it; DIR stands for the directory. */
interface Case {
  readonly before: string;
  readonly after: string;
  readonly use: string;
}

const copy = (words: string, before: string, after: string): Case => {
  return { use: `COPY --from=made ${words} /c/`, before, after };
};
const mount = (words: string, before: string, after: string): Case => {
  return { use: `RUN --mount=from=made,target=/m,${words} : DIR`, before, after };
};

const file = 'echo a >f';
const tree = 'mkdir -p d/e; echo a >d/f; ln -s e d/l';
const old = 'touch -d "2001-01-01 00:00:00"';

const isKnown: Readonly<Record<string, Case>> = {
  'the same file': copy('DIR/f', file, file),
  'the same tree': copy('DIR/d', tree, tree),
  'the same tree with two names of one file': copy('DIR/d', `${tree}; ln d/f d/g`, `${tree}; ln d/f d/g`),
  'the rest of a tree': copy(
    '--exclude=* --exclude=!e/g DIR/d',
    `${tree}; echo g >d/e/g`,
    `${tree}; echo g >d/e/g; echo b >d/f`,
  ),
  'another time': copy('DIR/d', tree, `${tree}; ${old} d/f d/e d`),
  'a file beside': copy('DIR/f', file, `${file}; echo b >g`),
  'another mode of what it is in': copy('DIR/d/f', tree, `${tree}; chmod 700 d`),
  'a file that the wildcard does not find': copy('DIR/*.txt', 'echo a >a.txt', 'echo a >a.txt; echo b >b.md'),
  'a file that is left out': copy('--exclude=g DIR/d', tree, `${tree}; echo b >d/g`),
  'a link to the same under another name': copy('DIR/l', `${file}; ln -s f l`, 'echo a >g; ln -s g l'),
  'the same tree, mounted': mount('source=DIR/d', tree, `${tree}; echo b >g`),
  'another time, mounted': mount('source=DIR/d', tree, `${tree}; ${old} d/f d/e d`),
  'the same tree, to write to': mount('source=DIR/d,rw', tree, tree),
  'the same tree, that a cache begins with': mount('source=DIR/d,type=cache', tree, tree),
  'a mounted link to the same': mount('source=DIR/l', `${tree}; ln -s d l`, `${tree}; mv d o; ln -s o l`),
};

const isOther: Readonly<Record<string, Case>> = {
  'other content': copy('DIR/f', file, 'echo b >f'),
  'another mode': copy('DIR/f', file, `${file}; chmod 700 f`),
  'another mode, where another is set': copy('--chmod=600 DIR/f', file, `${file}; chmod 700 f`),
  'another owner': copy('DIR/f', file, `${file}; chown 5 f`),
  'another owner, where another is set': copy('--chown=7 DIR/f', file, `${file}; chown 5 f`),
  'another group in a tree': copy('DIR/d', tree, `${tree}; chown :5 d/f`),
  'another mode in a tree': copy('DIR/d', tree, `${tree}; chmod 700 d/e`),
  'another mode of a tree': copy('DIR/d', tree, `${tree}; chmod 700 d`),
  'another owner of a tree': copy('DIR/d', tree, `${tree}; chown 5 d`),
  'another mode of a tree that a wildcard finds': copy('DIR/*', tree, `${tree}; chmod 700 d`),
  'one more file': copy('DIR/d', tree, `${tree}; echo >d/g`),
  'one more directory': copy('DIR/d', tree, `${tree}; mkdir d/g`),
  'one more pipe': copy('DIR/d', tree, `${tree}; mkfifo d/p`),
  'another name': copy('DIR/d', tree, `${tree}; mv d/f d/g`),
  'a link elsewhere': copy('DIR/d', tree, `${tree}; rm d/l; ln -s f d/l`),
  'a file for a link': copy('DIR/d', tree, `${tree}; rm d/l; echo e >d/l`),
  'another that the wildcard finds': copy('DIR/*.txt', 'echo a >a.txt', 'echo a >b.txt'),
  'one more that the wildcard finds': copy('DIR/*.txt', 'echo a >a.txt', 'echo a >a.txt; echo >b.txt'),
  'other content, mounted': mount('source=DIR/d', tree, `${tree}; echo b >d/f`),
  'another mode, mounted': mount('source=DIR/d', tree, `${tree}; chmod 700 d`),
  'another owner, mounted': mount('source=DIR/d', tree, `${tree}; chown 5 d/f`),
  'other content, to write to': mount('source=DIR/d,rw', tree, `${tree}; echo b >d/f`),
  'other content, that a cache begins with': mount('source=DIR/d,type=cache', tree, `${tree}; echo b >d/f`),
};

/** BuildKit does not look which names are one file; a copy would have other links. */
const isOtherHere: Readonly<Record<string, Case>> = {
  'two names of one file': copy('DIR/d', `${tree}; echo a >d/g`, `${tree}; ln d/f d/g`),
};

const cases = Object.entries({ ...isKnown, ...isOther, ...isOtherHere }).map(([name, one], at) => {
  // Each with a content of its own: one would be known by another's.
  const own = (script: string): string => script.replaceAll('echo a', `echo a${at}`);
  return { name, use: one.use, before: own(one.before), after: own(one.after), directory: `/made/${at}` };
});

describe.each(builderKinds)('%s', (kind) => {
  const owned = new AsyncDisposableStack();
  let client: Client;

  beforeAll(async () => {
    client = await clientOfBuilder(kind, owned);
  });

  afterAll(async () => {
    await owned.disposeAsync();
  });

  test('a step that takes files of it', async () => {
    const making = (which: 'before' | 'after'): string =>
      cases.map((one) => `mkdir -p ${one.directory}; cd ${one.directory}; ${one[which]}\n`).join('');
    const stages = cases.map(({ use, directory }, at) => {
      const base = use.startsWith('RUN') ? 'busybox' : 'scratch';
      return `FROM ${base} AS s${at}\n${use.replaceAll('DIR', directory)}\n`;
    });
    const Dockerfile = `FROM busybox AS made
ARG WHICH
RUN --mount=target=/in ${random} >/log; sh -e /in/$WHICH
${stages.join('')}FROM scratch
${cases.map((_, at) => `COPY --from=s${at} / /${at}/\n`).join('')}`;
    await client.directory('again', { Dockerfile, before: making('before'), after: making('after') });
    const known = async (which: string): Promise<string[]> => {
      const told = await client.told(`docker build --progress=plain --build-arg WHICH=${which} again`);
      return cases.flatMap(({ name }, at) => {
        const number = new RegExp(`^#(\\d+) \\[s${at} \\d/\\d\\] (?:COPY|RUN) `, 'm').exec(told)?.[1];
        assert.ok(number, `${name}: ${told}`);
        return new RegExp(`^#${number} CACHED$`, 'm').test(told) ? [name] : [];
      });
    };
    assert.deepEqual(await known('before'), []);
    const expected = [...Object.keys(isKnown), ...(kind === 'dockerd' ? Object.keys(isOtherHere) : [])];
    assert.deepEqual(await known('after'), expected);
    const all = cases.map(({ name }) => name);
    assert.deepEqual(await known('after'), all);
    assert.deepEqual(await known('before'), all);
  });

  test('where --no-cache-filter has it done again, what is made of it is known; where --no-cache has all, that counts; where it lies does not', async () => {
    const Dockerfile = `FROM busybox AS made
ARG AGAIN
RUN ${random} >/log; echo a >/f; mkdir /d; echo a >/d/f
FROM busybox AS used
RUN --mount=from=made,source=/f,target=/f ${random} >/one
COPY --from=made /f /f
RUN ${random} >/two
FROM scratch
COPY --from=made /log /
COPY --from=used /one /two /
`;
    await client.directory('filtered', { Dockerfile });
    const build = async (options = ''): Promise<{ log: string; used: string }> => {
      const words = `rm -rf out; docker build -q -o out ${options} filtered >/dev/null && cat out/log out/one out/two`;
      const [log = '', one = '', two = ''] = (await client.said(words)).split('\n');
      return { log, used: `${one} ${two}` };
    };
    const first = await build();
    const second = await build('--no-cache-filter made');
    assert.notEqual(second.log, first.log);
    assert.equal(second.used, first.used);
    const third = await build('--no-cache');
    assert.notEqual(third.used, first.used);
    const fourth = await build('--build-arg AGAIN=1 --no-cache-filter made');
    assert.notEqual(fourth.log, third.log);
    assert.equal(fourth.used, third.used);
    await client.said("sed -i 's,source=/f,source=/d/f,; s,made /f,made /d/f,' filtered/Dockerfile");
    assert.equal((await build()).used, third.used);
    await client.said("sed -i 's,made /d/f /f,made /d/f /g,' filtered/Dockerfile");
    const sixth = await build();
    assert.equal(sixth.used.split(' ')[0], third.used.split(' ')[0]);
    assert.notEqual(sixth.used, third.used);
    await client.said('docker builder prune -af');
    assert.notEqual((await build('--build-arg AGAIN=2')).used, third.used);
  });
});
