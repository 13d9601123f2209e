// What the steps of a plan hold, for whoever carries them out.

import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { environmentOf } from '../../../../runtime/build/language/environment.ts';
import { buildOptions } from '../../../../runtime/build/language/options.ts';
import { type Plan, planBuild } from '../../../../runtime/build/language/plan/build-plan.ts';
import type { ImageRequest } from '../../../../runtime/build/language/plan/context.ts';
import { LanguageError } from '../../../../runtime/build/language/source.ts';
import { type CopyAction, type RunStep, type Step, stepsOf } from '../../../../runtime/build/language/steps.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const document = {
  architecture: 'amd64',
  os: 'linux',
  config: { Env: ['PATH=/bin', 'LANG=C'], WorkingDir: '/base', User: '7' },
  rootfs: { type: 'layers', diff_ids: [digest] },
};

interface Asked {
  readonly plan: Plan;
  readonly requests: readonly ImageRequest[];
}

async function planned(text: string, attributes: Readonly<Record<string, string>> = {}): Promise<Asked> {
  const requests: ImageRequest[] = [];
  const options = buildOptions(new Map(Object.entries(attributes)), { os: 'linux', architecture: 'amd64' });
  const [platform = null] = options.platforms;
  const plan = await planBuild(
    { text, options, platform, mainContext: null, allStages: false, warn: () => {} },
    {
      resolveImage: async (request) => {
        requests.push(request);
        return { digest, document };
      },
      resolveInput: async () => document,
      ignorePatterns: async () => [],
    },
  );
  return { plan, requests };
}

async function steps(text: string, attributes?: Readonly<Record<string, string>>): Promise<readonly Step[]> {
  return stepsOf((await planned(text, attributes)).plan.result);
}

const runs = (all: readonly Step[]): RunStep[] => all.filter((step) => step.kind === 'run');
const copies = (all: readonly Step[]): CopyAction[] =>
  all.flatMap((step) => (step.kind === 'files' ? step.actions.filter((action) => action.kind === 'copy') : []));

describe('a command', () => {
  test('has the environment, directory and user of its stage, and none of what comes behind', async () => {
    const [run] = runs(await steps('FROM x\nARG A=1\nENV B=$A LANG=de\nRUN a\nENV C=1\nUSER 8\nWORKDIR y\nRUN b'));
    assert.deepEqual(environmentOf(run?.environment ?? null), ['PATH=/bin', 'A=1', 'B=1', 'LANG=de']);
    assert.deepEqual(
      [run?.workingDirectory, run?.user, run?.arguments, run?.network],
      ['/base', '7', ['/bin/sh', '-c', 'a'], 'default'],
    );
    const [, second] = runs(await steps('FROM x\nRUN a\nENV C=1\nUSER 8\nWORKDIR y\nRUN ["b"]'));
    assert.deepEqual([second?.workingDirectory, second?.user, second?.arguments], ['/base/y', '8', ['b']]);
  });

  test('knows where it stands', async () => {
    const [run] = runs(await steps('FROM x\n\nRUN a \\\n  b'));
    assert.deepEqual(run?.location, { first: 3, last: 4 });
    assert.equal(run?.instruction, 'RUN a   b');
  });

  test('has the proxies that the client gives, in no variable', async () => {
    const [run] = runs(await steps('FROM x\nRUN a', { 'build-arg:HTTP_PROXY': 'http://p', 'build-arg:x': 'y' }));
    assert.deepEqual([...(run?.proxies ?? [])], [['http_proxy', 'http://p']]);
    assert.deepEqual(environmentOf(run?.environment ?? null), ['PATH=/bin', 'LANG=C']);
  });

  test('has its mounts, with what they are of', async () => {
    const all = await steps(
      [
        'FROM x AS one',
        'FROM y',
        'WORKDIR /w',
        'ARG ID=key',
        'RUN --mount=type=cache,target=c --mount=from=one,source=a/../b,target=/o --mount=type=tmpfs,target=/t,size=1k \\',
        '  --mount=type=secret,id=$ID --mount=type=secret,id=e,env=E --mount=type=ssh,required \\',
        '  --mount=source=sub,target=/s,rw --network=none a',
      ].join('\n'),
      { 'build-arg:BUILDKIT_CACHE_MOUNT_NS': 'ns' },
    );
    const [run] = runs(all);
    const one = all.find((step) => step.kind === 'image' && step.reference.includes('/x:'));
    const context = all.find((step) => step.kind === 'local');
    const owner = { uid: 0, gid: 0 };
    assert.deepEqual(run?.mounts, [
      { type: 'cache', id: 'ns/c', sharing: 'shared', from: null, source: '/', target: '/w/c', readOnly: false },
      { type: 'bind', from: one, source: '/b', target: '/o', readOnly: true },
      { type: 'tmpfs', target: '/t', sizeBytes: 1024, readOnly: false },
      {
        type: 'secret',
        id: 'key',
        target: '/run/secrets/key',
        env: null,
        required: false,
        owner: { ...owner, mode: 0o400 },
      },
      { type: 'secret', id: 'e', target: null, env: 'E', required: false, owner: { ...owner, mode: 0o400 } },
      { type: 'ssh', id: 'default', target: null, required: true, owner: { ...owner, mode: 0o600 } },
      { type: 'bind', from: context, source: '/sub', target: '/s', readOnly: false },
    ]);
    assert.equal(run?.network, 'none');
    assert.deepEqual(context?.kind === 'local' && context.paths, ['sub']);
  });

  test('does not tell a secret in its name', async () => {
    const [run] = runs(await steps('FROM x\nENV T=secret\nRUN --mount=type=secret,id=t,env=T echo $T'));
    assert.equal(run?.name, '[stage-0 2/2] RUN --mount=type=secret,id=t,env=T echo ****');
  });

  test('is done again where the cache is not wanted, in that stage alone', async () => {
    const text = 'FROM x AS a\nRUN a\nFROM y AS b\nCOPY --from=a / /\nRUN b';
    const again = async (stages: string) =>
      runs(await steps(text, { 'no-cache': stages })).map((run) => run.ignoreCache);
    assert.deepEqual(await again(''), [true, true]);
    assert.deepEqual(await again('B'), [false, true]);
    assert.deepEqual(
      runs(await steps(text)).map((run) => run.ignoreCache),
      [false, false],
    );
  });
});

