// The same context, built by our builder and by a real dockerd's BuildKit: the same files, owners and modes, the same configuration and
// history, or the same error.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost } from '../../support/docker-host.ts';
import { type Dockerd, hasDockerd, startDockerd } from '../../support/dockerd.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { Buildx, hasBuildx, imageIn } from './buildx.ts';

let engine: TestEngine;
let ours: string;
let dockerd: Dockerd | null = null;
let buildx: Buildx;

const lacksReference = !hasDockerd || !hasBuildx;

beforeAll(async () => {
  if (lacksReference) return;
  engine = await startEngine();
  ours = (await createDockerHost(engine, 'dev')).socket;
  dockerd = await startDockerd();
  buildx = await Buildx.make();
});

afterAll(async () => {
  if (lacksReference) return;
  await buildx[Symbol.asyncDispose]();
  await dockerd?.[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

/** Files with modes of all kinds, directories in each other, links to file, directory, nothing, and out of the context. */
function makeTree(folder: string): void {
  const file = (name: string, text: string, mode: number): void => {
    fs.writeFileSync(`${folder}/${name}`, text);
    fs.chmodSync(`${folder}/${name}`, mode);
  };
  const directory = (name: string, mode: number): void => {
    fs.mkdirSync(`${folder}/${name}`);
    fs.chmodSync(`${folder}/${name}`, mode);
  };
  directory('d', 0o750);
  directory('d/e', 0o1777);
  directory('d/empty', 0o700);
  file('a.txt', 'a\n', 0o644);
  file('b.txt', 'b\n', 0o600);
  file('run.sh', '#!/bin/sh\n', 0o755);
  file('set', 's', 0o4755);
  file('d/one.txt', '1', 0o640);
  file('d/e/two.txt', '2', 0o444);
  file('d/e/other', 'o', 0o644);
  fs.symlinkSync('a.txt', `${folder}/link`);
  fs.symlinkSync('d/e', `${folder}/dlink`);
  fs.symlinkSync('nowhere', `${folder}/broken`);
  fs.symlinkSync('../one.txt', `${folder}/d/e/up`);
  fs.symlinkSync('/etc/passwd', `${folder}/d/abs`);
  for (const [at, name] of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort().entries())
    fs.lutimesSync(`${folder}/${name}`, 1_000_000_000 + 1000 * at, 1_000_000_000 + 1000 * at);
}

const cases: Readonly<Record<string, string>> = {
  'files and directories':
    'COPY a.txt /\nCOPY a.txt b.txt /many/\nCOPY d /d\nCOPY d /other/\nCOPY run.sh /bin/renamed\nCOPY set /set',
  'all of it': 'WORKDIR /all\nCOPY . .',
  links:
    'COPY link /from-link\nCOPY dlink /from-dlink\nCOPY d/e/up /from-up\nCOPY dlink/two.txt /through\nRUN ln -s /etc /elink && mkdir /real && ln -s /real /rlink\nCOPY a.txt /rlink/\nCOPY d /rlink/\nCOPY d /elink/dd',
  wildcards: 'COPY *.txt /t/\nCOPY d/*/two.* /u/\nCOPY d/[eo]* /v/\nCOPY --exclude=*.txt d /w/',
  owners:
    'RUN echo me:x:1234:1235::/:/bin/sh >> /etc/passwd && echo us:x:77:me >> /etc/group\nCOPY --chown=me a.txt /o1\nCOPY --chown=me:us d /o2\nCOPY --chown=55 a.txt /o3\nCOPY --chown=55:66 d /o4/o5/\nCOPY --chown=:us a.txt /o6\nCOPY --chown=root:us a.txt /o7',
  modes:
    'COPY --chmod=755 a.txt /m1\nCOPY --chmod=0700 d /m2\nCOPY --chmod=u=rw,go=r run.sh /m3\nCOPY --chmod=600 --chown=1:2 d /m4/m5/\nCOPY --chmod=640 a.txt /m6/m7/f\nCOPY --chmod=604 a.txt b.txt /m8/m9/\nCOPY --chmod=u=rwX,go= d /ma/mb/\nCOPY --chmod=g+w a.txt /mc/md',
  'directories of WORKDIR':
    'WORKDIR /w1/w2\nUSER nobody\nWORKDIR w3\nRUN pwd > /tmp/p && id >> /tmp/p\nUSER 1000:1001\nWORKDIR /w4/w5\nWORKDIR ../w6',
  'what commands leave':
    'RUN mkdir -p /x/y && echo 1 > /x/y/f && chmod 2750 /x && chown 3:4 /x/y && ln /x/y/f /x/hard && ln -s f /x/y/s && mkfifo /x/p && touch -d "2001-01-01 00:00:00" /x/old\nRUN rm -r /x/y && mkdir /x/y && rm /etc/group\nRUN rm -rf /x/old && echo new > /x/old2',
  'over what is there':
    'COPY d /p\nRUN chmod 700 /p && chown 9:9 /p /p/one.txt\nCOPY d /p\nCOPY a.txt /p/one.txt\nCOPY --chown=5:6 d/e /p/e',
  heredocs:
    'COPY <<one <<-two /h/\nfirst $HOME\none\n\ttabbed\ntwo\nCOPY --chmod=700 <<"EOF" /h/script\n#!/bin/sh\necho $X\nEOF\nRUN <<EOF\nset -e\necho a > /h/a\nEOF\nRUN <<EOF\n#!/bin/sh\necho $0 > /h/zero\nEOF',
  configuration:
    'ARG A=1\nARG B\nENV X=$A Y="two words" PATH=$PATH:/x\nLABEL l=1 "m n"=\'o p\'\nEXPOSE 80 53/udp\nVOLUME /v /w\nUSER nobody\nSTOPSIGNAL 9\nHEALTHCHECK --interval=5s --retries=2 CMD ["true"]\nSHELL ["/bin/ash", "-c"]\nENTRYPOINT echo $X\nCMD ["a"]\nONBUILD COPY . /\nRUN echo $A$X > /tmp/x\nMAINTAINER me',
  mounts:
    'RUN --mount=target=/in cp -r /in /out && chmod 755 /out/set && ls -lan /in | sed 1d | awk \'{print $1,$3,$4,$9,$10,$11}\' > /ls\nRUN --mount=type=cache,target=/c,uid=5,mode=750 stat -c "%a %u" /c > /c1\nRUN --mount=type=tmpfs,target=/t/u df /t/u | tail -1 | cut -d" " -f1 > /t1\nRUN --mount=type=bind,from=busybox,source=/etc,target=/e,rw touch /e/x && ls /e > /e1',
  'caches that begin with files':
    'COPY d /seed/d\nRUN --mount=type=cache,target=/c,from=busybox,source=/etc ls /c | sort > /c1; touch /c/x\nRUN --mount=type=cache,target=/d,from=busybox,uid=5,mode=0710 stat -c "%a %u" /d > /d1; ls /d >> /d1',
  environment:
    'USER nobody\nRUN env | sort > /tmp/e; cat /proc/self/status | grep -i ^Cap > /tmp/cap; ulimit -n > /tmp/n; umask >> /tmp/n; ls -d /dev/* > /tmp/dev; hostname > /tmp/h; cat /etc/hosts | wc -l; echo $$ > /tmp/pid; touch /tmp/own; ls /proc/self/fd | wc -l > /tmp/fd',
  'what a base says': 'SHELL ["/bin/ash", "-ec"]\nENTRYPOINT echo\nRUN echo one > /one',
  'an archive': 'ADD a.txt /plain/\nADD d /add/',
  'a time that is given': 'WORKDIR /w\nCOPY a.txt /\nENV A=1\nCOPY d /w',
};

const epoch = 1_234_567_890;
const moreOptions: Readonly<Record<string, readonly string[]>> = {
  'a time that is given': ['--build-arg', `SOURCE_DATE_EPOCH=${epoch}`],
};

describe.skipIf(lacksReference)('as BuildKit builds it', () => {
  test.each(Object.entries(cases))('%s', async (name, text) => {
    assert.ok(dockerd);
    const id = name.replaceAll(' ', '-').toLowerCase();
    const context = buildx.context(id, (folder) => {
      makeTree(folder);
      fs.writeFileSync(`${folder}/Dockerfile`, `FROM busybox\n${text}\n`);
      fs.writeFileSync(`${folder}/.dockerignore`, 'Dockerfile\n.dockerignore\n');
    });
    const options = ['-t', id, ...(moreOptions[name] ?? [])];
    const outcomes = await Promise.all(
      [ours, dockerd.socket].map((socket) => buildx.build(socket, context, ...options)),
    );
    const [mine, theirs] = outcomes;
    assert.equal(mine?.exitCode, theirs?.exitCode, `${mine?.stderr}\n---\n${theirs?.stderr}`);
    assert.equal(theirs?.exitCode, 0, theirs?.stderr ?? '');
    const [left, right] = await Promise.all([ours, dockerd.socket].map((socket) => imageIn(socket, id)));
    assert.deepEqual(left?.files, right?.files);
    assert.deepEqual(left?.config, right?.config);
    assert.deepEqual(left?.history, right?.history);
  });
});
