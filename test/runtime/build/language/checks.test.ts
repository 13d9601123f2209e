// `docker build --call=check`: what is found in each Dockerfile is what a real dockerd's BuildKit finds (record-checks.ts).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { checkResult } from '../../../../runtime/build/language/call-results.ts';
import { parseIgnoreFile } from '../../../../runtime/build/language/ignore-file.ts';
import type { Warning } from '../../../../runtime/build/language/lint.ts';
import { buildOptions } from '../../../../runtime/build/language/options.ts';
import { checkBuild } from '../../../../runtime/build/language/plan/build-plan.ts';
import { checkCases } from './check-cases.ts';

const recorded: Readonly<Record<string, object>> = JSON.parse(
  readFileSync(new URL('fixtures/checks.json', import.meta.url), 'utf8'),
);

const Env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

test.each(Object.entries(checkCases))('%s', async (name, given) => {
  const expected = recorded[name];
  assert.ok(expected, 'nothing is recorded of it');
  const { dockerfile, ignored = '', arguments: set = {} } = typeof given === 'string' ? { dockerfile: given } : given;
  const attributes = new Map(Object.entries(set).map(([key, value]) => [`build-arg:${key}`, value]));
  const options = buildOptions(attributes, { os: 'linux', architecture: 'amd64' });
  const warnings: Warning[] = [];
  const error = await checkBuild(
    {
      ...{ text: dockerfile, options, platform: null, mainContext: null, allStages: false },
      warn: (warning) => warnings.push(warning),
    },
    {
      resolveImage: async () => ({
        digest: null,
        document: { architecture: 'amd64', os: 'linux', config: { Env } },
      }),
      resolveInput: async () => null,
      ignorePatterns: async () => parseIgnoreFile(ignored),
    },
  );
  const { json } = checkResult(warnings, error, { filename: 'Dockerfile', text: dockerfile });
  const { sources: _sources, ...found } = JSON.parse(json);
  assert.deepEqual(found, expected);
});

test('a base of another platform', async () => {
  const rootfs = { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] };
  const text = 'FROM foreign\nENV A=b\n';
  const warnings: Warning[] = [];
  const options = buildOptions(new Map(), { os: 'linux', architecture: 'amd64' });
  const request = { text, options, platform: null, mainContext: null, allStages: false };
  const error = await checkBuild(
    { ...request, warn: (warning) => warnings.push(warning) },
    {
      resolveImage: async () => ({ digest: null, document: { architecture: 'arm64', os: 'linux', rootfs } }),
      resolveInput: async () => null,
      ignorePatterns: async () => [],
    },
  );
  assert.equal(error, null);
  assert.deepEqual(
    warnings.map(({ rule, message, location }) => [rule, message, location?.first]),
    [
      [
        'InvalidBaseImagePlatform',
        'Base image foreign was pulled with platform "linux/arm64", expected "linux/amd64" for current build',
        1,
      ],
    ],
  );
});
