// `docker build --call`: what a real BuildKit answers for the same file.

import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import {
  callsResult,
  checkResult,
  outlineResult,
  targetsResult,
} from '../../../../runtime/build/language/call-results.ts';
import type { Warning } from '../../../../runtime/build/language/lint.ts';
import { buildOptions } from '../../../../runtime/build/language/options.ts';
import { checkBuild, planBuild } from '../../../../runtime/build/language/plan/build-plan.ts';
import type { Surroundings } from '../../../../runtime/build/language/plan/context.ts';

const text = `# check=skip=WorkdirRelativePath
# the version
ARG VERSION=latest
# base is what all begin with
FROM busybox:$VERSION AS base
# COLOUR it has
ARG COLOUR=red SIZE
RUN --mount=type=secret,id=tok,required=true --mount=type=ssh true
CMD x
WORKDIR y
FROM base AS other
FROM base
RUN --mount=type=secret,target=/a/b true
ENTRYPOINT z
`;

const surroundings: Surroundings = {
  resolveImage: async () => ({ digest: null, document: { architecture: 'amd64', os: 'linux' } }),
  resolveInput: async () => null,
  ignorePatterns: async () => [],
};

function request(dockerfile: string, attributes: Readonly<Record<string, string>> = {}) {
  const warnings: Warning[] = [];
  const options = buildOptions(new Map(Object.entries(attributes)), { os: 'linux', architecture: 'amd64' });
  const common = { text: dockerfile, options, platform: null, mainContext: null, allStages: false };
  return { warnings, request: { ...common, warn: (warning: Warning) => warnings.push(warning) } };
}

const line = (number: number) => ({ ranges: [{ start: { line: number }, end: { line: number } }] });
const sources = [Buffer.from(text).toString('base64')];

describe('outline', () => {
  test('names what the target can be given', async () => {
    const { target } = await planBuild(request(text).request, surroundings);
    const result = outlineResult(target, text);
    assert.deepEqual(JSON.parse(result.json), {
      args: [
        { name: 'VERSION', value: 'latest', location: line(3) },
        { name: 'COLOUR', description: 'it has', value: 'red', location: line(7) },
        { name: 'SIZE', location: line(7) },
      ],
      secrets: [
        { name: 'tok', required: true, location: line(8) },
        { name: 'b', location: line(13) },
      ],
      ssh: [{ name: 'default', location: line(8) }],
      sources,
    });
    assert.equal(
      result.text,
      `BUILD ARG   VALUE    DESCRIPTION
VERSION     latest   ${''}
COLOUR      red      it has
SIZE                 ${''}

SECRET   REQUIRED
tok      true
b        ${''}

SSH       REQUIRED
default   ${''}

`,
    );
  });

  test('tells the target that was asked for', async () => {
    const { target } = await planBuild(request(text, { target: 'base', 'build-arg:COLOUR': '' }).request, surroundings);
    const { text: shown } = outlineResult(target, text);
    assert.match(shown, /^TARGET: {6}base\nDESCRIPTION: is what all begin with\n\n/);
    assert.doesNotMatch(shown, /red|^b /m);
  });
});

describe('outline of stages that hang on each other', () => {
  const outlined = async (dockerfile: string, attributes: Readonly<Record<string, string>>) => {
    const { target } = await planBuild(request(dockerfile, attributes).request, surroundings);
    const { args = [], secrets = [], ssh = [] } = JSON.parse(outlineResult(target, dockerfile).json);
    const short = ({ name, value = '', description = '', required = false, location }: Record<string, unknown>) => [
      name,
      value || required,
      description,
      (location as ReturnType<typeof line>).ranges[0]?.start.line,
    ];
    return { args: args.map(short), secrets: secrets.map(short), ssh: ssh.map(short) };
  };

  test('has the arguments of all that it needs, as they are put together, and no others', async () => {
    const dockerfile = `ARG FLAVOUR=box
ARG OTHER=two
ARG UNUSED=no$\{OTHER}
# NAME is put together
ARG NAME="usy$\{FLAVOUR}"
FROM b$\{NAME} AS made
# nothing is said of it
ARG DEPTH=1
# LEVEL is a number
ARG LEVEL=2
RUN true
FROM debian$\{UNUSED} AS apart
ARG ALONE
RUN true
FROM scratch AS plain
ARG KIND=a
# check=skip=all
ARG token
# check=skip=all
# hidden is told all the same
ARG hidden
# last is what is built
FROM plain AS last
COPY --from=made /etc/passwd /
FROM apart
`;
    assert.deepEqual((await outlined(dockerfile, { target: 'last', 'build-arg:LEVEL': '678' })).args, [
      ['FLAVOUR', 'box', '', 1],
      ['NAME', 'usybox', 'is put together', 5],
      ['DEPTH', '1', '', 8],
      ['LEVEL', '678', 'is a number', 10],
      ['KIND', 'a', '', 16],
      ['token', false, '', 18],
      ['hidden', false, 'is told all the same', 21],
    ]);
  });

  test('has arguments that were set anew as they are last', async () => {
    const dockerfile = `ARG ONE=1
ARG ABC=abc
ARG NONE=none
ARG ONE=$\{ONE}$\{ABC}
ARG TWO=$\{ONE}4
ARG ONE=$\{ONE}5$\{TWO}
FROM scratch
ARG ONE
ARG THREE=3
ARG FOUR=$\{THREE}4
ARG THREE=$\{THREE}5$\{FOUR}
`;
    const { args } = await outlined(dockerfile, {});
    assert.deepEqual(args.map(([name, value]: unknown[]) => [name, value]).toSorted(), [
      ['ABC', 'abc'],
      ['FOUR', '34'],
      ['ONE', '1abc51abc4'],
      ['THREE', '3534'],
      ['TWO', '1abc4'],
    ]);
  });

  test('has the secrets and keys of all that it needs', async () => {
    const dockerfile = `FROM busybox AS made
RUN --mount=type=secret,target=/etc/pw,required=true --mount=type=ssh true
FROM busybox AS apart
RUN --mount=type=secret,id=unused --mount=type=ssh,id=unused-key true
FROM scratch AS plain
ARG N
RUN --mount=type=secret,id=second$\{N} true
FROM plain AS last
COPY --from=made /foo /
RUN --mount=type=ssh,id=third,required true
FROM apart
`;
    const { secrets, ssh } = await outlined(dockerfile, { target: 'last', 'build-arg:N': '67' });
    assert.deepEqual(secrets, [
      ['pw', true, '', 2],
      ['second67', false, '', 7],
    ]);
    assert.deepEqual(ssh, [
      ['default', false, '', 2],
      ['third', true, '', 10],
    ]);
  });
});