describe('files', () => {
  test('are copied from a stage or the context, with what they shall be', async () => {
    const all = await steps(
      'FROM x AS one\nFROM y\nCOPY --from=one --chown=a:b --chmod=u+x --exclude=*.md /src dst/\nADD a.tgz b /d\nCOPY c.txt .',
    );
    const context = all.find((step) => step.kind === 'local') ?? null;
    const [copy, first, second, third] = copies(all);
    assert.deepEqual(
      [copy?.source, copy?.destination, copy?.owner, copy?.excludes, copy?.unpack, copy?.isPattern],
      ['/src', '/base/dst/', 'a:b', ['*.md'], false, true],
    );
    assert.deepEqual(copy?.mode, [{ who: 0o4700, operator: '+', permissions: 'x' }]);
    assert.equal(copy?.from?.kind, 'image');
    assert.deepEqual(
      [first, second].map((action) => [action?.from === context, action?.source, action?.destination, action?.unpack]),
      [
        [true, '/a.tgz', '/d', true],
        [true, '/b', '/d', true],
      ],
    );
    assert.deepEqual([third?.source, third?.destination, third?.unpack], ['/c.txt', '/base/', false]);
    assert.deepEqual(context?.kind === 'local' && context.paths, ['a.tgz', 'b', 'c.txt']);
  });

  test('keep their parents below the pivot', async () => {
    const [whole, below] = copies(await steps('FROM x\nCOPY --parents a/b/*.c /d/\nCOPY --parents a/./b/*.c /d/'));
    assert.deepEqual([whole?.source, whole?.includes], ['/', ['a/b/*.c']]);
    assert.deepEqual([below?.source, below?.includes], ['/a', ['b/*.c']]);
  });

  test('come from the network', async () => {
    const all = await steps(
      [
        'FROM x',
        `ADD --checksum=${digest} https://a.invalid/b/c.txt?x=1 /d/`,
        'ADD --keep-git-dir https://a.invalid/r.git?submodules=0#v1:sub /r',
        'ADD --unpack https://a.invalid/ /e',
      ].join('\n'),
    );
    const http = all.flatMap((step) => (step.kind === 'http' ? [[step.url, step.filename, step.checksum]] : []));
    assert.deepEqual(http, [
      ['https://a.invalid/b/c.txt?x=1', 'c.txt', digest],
      ['https://a.invalid/', '__unnamed__', ''],
    ]);
    const git = all.find((step) => step.kind === 'git');
    assert.deepEqual(git && [git.remote, git.ref, git.subdirectory, git.keepGitDir, git.submodules], [
      'https://a.invalid/r.git',
      'v1',
      'sub',
      true,
      false,
    ]);
    assert.deepEqual(
      copies(all).map(({ source, unpack }) => [source, unpack]),
      [
        ['/c.txt', false],
        ['/', false],
        ['/__unnamed__', true],
      ],
    );
  });

  test('of the Dockerfile are made first', async () => {
    const all = await steps('FROM x\nENV A=1\nCOPY <<a <<-"b" /d/\n$A\na\n\t$A\nb');
    const made = all.flatMap((step) =>
      step.kind === 'files' ? step.actions.flatMap((action) => (action.kind === 'mkfile' ? [action] : [])) : [],
    );
    assert.deepEqual(made, [
      { kind: 'mkfile', path: '/a', mode: 0o644, data: '1\n' },
      { kind: 'mkfile', path: '/b', mode: 0o644, data: '$A\n' },
    ]);
  });

  test('a working directory belongs to the user of its stage', async () => {
    const [, workdir] = await steps('FROM x\nWORKDIR sub');
    assert.deepEqual(workdir?.kind === 'files' && workdir.actions, [
      { kind: 'mkdir', path: '/base/sub', mode: 0o755, owner: '7' },
    ]);
  });
});

