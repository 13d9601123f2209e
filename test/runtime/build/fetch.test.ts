// ADD of URLs, and contexts that are at one, by our builder and by a real dockerd's BuildKit: both are held to the same.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { hasBuildx } from './buildx.ts';
import { buildClassic } from './classic-client.ts';
import { Fetching, fetchingKinds } from './fetching.ts';
import type { FileServer } from './file-server.ts';

const hello = 'sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';
const wrong = `sha256:${'0'.repeat(64)}`;

describe.skipIf(!hasBuildx).each(fetchingKinds)('%s', (kind) => {
  let fetching: Fetching;
  let server: FileServer;
  const said = (text: string, ...options: string[]) => fetching.said(text, ...options);
  const failure = (text: string) => fetching.failure(text);
  const context = (url: string, ...options: string[]) => fetching.ofContext(url, ...options);

  beforeAll(async () => {
    fetching = await Fetching.start(kind);
    ({ server } = fetching);
    server.file('hello', 'hello\n');
    server.file('undated', 'undated\n');
    server.file('Other', 'FROM busybox\nRUN echo of a URL\n');
    fs.mkdirSync(`${server.folder}/tree/deep`, { recursive: true });
    fs.writeFileSync(`${server.folder}/tree/Dockerfile`, 'FROM busybox\nCOPY deep /d\nRUN cat /d/page\n');
    fs.writeFileSync(`${server.folder}/tree/deep/page`, 'packed page\n');
    fs.writeFileSync(`${server.folder}/tree/own`, 'FROM busybox\nRUN echo named\n');
    server.file('named', execFileSync('tar', ['-C', `${server.folder}/tree`, '-c', 'own']));
    fs.rmSync(`${server.folder}/tree/own`);
    server.file('tree.tar.gz', execFileSync('tar', ['-C', `${server.folder}/tree`, '-cz', '.']));
  });

  afterAll(async () => {
    await fetching?.[Symbol.asyncDispose]();
  });

  const look = (...files: string[]): string => `RUN stat -c '%n %a %u:%g %Y' ${files.join(' ')}`;

  test('a file has the name of its URL, the time that the server tells, and is its owner’s alone', async () => {
    const { url } = server;
    assert.deepEqual(await said(`ADD ${url}/hello ${url}/undated /a/b/\n${look('/a/b/*')}\nRUN cat /a/b/hello`), [
      '/a/b/hello 600 0:0 1445412480',
      '/a/b/undated 600 0:0 0',
      'hello',
    ]);
    assert.deepEqual(
      await said(`ADD --chown=3:4 --chmod=755 ${url}/hello /f/g\n${look('/f', '/f/g')} | sed 's/ [0-9]*$//'`),
      ['/f 755 3:4', '/f/g 755 3:4'],
    );
    assert.deepEqual(
      await said(
        `ADD --chmod=0413 ${url}/hello /o\nARG M=400\nADD --chmod=\${M} ${url}/hello /v\n${look('/o', '/v')} | cut -c1-6`,
      ),
      ['/o 413', '/v 400'],
    );
    assert.deepEqual(await said(`ADD ${url}/moved/hello /m/\nADD ${url}/ /m/\nRUN cd /m && grep . *`), [
      '__unnamed__:nothing has a name',
      'hello:hello',
    ]);
  });

  test('an archive is unpacked where --unpack says so', async () => {
    assert.deepEqual(
      await said(`ADD ${server.url}/tree.tar.gz /p/\nADD --unpack ${server.url}/tree.tar.gz /u/\nRUN ls /p /u`),
      [...['/p:', 'tree.tar.gz', '', '/u:', 'Dockerfile', 'deep']],
    );
    assert.deepEqual(
      await said(`ADD ${server.url}/tree.tar.gz /named.tar.gz\nRUN tar tzf /named.tar.gz ./Dockerfile`),
      ['./Dockerfile'],
    );
  });

  test('a file is fetched again where it has changed, and not where its checksum is known', async () => {
    const { url } = server;
    server.file('changing', 'one\n');
    const text = `ADD ${url}/changing /c\nRUN cat /c`;
    assert.deepEqual(await said(text), ['one']);
    server.asked();
    assert.deepEqual(await said(text), []);
    const asked = server.asked();
    assert.deepEqual([asked.length, asked[0]?.replace(/^(GET|HEAD) /, '')], [1, '/changing unless "4"']);
    server.file('changing', 'another\n');
    assert.deepEqual(await said(text), ['another']);
    await said(`ADD --checksum=${hello} ${url}/hello /c`);
    server.asked();
    await said(`ADD --checksum=${hello} ${url}/hello /c`);
    assert.deepEqual(server.asked(), []);
    assert.deepEqual(await said(`ENV D=${hello} L=${url}/hello\nADD --checksum=\${D} \${L} /named\nRUN cat /named`), [
      'hello',
    ]);
  });

  test('what fails is told in BuildKit’s words', async () => {
    const { url, repository } = server;
    const key = 'failed to load cache key: ';
    assert.equal(await failure(`ADD ${url}/none /a/`), `${key}invalid response status 404`);
    assert.equal(await failure(`ADD ${url}/broken /a/`), `${key}invalid response status 500`);
    assert.match(
      await failure(`ADD ${url}/loop /a/`),
      /^failed to load cache key: Get ".*\/loop": stopped after 10 redirects$/,
    );
    assert.equal(await failure(`ADD ${url}/cut /a/`), `${key}unexpected EOF`);
    assert.equal(await failure(`ADD --checksum=${wrong} ${url}/hello /a/`), `digest mismatch ${hello}: ${wrong}`);
    assert.equal(
      await failure('ADD http://127.0.0.1:8/x /a/'),
      `${key}Get "http://127.0.0.1:8/x": dial tcp 127.0.0.1:8: connect: connection refused`,
    );
    assert.equal(await failure(`ADD ${repository}#none /g`), `${key}repository does not contain ref none, output: ""`);
    assert.match(
      await failure(`ADD ${repository}#main:none /g`),
      /^invalid subdir \/none: failed to lstat "none": .*no such file/,
    );
    assert.match(
      await failure('ADD git://127.0.0.1/no.git /g'),
      /^failed to load cache key: error fetching default branch for repository git:\/\/127.0.0.1\/no.git: git stderr:/,
    );
  });

  test('a context is an archive or a Dockerfile at a URL', async () => {
    assert.deepEqual(await context(`${server.url}/tree.tar.gz`), ['packed page']);
    assert.deepEqual(await context(`${server.url}/Other`), ['of a URL']);
    assert.deepEqual(await context(`${server.url}/named`, '-f', 'own'), ['named']);
    assert.deepEqual(await context(`${server.url}/Other`, '--no-cache', '-f', 'of-no-meaning'), ['of a URL']);
    assert.equal(
      await context(`${server.url}/none`),
      'failed to read downloaded context: failed to load cache key: invalid response status 404',
    );
  });

  // Of dockerd's classic builder it is not asked: it answers these requests with nothing.
  test.skipIf(kind === 'dockerd')('the classic builder fetches its context too', async () => {
    const outputOf = async (remote: string): Promise<string> => {
      const { said } = await buildClassic(
        fetching.socket,
        {},
        { query: new URLSearchParams({ remote, nocache: '1' }).toString() },
      );
      return said;
    };
    assert.match(await outputOf(`${server.url}/tree.tar.gz`), /packed page/);
    assert.match(await outputOf(`${server.repository}#:sub`), /a page/);
    assert.match(await outputOf(`${server.url}/none`), /404/);
  });
});