test('what may be asked is told', () => {
  const { json, text: shown } = callsResult();
  assert.deepEqual(
    (JSON.parse(json) as { name: string; type: string; version: string }[]).map(({ name, type, version }) => [
      name,
      type,
      version,
    ]),
    ['outline', 'targets', 'subrequests.describe'].map((name) => [`frontend.${name}`, 'rpc', '1.0.0']),
  );
  assert.match(shown, /^NAME {17}VERSION DESCRIPTION\noutline {14}1\.0\.0 {3}List all parameters/);
});

test('targets are the stages', () => {
  const result = targetsResult(text);
  assert.deepEqual(JSON.parse(result.json), {
    targets: [
      { name: 'base', description: 'is what all begin with', base: 'busybox:$VERSION', location: line(5) },
      { name: 'other', base: 'base', location: line(11) },
      { default: true, base: 'base', location: line(12) },
    ],
    sources,
  });
  assert.equal(result.text, 'TARGET    DESCRIPTION\nbase      is what all begin with\nother     \n(default) \n');
});

describe('check', () => {
  test('tells the warnings of all stages, in the order of their lines', async () => {
    const { warnings, request: asked } = request(text);
    const error = await checkBuild(asked, surroundings);
    const result = checkResult(warnings, error, { filename: 'Dockerfile', text });
    const warning = (keyword: string, at: number) => ({
      ruleName: 'JSONArgsRecommended',
      description: 'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
      url: 'https://docs.docker.com/go/dockerfile/rule/json-args-recommended/',
      detail: `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`,
      location: line(at),
    });
    assert.deepEqual(JSON.parse(result.json), {
      warnings: [warning('CMD', 9), warning('ENTRYPOINT', 14)],
      sources: [{ filename: 'Dockerfile', data: sources[0], language: 'Dockerfile' }],
    });
    assert.equal(result.exitCode, 1);
    assert.equal(
      result.text,
      `
WARNING: JSONArgsRecommended - https://docs.docker.com/go/dockerfile/rule/json-args-recommended/
JSON arguments recommended for CMD to prevent unintended behavior related to OS signals
Dockerfile:9
--------------------
   7 |     ARG COLOUR=red SIZE
   8 |     RUN --mount=type=secret,id=tok,required=true --mount=type=ssh true
   9 | >>> CMD x
  10 |     WORKDIR y
  11 |     FROM base AS other
--------------------

WARNING: JSONArgsRecommended - https://docs.docker.com/go/dockerfile/rule/json-args-recommended/
JSON arguments recommended for ENTRYPOINT to prevent unintended behavior related to OS signals
Dockerfile:14
--------------------
  12 |     FROM base
  13 |     RUN --mount=type=secret,target=/a/b true
  14 | >>> ENTRYPOINT z
  15 |     ${''}
--------------------
`,
    );
  });

  test('tells what keeps the file from being built', async () => {
    const file = 'FROM busybox\nCMD x\nRUN <a && b>\nENV a';
    const { warnings, request: asked } = request(file);
    const error = await checkBuild(asked, surroundings);
    const { json, exitCode } = checkResult(warnings, error, { filename: 'Dockerfile', text: file });
    assert.deepEqual(JSON.parse(json).buildError, { message: 'ENV must have two arguments', location: line(4) });
    assert.equal(exitCode, 1);
  });

  test('a file with nothing wrong is told so', async () => {
    const file = 'FROM busybox\nCMD ["x"]';
    const { warnings, request: asked } = request(file);
    const error = await checkBuild(asked, surroundings);
    const { json, text: shown, exitCode } = checkResult(warnings, error, { filename: 'Dockerfile', text: file });
    assert.deepEqual([JSON.parse(json).warnings, shown, exitCode], [null, '', 0]);
  });

  test('stages that no target needs are checked too, but where one is asked for', async () => {
    const file = 'FROM busybox AS a\nCMD x\nFROM busybox AS b\nRUN true';
    const all = request(file);
    await checkBuild(all.request, surroundings);
    assert.equal(all.warnings.length, 1);
    const one = request(file, { target: 'b' });
    await checkBuild(one.request, surroundings);
    assert.deepEqual(one.warnings, []);
  });
});
