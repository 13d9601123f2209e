// `docker build --call`: what a real BuildKit answers for the same file.

import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { checkResult, outlineResult, targetsResult } from '../../../../runtime/build/language/call-results.ts';
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
