// ADD of repositories, and contexts that are one, by our builder and by a real dockerd's BuildKit: both are held to the same.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { hasBuildx } from './buildx.ts';
import { Fetching, fetchingKinds } from './fetching.ts';
import type { FileServer } from './file-server.ts';

describe.skipIf(!hasBuildx).each(fetchingKinds)('%s', (kind) => {
  let fetching: Fetching;
  let server: FileServer;
  const said = (text: string, ...options: string[]) => fetching.said(text, ...options);
  const failure = (text: string) => fetching.failure(text);
  const context = (url: string, ...options: string[]) => fetching.ofContext(url, ...options);

  beforeAll(async () => {
    fetching = await Fetching.start(kind);
    ({ server } = fetching);
  });

  afterAll(async () => {
    await fetching?.[Symbol.asyncDispose]();
  });

  test('a repository is there without its history, at a branch, a tag, a commit or its default branch, and in part', async () => {
    const { repository } = server;
    const all = ['./.dockerignore', './Dockerfile', './sub', './sub/Dockerfile', './sub/link', './sub/page'];
    const list = "RUN cd /g && find . -not -name . | sort && stat -c '%a %u:%g' sub/page && readlink sub/link";
    assert.deepEqual(await said(`ADD ${repository} /g\n${list}`), [...all, '755 0:0', 'page']);
    for (const ref of ['dev', server.commitOf('dev')])
      assert.deepEqual(await said(`ADD ${repository}#${ref} /g/\nRUN cat /g/dev # ${ref}`), ['of dev']);
    // What they name is the same.
    assert.deepEqual(await said(`ADD ${repository}#v1 /g\n${list}`), []);
    assert.deepEqual(await said(`ADD ${repository}#v2 /g\n${list}`), []);
    assert.deepEqual(await said(`ADD ${repository}#dev:sub /g/\nRUN ls /g`), ['Dockerfile', 'link', 'page']);
    assert.deepEqual(
      await said(`ADD --chown=5:6 --chmod=700 ${repository}#v1 /h/\nRUN stat -c '%a %u:%g' /h /h/sub/page`),
      ['700 5:6', '700 5:6'],
    );
    const commit = server.commitOf('v1');
    assert.deepEqual(await said(`ADD --checksum=${commit} ${repository}#v1 /k\nRUN ls /k/Dockerfile`), [
      '/k/Dockerfile',
    ]);
  });

  test('a repository that not everybody may read is given to whoever has its token, and only where it is for that server', async () => {
    const { privateRepository: url, folder } = server;
    fs.writeFileSync(`${folder}/token`, 'of-the-client');
    fs.writeFileSync(`${folder}/header`, `basic ${Buffer.from('x-access-token:of-the-client').toString('base64')}`);
    const secret = (id: string, file: string): string[] => ['--secret', `id=${id},src=${folder}/${file}`];
    const { exitCode, stderr } = await fetching.build(`ADD ${url} /g`);
    assert.equal(exitCode, 1);
    assert.match(stderr, /could not read Username for 'http:\/\/127\.0\.0\.1:8099'/);
    const page = `ADD ${url}#v1 /g\nRUN cat /g/sub/page`;
    assert.deepEqual(await said(page, ...secret('GIT_AUTH_TOKEN', 'token')), ['a page']);
    assert.deepEqual(await context(`${url}#v1:sub`, ...secret('GIT_AUTH_TOKEN', 'token')), ['a page']);
    const dev = `ADD ${url}#dev /g\nRUN cat /g/dev`;
    assert.deepEqual(await said(dev, ...secret('GIT_AUTH_HEADER', 'header')), ['of dev']);
    assert.match(
      String(await context(`${url}#dev:sub`, ...secret('GIT_AUTH_TOKEN.git.example.org', 'token'))),
      /^failed to read dockerfile: .*failed to fetch remote .*private\.git: git stderr:$/,
    );
    assert.deepEqual(
      await context(`${url}#dev:sub`, '--no-cache', ...secret('GIT_AUTH_TOKEN.127.0.0.1:8099', 'token')),
      ['a page'],
    );
  });

  test('a repository is named by a branch, a tag, a commit or a directory in its query', async () => {
    const { repository } = server;
    const [main, dev] = [server.commitOf('main'), server.commitOf('dev')];
    const all = (queries: readonly string[]): string =>
      queries.map((query, place) => `ADD ${repository}${query} /g/${place}/`).join('\n');
    const ofDev = ['?ref=dev', '?branch=dev', `?ref=${dev}`, `?ref=${dev}&commit=${dev}`];
    const ofMain = [
      ...['', '?tag=v1', '?tag=v1#refs/tags/v1', `?commit=${main}`, `?commit=${main.slice(0, 8)}`],
      `?tag=v1&commit=${main}`,
    ];
    const parts = ['?subdir=sub&ref=dev', '?branch=dev&subdir=sub', '#dev:sub'];
    assert.deepEqual(
      await said(`${all(ofDev)}\nRUN cat /g/*/dev`),
      ofDev.map(() => 'of dev'),
    );
    // What a step says to its two outputs comes in any order.
    assert.deepEqual(await said(`${all(ofMain)}\nRUN ls /g/*/sub/page | wc -l; ls /g/*/dev 2>/dev/null | wc -l`), [
      ...[String(ofMain.length), '0'],
    ]);
    assert.deepEqual(
      await said(`${all(parts)}\nRUN cat /g/*/page`),
      parts.map(() => 'a page'),
    );
    const kept = ['?keep-git-dir=true', '?keep-git-dir', '?tag=v1&keep-git-dir=1'];
    assert.deepEqual(
      await said(`${all(kept)}\nRUN cat /g/*/.git/HEAD`),
      kept.map(() => main),
    );
    const failures = {
      '?branch=none': /repository does not contain ref/,
      '?branch=v1': /repository does not contain ref/,
      [`?ref=${dev.slice(0, 8)}`]: /repository does not contain ref/,
      [`?commit=${dev.slice(0, 8)}`]: /expected checksum to match/,
      // Where it has the commit that is named, dockerd does not ask for the tag again.
      [`?tag=v1&commit=${'0'.repeat(40)}`]: /expected checksum to match/,
      '?tag=v1#refs/heads/main': /ref conflicts/,
    };
    for (const [query, words] of Object.entries(failures)) assert.match(await failure(all([query])), words, query);
    assert.match(await failure(`${all(['?keep-git-dir=false'])}\nRUN cat /g/0/.git/HEAD`), /exit code: 1/);
    assert.deepEqual(await context(`${repository}?branch=dev&subdir=sub`, '--no-cache'), ['a page']);
  });

  test('a repository comes with its submodules, unless it is not to', async () => {
    const { wholeRepository: whole } = server;
    const page = 'RUN cat /g/part/sub/page';
    assert.deepEqual(await said(`ADD ${whole} /g\n${page}`), ['a page']);
    assert.deepEqual(await said(`ADD ${whole}?submodules /g\n${page} # asked for`), ['a page']);
    assert.match(await failure(`ADD ${whole}?submodules=false /g\n${page}`), /exit code: 1/);
    assert.deepEqual(await context(whole), ['of the whole', 'a page']);
  });

  test('a repository is as a checksum says, which changes nothing of it', async () => {
    const { repository } = server;
    const dev = server.commitOf('dev');
    const unique = 'RUN cat /proc/sys/kernel/random/uuid';
    assert.equal((await said(`ADD ${repository}#dev /u\n${unique}`)).length, 1);
    assert.deepEqual(await said(`ADD --checksum=${dev} ${repository}#dev /u\n${unique}`), []);
    assert.deepEqual(
      await said(
        `ADD --keep-git-dir=true --chown=42:84 --checksum=${dev} ${repository}#dev /k\nRUN cat /k/dev /k/.git/HEAD && stat -c %u:%g /k/dev`,
      ),
      ['of dev', dev, '42:84'],
    );
    const other = '0'.repeat(40);
    assert.equal(
      await failure(`ADD --checksum=${other} ${repository}#dev /u`),
      `expected checksum to match ${other}, got ${dev}`,
    );
    assert.equal(
      await failure(`ADD --checksum=nonsense ${repository}#dev /u`),
      'failed to load cache key: invalid checksum nonsense for Git URL, expected hex commit hash',
    );
  });

  test('a repository has commits with long names', async () => {
    const { longRepository: long } = server;
    const commit = server.commitOf('v1', 'long.git');
    assert.deepEqual(await said(`ADD ${long} /g\nRUN cat /g/own`), ['of the long one']);
    assert.deepEqual(await said(`ADD --checksum=${commit} ${long}#${commit} /c\nRUN cat /c/own`), ['of the long one']);
    assert.deepEqual(await context(`${long}#v1`), ['of the long one']);
  });

  test('--keep-git-dir keeps its history', async () => {
    const { repository } = server;
    const text = `ADD --keep-git-dir=true ${repository} /g\nRUN cat /g/.git/HEAD && grep url /g/.git/config`;
    assert.deepEqual(await said(text), [server.commitOf('main'), `\turl = ${repository}`]);
  });

  test('a context is a repository, of which the ignore file says nothing, and what has not changed is known', async () => {
    const all = ['.', './.dockerignore', './Dockerfile', './sub', './sub/Dockerfile', './sub/link', './sub/page'];
    assert.deepEqual(await context(server.repository), all);
    assert.deepEqual(await context(`${server.repository}#:sub`, '--no-cache'), ['a page']);
    assert.deepEqual(await context(`${server.repository}#dev:sub`), []);
    assert.deepEqual(await context(`${server.repository}#dev`), [...all.slice(0, 3), './dev', ...all.slice(3)]);
    assert.match(
      String(await context(`${server.repository}#none`)),
      /failed to read dockerfile: failed to load cache key: repository does not contain ref none/,
    );
  });

  test('a context by name is a repository', async () => {
    const text = 'COPY --from=two sub/page /p\nRUN cat /p';
    assert.deepEqual(await said(text, '--build-context', `two=${server.repository}#dev`), ['a page']);
  });
});
