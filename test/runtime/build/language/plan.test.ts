// Plans: what BuildKit makes of a Dockerfile, its steps, image, warnings and errors, is what we make of it. BuildKit's
// answers were recorded from a real dockerd (record.ts).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { parseIgnoreFile } from '../../../../runtime/build/language/ignore-file.ts';
import type { ImageDocument } from '../../../../runtime/build/language/image-document.ts';
import { shortWarning, type Warning } from '../../../../runtime/build/language/lint.ts';
import { rules } from '../../../../runtime/build/language/lint-rules.ts';
import { buildOptions } from '../../../../runtime/build/language/options.ts';
import { planBuild } from '../../../../runtime/build/language/plan/build-plan.ts';
import type { Surroundings } from '../../../../runtime/build/language/plan/context.ts';
import { excerpt, LanguageError } from '../../../../runtime/build/language/source.ts';
import { stepsOf } from '../../../../runtime/build/language/steps.ts';
import { type Case, cases } from './cases.ts';
import type { Recorded } from './recorded.ts';

const { busybox, recorded }: { busybox: ImageDocument; recorded: readonly Recorded[] } = JSON.parse(
  readFileSync(new URL('fixtures/recorded.json', import.meta.url), 'utf8'),
);

const images = new Map<string, ImageDocument>([['docker.io/library/busybox:latest', busybox]]);
for (const { tag, name } of cases) {
  const image = recorded.find((one) => one.name === name)?.image;
  if (tag && image) images.set(`docker.io/library/${tag}`, image);
}

/** What is missing is told in the words of whoever looks: only its place is ours. */
const refusedConnection = (reference: string): Error =>
  new Error(
    `failed to resolve source metadata for ${reference}: failed to do request: Head "https://localhost:1/v2/busybx/manifests/latest": dial tcp 127.0.0.1:1: connect: connection refused`,
  );

function surroundings({ files = {} }: Case): Surroundings {
  return {
    resolveImage: async ({ reference }) => {
      const document = images.get(reference);
      if (!document) throw refusedConnection(reference);
      return { digest: null, document };
    },
    resolveInput: async () => null,
    ignorePatterns: async () => parseIgnoreFile(files['.dockerignore'] ?? ''),
  };
}

async function planned(one: Case) {
  const warnings: Warning[] = [];
  const options = buildOptions(new Map(Object.entries(one.attributes ?? {})), { os: 'linux', architecture: 'amd64' });
  const request = { text: one.dockerfile, options, platform: null, mainContext: null, allStages: false };
  try {
    const plan = await planBuild({ ...request, warn: (warning) => warnings.push(warning) }, surroundings(one));
    return { plan, warnings, error: null };
  } catch (error) {
    assert.ok(error instanceof LanguageError, String(error instanceof Error ? error.stack : error));
    return { plan: null, warnings, error };
  }
}

/** As buildx prints it: what is behind the first location comes first. */
const excerptsOf = ({ dockerfile }: Case, { locations }: LanguageError): string =>
  locations.map((location) => excerpt('Dockerfile', dockerfile, location)).join('');

/** What is read before the plan is made is no part of it. */
const isPlanned = (name: string): boolean =>
  name !== '' && !/^\[internal\] load |^\[context [^\]]+\] load (metadata|\.dockerignore)/.test(name);

test.each(cases)('$name: as BuildKit does', async (one) => {
  const expected = recorded.find(({ name }) => name === one.name);
  assert.ok(expected, 'nothing is recorded of it');
  const { plan, warnings, error } = await planned(one);
  assert.equal(error?.message ?? null, expected.error);
  assert.deepEqual(
    warnings
      .map((warning) => ({
        short: shortWarning(warning),
        detail: rules[warning.rule].description,
        url: rules[warning.rule].url,
        lines: [warning.location?.first ?? 0],
      }))
      .toSorted((a, b) => (a.short < b.short ? -1 : 1)),
    expected.warnings.map((warning) => ({ ...warning, lines: warning.lines.slice(0, 1) })),
  );
  if (error) assert.equal(excerptsOf(one, error), expected.excerpt);
  if (!plan || !expected.image) return;
  const names = [...new Set(stepsOf(plan.result).map(({ name }) => name))];
  assert.deepEqual(names.filter(isPlanned).toSorted(), expected.steps.filter(isPlanned));
  const { rootfs: _rootfs, ...image } = expected.image;
  assert.deepEqual(plan.image, image);
});

test('labels, ports and volumes are written in one order, whatever order the client and the file have', async () => {
  const of = async (labels: readonly string[], dockerfile: string): Promise<string> => {
    const attributes = Object.fromEntries(labels.map((name) => [`label:${name}`, '1']));
    const { plan } = await planned({ name: 'order', dockerfile, attributes });
    return JSON.stringify(plan?.image.config);
  };
  const one = await of(['b', 'a', 'é', 'c'], 'FROM busybox\nEXPOSE 90 80\nVOLUME /b /a\n');
  assert.equal(await of(['é', 'c', 'b', 'a'], 'FROM busybox\nEXPOSE 80 90\nVOLUME /a /b\n'), one);
  assert.match(one, /"Labels":\{"a":"1","b":"1","c":"1","é":"1"\}/);
});