describe('what is asked for', () => {
  test('of images: those of stages that are needed, by their whole names', async () => {
    const { requests, plan } = await planned('FROM no AS a\nFROM yes:1 AS b\nFROM b\nCOPY --from=reg.invalid:5/x / /');
    const platform = { os: 'linux', architecture: 'amd64' };
    assert.deepEqual(requests, [
      {
        reference: 'docker.io/library/yes:1',
        platform,
        name: '[internal] load metadata for docker.io/library/yes:1',
        layout: null,
      },
      {
        reference: 'reg.invalid:5/x:latest',
        platform,
        name: '[internal] load metadata for reg.invalid:5/x:latest',
        layout: null,
      },
    ]);
    const references = stepsOf(plan.result).flatMap((step) => (step.kind === 'image' ? [step.reference] : []));
    assert.deepEqual(references, [`docker.io/library/yes:1@${digest}`, `reg.invalid:5/x:latest@${digest}`]);
  });

  test('of the context: all of it where a command may see it, nothing where nobody does', async () => {
    const context = async (text: string) => (await steps(text)).find((step) => step.kind === 'local');
    const paths = async (text: string) => {
      const step = await context(text);
      return step?.kind === 'local' ? step.paths : 'not asked for';
    };
    assert.equal(await paths('FROM x\nRUN a'), 'not asked for');
    assert.equal(await paths('FROM x\nCOPY . /'), null);
    assert.equal(await paths('FROM x\nRUN --mount=target=/c a'), null);
    assert.deepEqual(await paths('FROM x\nCOPY b/ a /c/\nCOPY ./d/*.c /c/'), ['a', 'b', 'd/*.c']);
  });

  test('a stage that does the same as another is done once', async () => {
    const all = await steps(
      'FROM x AS a\nENV A=1\nRUN same\nRUN a\nFROM x AS b\nENV A=1\nRUN same\nRUN b\nFROM scratch\nCOPY --from=a / /a\nCOPY --from=b / /b',
    );
    assert.deepEqual(
      runs(all).map(({ arguments: [, , line] }) => line),
      ['same', 'a', 'b'],
    );
  });

  test('in place of a stage, an image or a stage of its own: what the client names', async () => {
    const text = 'FROM nowhere AS base\nRUN x\nFROM base\nCOPY --from=more /a /b\nCOPY --from=other /c /d';
    const contexts = {
      'context:base': 'docker-image://mine',
      'context:more': 'local:more',
      'context:other::linux/amd64': 'input:other',
    };
    const all = await steps(text, contexts);
    assert.deepEqual(
      all.map((step) => [step.kind, step.name]),
      [
        ['image', '[context base] mine'],
        ['local', '[context more] load from client'],
        ['files', '[stage-1 1/2] COPY --from=more /a /b'],
        ['input', ''],
        ['files', '[stage-1 2/2] COPY --from=other /c /d'],
      ],
    );
    const [, local] = all;
    assert.deepEqual(local?.kind === 'local' && [local.local, local.isNamed, local.paths], ['more', true, ['a']]);
  });

  test.each([
    ['context:base', 'nothing', 'invalid context specifier nothing for base'],
    ['context:base', 'ftp://x', 'unsupported context source ftp for base'],
  ])('%s=%s is refused', async (name, value, message) => {
    await assert.rejects(planned('FROM y AS base\nRUN a', { [name]: value }), (error) => {
      assert.ok(error instanceof LanguageError);
      assert.equal(error.message, message);
      return true;
    });
  });
});

describe('the image', () => {
  test('has the platform that was asked for, and the labels that were given', async () => {
    const { plan } = await planned('FROM x\nLABEL a=1', { platform: 'linux/arm64', 'label:b': '2' });
    assert.deepEqual([plan.image.os, plan.image.architecture, plan.image.variant], ['linux', 'arm64', undefined]);
    assert.deepEqual(plan.image.config?.Labels, { a: '1', b: '2' });
    assert.equal(plan.baseImage, document);
  });

  test('progress tells the platform where several are built', async () => {
    const attributes = { platform: 'linux/arm64', 'multi-platform': 'true' };
    const all = await steps('FROM --platform=$BUILDPLATFORM x\nARG TARGETPLATFORM\nRUN a', attributes);
    assert.deepEqual(
      all.map(({ name }) => name),
      [`[linux/amd64 1/2] FROM docker.io/library/x:latest@${digest}`, '[linux/amd64->arm64 2/2] RUN a'],
    );
  });
});
