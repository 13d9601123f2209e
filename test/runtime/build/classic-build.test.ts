// `POST /build`: its words are those of a real dockerd, which is asked the same where there is one.

import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { type Dockerd, hasDockerd, startDockerd } from '../../support/dockerd.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { programsWith } from '../../support/outside.ts';
import type { Entry } from '../../support/tar.ts';
import { until } from '../../support/until.ts';
import { xzOf } from '../../support/xz.ts';
import { expect } from '../api/exchange.ts';
import { buildClassic, type ContextFiles } from './classic-client.ts';

let engine: TestEngine;
let host: DockerHost;
let dockerd: Dockerd | null = null;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'dev');
  dockerd = await startDockerd();
});

afterAll(async () => {
  await dockerd?.[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

const twoStages = `FROM busybox AS a
ARG V=1
RUN echo hello > /hello && echo stderr >&2
FROM busybox
COPY --from=a /hello /hello
COPY f.txt /f.txt
ENV X=$V
EXPOSE 80
CMD ["cat","/hello"]
`;

interface Case {
  readonly name: string;
  readonly files: ContextFiles;
  readonly query?: string;
}

const dockerfile = (text: string): ContextFiles => ({ Dockerfile: text });

/** In this order: one may find what those before it have left. */
const cases: readonly Case[] = [
  { name: 'two stages', files: { Dockerfile: twoStages, 'f.txt': 'f\n' }, query: 't=two&buildargs={"V":"2"}' },
  {
    name: 'the same again, of the cache',
    files: { Dockerfile: twoStages, 'f.txt': 'f\n' },
    query: 't=two:1&buildargs={"V":"2"}',
  },
  { name: 'without the cache', files: { Dockerfile: twoStages, 'f.txt': 'f\n' }, query: 'nocache=1' },
  { name: 'a command that fails', files: dockerfile('FROM busybox\nRUN echo why; exit 3\n') },
  {
    name: 'a command that fails, whose container goes',
    files: dockerfile('FROM busybox\nRUN exit 4\n'),
    query: 'forcerm=1',
  },
  { name: 'containers that stay', files: dockerfile('FROM busybox\nENV A=stays\nRUN true stays\n'), query: 'rm=0' },
  { name: 'an instruction that is none', files: dockerfile('FROM busybox\nRUNN x\n') },
  { name: 'no Dockerfile', files: { other: 'x' } },
  { name: 'an empty Dockerfile', files: dockerfile('') },
  {
    name: 'a Dockerfile of another name',
    files: { 'sub/My.df': 'FROM busybox\nENV B=1\n' },
    query: 'dockerfile=sub/My.df',
  },
  { name: 'a file that is not there', files: dockerfile('FROM busybox\nCOPY nosuch /\n') },
  {
    name: 'a file that a stage does not have',
    files: dockerfile('FROM busybox AS a\nFROM busybox\nCOPY --from=a /nosuch /\n'),
  },
  { name: 'quiet', files: dockerfile('FROM busybox\nRUN echo quiet\n'), query: 'q=1' },
  { name: 'quiet, and fails', files: dockerfile('FROM busybox\nRUN echo loud; exit 1\n'), query: 'q=1' },
  {
    name: 'arguments that nobody takes',
    files: dockerfile('ARG C\nFROM busybox\nENV C=1\n'),
    query: 'buildargs={"Z":"1","A":"2","C":"3"}',
  },
  { name: 'labels', files: dockerfile('FROM busybox\nENV D=1\n'), query: 'labels={"one":"1","two":"x y"}' },
  {
    name: 'a target',
    files: dockerfile('FROM busybox AS a\nENV E=1\nFROM busybox AS b\nENV E=2\n'),
    query: 'target=a',
  },
  { name: 'a target that is not there', files: dockerfile('FROM busybox AS a\nENV E=1\n'), query: 'target=nosuch' },
  { name: 'a name that is none', files: dockerfile('FROM busybox\n'), query: 't=UPPER' },
  { name: 'only a base', files: dockerfile('FROM busybox\n'), query: 't=base' },
  { name: 'nothing of scratch', files: dockerfile('FROM scratch\n') },
  { name: 'files alone', files: { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' } },
  { name: 'what BuildKit alone can do', files: dockerfile('FROM busybox\nRUN --mount=type=cache,target=/c true\n') },
  { name: 'a mode', files: { Dockerfile: 'FROM busybox\nCOPY --chmod=600 f /f\n', f: 'f' } },
  {
    name: 'every other instruction',
    files: dockerfile(
      'FROM busybox\nWORKDIR /w\nUSER nobody\nLABEL a=b c="d e"\nVOLUME /v\nSTOPSIGNAL SIGINT\nSHELL ["/bin/sh","-c"]\nHEALTHCHECK CMD true\nENTRYPOINT ["sh"]\nMAINTAINER me\nONBUILD RUN echo triggered\nONBUILD ENV T=1\n',
    ),
    query: 't=trigger',
  },
  { name: 'triggers', files: dockerfile('FROM trigger\nRUN echo own\n') },
];

/** Times and streams of the shell's own aside, all is compared. */
describe.skipIf(!hasDockerd)('as dockerd says it', () => {
  test.each(cases)('$name', async ({ files, query = '' }) => {
    assert.ok(dockerd);
    const [ours, theirs] = [
      await buildClassic(host.socket, files, { query }),
      await buildClassic(dockerd.socket, files, { query }),
    ];
    assert.equal(ours.said, theirs.said);
    assert.equal(ours.status, theirs.status);
  });
});

const recorded = `Step 1/9 : FROM busybox AS a
 ---> ID
Step 2/9 : ARG V=1
 ---> Running in ID
 ---> Removed intermediate container ID
 ---> ID
Step 3/9 : RUN echo hello > /hello && echo stderr >&2
 ---> Running in ID
\u001b[91mstderr
\u001b[0m ---> Removed intermediate container ID
 ---> ID
{"aux":{"ID":"sha256:ID"}}
Step 4/9 : FROM busybox
 ---> ID
Step 5/9 : COPY --from=a /hello /hello
 ---> ID
Step 6/9 : COPY f.txt /f.txt
 ---> ID
Step 7/9 : ENV X=$V
 ---> Running in ID
 ---> Removed intermediate container ID
 ---> ID
Step 8/9 : EXPOSE 80
 ---> Running in ID
 ---> Removed intermediate container ID
 ---> ID
Step 9/9 : CMD ["cat","/hello"]
 ---> Running in ID
 ---> Removed intermediate container ID
 ---> ID
{"aux":{"ID":"sha256:ID"}}
Successfully built ID
Successfully tagged b2:latest
`;

describe('on its own', () => {
  test('it says what was recorded of dockerd, and the image has its name, runs, and tells its history', async () => {
    const files = { Dockerfile: twoStages, 'f.txt': 'f\n' };
    const { said, lines } = await buildClassic(host.socket, files, { query: 't=b2&nocache=1&buildargs={"V":"2"}' });
    assert.equal(said, recorded);
    const { Id } = (await expect(host.socket, 'GET /images/b2/json', 200)) as { Id: string };
    assert.deepEqual(lines.findLast(({ aux }) => aux)?.aux, { ID: Id });
    assert.deepEqual(await host.output([], { Image: 'b2', Cmd: null }), { exitCode: 0, text: 'hello\r\n' });
    const history = (await expect(host.socket, 'GET /images/b2/history', 200)) as { CreatedBy: string }[];
    assert.deepEqual(
      history.slice(0, 4).map(({ CreatedBy }) => CreatedBy.replace(/[0-9a-f]{64}/, 'ID')),
      [
        '/bin/sh -c #(nop)  CMD ["cat" "/hello"]',
        '/bin/sh -c #(nop)  EXPOSE [80/tcp]',
        '/bin/sh -c #(nop)  ENV X=',
        '/bin/sh -c #(nop) COPY file:ID in /f.txt ',
      ],
    );
    assert.deepEqual(await expect(host.socket, 'GET /containers/json?all=1', 200), []);
  });

  test('a context that is compressed, and names files as tar does', async () => {
    const entries: readonly Entry[] = [
      [{ name: './', type: 'directory' }],
      [{ name: './Dockerfile' }, 'FROM busybox\nCOPY . /all\nRUN find /all | sort\n'],
      [{ name: './d/deep/f' }, 'f'],
      [{ name: './hard', type: 'link', linkname: './d/deep/f' }],
      [{ name: '/absolute' }, 'a'],
      [{ name: '.dockerignore' }, 'Dockerfile\n.dockerignore\n'],
    ];
    for (const compress of [gzipSync, xzOf]) {
      const { said } = await buildClassic(host.socket, entries, { compress, query: 'nocache=1' });
      assert.match(
        said,
        /ID\n\/all\n\/all\/absolute\n\/all\/d\n\/all\/d\/deep\n\/all\/d\/deep\/f\n\/all\/hard\n ---> Removed/,
      );
    }
  });

  test('B01: names that lead out of the context are refused, and links in it lead nowhere else', async () => {
    const file = dockerfile('FROM busybox\nCOPY . /all\n') as Record<string, string>;
    const plain: readonly Entry[] = Object.entries(file).map(([name, text]) => [{ name }, text]);
    const outside = await buildClassic(host.socket, [...plain, [{ name: 'a/../../../etc/evil' }, 'x']]);
    assert.equal(outside.status, 400);
    assert.match(outside.said, /outside of the build context/);
    const through = await buildClassic(host.socket, [
      ...plain,
      [{ name: 'etc', type: 'symlink', linkname: '/etc' }],
      [{ name: 'etc/evil' }, 'x'],
    ]);
    assert.equal(through.status, 400);
    assert.match(through.said, /in no directory/);
    const linked = await buildClassic(host.socket, [
      [{ name: 'Dockerfile' }, 'FROM busybox\nCOPY up/etc/hostname /got\n'],
      [{ name: 'up', type: 'symlink', linkname: '../../../../..' }],
    ]);
    assert.match(linked.said, /COPY failed: file not found in build context/);
    const truncated = await buildClassic(host.socket, []);
    assert.match(truncated.said, /Cannot locate specified Dockerfile: Dockerfile/);
  });

  test('a client that is gone ends its build', async () => {
    const gone = new AbortController();
    const building = buildClassic(host.socket, dockerfile('FROM busybox\nRUN echo started; exec sleep 9876543\n'), {
      signal: gone.signal,
      onText: (text) => {
        if (text.includes('"started')) gone.abort();
      },
    });
    await assert.rejects(building, /abort/);
    await until('its command has ended', () => programsWith('sleep 9876543').length === 0);
    const { said } = await buildClassic(host.socket, dockerfile('FROM busybox\nRUN echo next\n'));
    assert.match(said, /Successfully built/);
  });

  test('what it does not do is refused with a sentence', async () => {
    const refusals = {
      'remote=ftp://example.com/x.tar': 400,
      'networkmode=mine': 400,
      'buildargs=[': 400,
      'version=2': 501,
    };
    for (const [query, status] of Object.entries(refusals))
      assert.equal((await buildClassic(host.socket, dockerfile('FROM busybox\n'), { query })).status, status, query);
  });
});
