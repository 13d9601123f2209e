// ADD of URLs and of repositories, and contexts that are one, by our builder and by a real dockerd's BuildKit: both are held to the same.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost } from '../../support/docker-host.ts';
import { type Dockerd, hasDockerd, startDockerd } from '../../support/dockerd.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { Buildx, hasBuildx } from './buildx.ts';
import { buildClassic } from './classic-client.ts';
import { FileServer } from './file-server.ts';

const hello = 'sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';
const wrong = `sha256:${'0'.repeat(64)}`;

/** What commands have said, and not what fetched a repository. */
function linesIn(progress: string): string[] {
  const commands = new Set(Array.from(progress.matchAll(/^#(\d+) \[[^\]]*\] RUN /gm), ([, step]) => step));
  return Array.from(progress.matchAll(/^#(\d+) \d+\.\d+ (.*)$/gm)).flatMap(([, step, line = '']) =>
    commands.has(step) ? [line] : [],
  );
}

describe.skipIf(!hasBuildx).each(['drydock', ...(hasDockerd ? ['dockerd'] : [])])('%s', (kind) => {
  let engine: TestEngine | null = null;
  let dockerd: Dockerd | null = null;
  let buildx: Buildx;
  let server: FileServer;
  let socket: string;

  beforeAll(async () => {
    buildx = await Buildx.make();
    if (kind === 'drydock') {
      engine = await startEngine();
      const { info } = await createDockerHost(engine, 'dev');
      socket = info.dockerSocket;
      server = await FileServer.start(`/proc/${info.pid}/ns/net`);
    } else {
      dockerd = await startDockerd();
      assert.ok(dockerd);
      socket = dockerd.socket;
      server = await FileServer.start(dockerd.network);
    }
    server.file('hello', 'hello\n');
    server.file('undated', 'undated\n');
    server.file('Other', 'FROM busybox\nRUN echo of a URL\n');
    fs.mkdirSync(`${server.folder}/tree/deep`, { recursive: true });
    fs.writeFileSync(`${server.folder}/tree/Dockerfile`, 'FROM busybox\nCOPY deep /d\nRUN cat /d/page\n');
    fs.writeFileSync(`${server.folder}/tree/deep/page`, 'packed page\n');
    server.file('tree.tar.gz', execFileSync('tar', ['-C', `${server.folder}/tree`, '-cz', '.']));
  });

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await buildx[Symbol.asyncDispose]();
    if (engine) assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
    await engine?.[Symbol.asyncDispose]();
    await dockerd?.[Symbol.asyncDispose]();
  });

  let count = 0;
  const build = (text: string, ...options: string[]) => {
    const context = buildx.context(`c${++count}`, (folder) =>
      fs.writeFileSync(`${folder}/Dockerfile`, `FROM busybox\n${text}\n`),
    );
    return buildx.build(socket, context, ...options);
  };
  const said = async (text: string, ...options: string[]): Promise<string[]> => {
    const { exitCode, stderr } = await build(text, ...options);
    assert.equal(exitCode, 0, stderr);
    return linesIn(stderr);
  };
  /** The last line of a build that must fail. */
  const failure = async (text: string): Promise<string> => {
    const { exitCode, stderr } = await build(text);
    assert.equal(exitCode, 1, stderr);
    return /ERROR: failed to build: failed to solve: (.*)/.exec(stderr)?.[1] ?? stderr;
  };
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

  test('--keep-git-dir keeps its history', async () => {
    const { repository } = server;
    const text = `ADD --keep-git-dir=true ${repository} /g\nRUN cat /g/.git/HEAD && grep url /g/.git/config`;
    assert.deepEqual(await said(text), [server.commitOf('main'), `\turl = ${repository}`]);
  });

  test('a context is an archive or a Dockerfile at a URL', async () => {
    const context = async (url: string, ...options: string[]) => {
      const { exitCode, stderr } = await buildx.build(socket, url, ...options);
      return exitCode === 0 ? linesIn(stderr) : (/failed to solve: (.*)/.exec(stderr)?.[1] ?? stderr);
    };
    assert.deepEqual(await context(`${server.url}/tree.tar.gz`), ['packed page']);
    assert.deepEqual(await context(`${server.url}/Other`), ['of a URL']);
    assert.equal(
      await context(`${server.url}/none`),
      'failed to read downloaded context: failed to load cache key: invalid response status 404',
    );
  });

  test('a context is a repository, of which the ignore file says nothing, and what has not changed is known', async () => {
    const context = async (url: string) => {
      const { exitCode, stderr } = await buildx.build(socket, url);
      return exitCode === 0 ? linesIn(stderr) : stderr;
    };
    const all = ['.', './.dockerignore', './Dockerfile', './sub', './sub/Dockerfile', './sub/link', './sub/page'];
    assert.deepEqual(await context(server.repository), all);
    assert.deepEqual(await context(`${server.repository}#:sub`), ['a page']);
    assert.deepEqual(await context(`${server.repository}#dev:sub`), []);
    assert.deepEqual(await context(`${server.repository}#dev`), [...all.slice(0, 3), './dev', ...all.slice(3)]);
    assert.match(
      String(await context(`${server.repository}#none`)),
      /failed to read dockerfile: failed to load cache key: repository does not contain ref none/,
    );
  });

  // Of dockerd's classic builder it is not asked: it answers these requests with nothing.
  test.skipIf(kind === 'dockerd')('the classic builder fetches its context too', async () => {
    const outputOf = async (remote: string): Promise<string> => {
      const { said } = await buildClassic(
        socket,
        {},
        { query: new URLSearchParams({ remote, nocache: '1' }).toString() },
      );
      return said;
    };
    assert.match(await outputOf(`${server.url}/tree.tar.gz`), /packed page/);
    assert.match(await outputOf(`${server.repository}#:sub`), /a page/);
    assert.match(await outputOf(`${server.url}/none`), /404/);
  });

  test('a context by name is a repository', async () => {
    const text = 'COPY --from=two sub/page /p\nRUN cat /p';
    assert.deepEqual(await said(text, '--build-context', `two=${server.repository}#dev`), ['a page']);
  });
});
