// Documents that one client could read as one thing and another as another are refused (B03).

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type EitherRegistry, openRegistry, unlike } from '../../support/either-registry.ts';
import type { Answer } from '../../support/own-registry.ts';
import { codeOf, mediaTypes, pushParts } from './contents.ts';

let served: EitherRegistry;

beforeAll(async () => {
  served = await openRegistry();
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
});

function put(path: string, body: string, type: string = mediaTypes.ociManifest): Promise<Answer> {
  const [repository, reference] = path.split(' ');
  return served.ask(`PUT /v2/${repository}/manifests/${reference}`, {
    body,
    headers: { 'Content-Type': type },
  });
}

const refused = (answer: Answer): [number, string] => [answer.status, codeOf(answer)];

/** What docker-registry refuses in its own way. */
const odd = ['no config', 'schema 1', 'a bad digest', 'a null'];

describe('ambiguous documents (B03)', () => {
  const wrong: readonly [string, (parts: object) => object, string][] = [
    ['layers and manifests, as a manifest', (parts) => ({ ...parts, manifests: [] }), mediaTypes.ociManifest],
    [
      'layers and manifests, as an index',
      (parts) => ({ ...parts, manifests: [], mediaType: undefined }),
      mediaTypes.ociIndex,
    ],
    [
      'a config and manifests',
      (parts) => ({ ...parts, layers: undefined, manifests: [], mediaType: undefined }),
      mediaTypes.ociIndex,
    ],
    ['it says manifest and comes as an index', (parts) => parts, mediaTypes.ociIndex],
    [
      'it says Docker’s and comes as the OCI’s',
      (parts) => ({ ...parts, mediaType: mediaTypes.dockerManifest }),
      mediaTypes.ociManifest,
    ],
    ['no config', (parts) => ({ ...parts, config: undefined }), mediaTypes.ociManifest],
    ['schema 1', (parts) => ({ ...parts, schemaVersion: 1 }), mediaTypes.ociManifest],
    [
      'a bad digest',
      (parts) => ({ ...parts, layers: [{ digest: 'sha256:../../x', size: 1 }] }),
      mediaTypes.ociManifest,
    ],
  ];
  for (const [what, change, type] of wrong) {
    test(`${what}: refused`, odd.includes(what) ? unlike('it answers 500, or with several errors') : {}, async () => {
      const parts = JSON.parse(await pushParts(served, 'two/a', ['layer']));
      assert.deepEqual(refused(await put('two/a a', JSON.stringify(change(parts)), type)), [400, 'MANIFEST_INVALID']);
    });
  }

  for (const [what, text] of [
    ['no JSON', '{'],
    ['no object', '[]'],
    ['a null', 'null'],
    ['nothing', ''],
    ['lists in lists', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ] as const) {
    test(`${what}: refused`, odd.includes(what) ? unlike('it answers 500, or with several errors') : {}, async () => {
      assert.deepEqual(refused(await put('two/a a', text)), [400, 'MANIFEST_INVALID']);
    });
  }
});
