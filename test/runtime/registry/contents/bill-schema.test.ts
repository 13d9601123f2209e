// The SBOM is CycloneDX 1.6: held against the schema that its makers publish, which the library brings along.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { test } from 'vitest';
import { billOf } from '../../../../runtime/registry/contents/bill.ts';
import { packagesOf } from '../../../../runtime/registry/contents/dpkg-status.ts';
import { releaseOf } from '../../../../runtime/registry/contents/os-release.ts';
import { debianStatus, osRelease } from './images.ts';

const library = path.dirname(fileURLToPath(import.meta.resolve('@cyclonedx/cyclonedx-library/package.json')));
const schema = (name: string): { $id?: string } =>
  JSON.parse(fs.readFileSync(`${library}/res/schema/${name}.SNAPSHOT.schema.json`, 'utf8'));

test('an SBOM is valid by the schema of CycloneDX 1.6', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const name of ['spdx', 'jsf-0.82']) {
    const { $id: _own, ...rest } = schema(name);
    ajv.addSchema(rest, `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  const isValid = ajv.compile(schema('bom-1.6'));
  const content = { release: releaseOf(osRelease), packages: packagesOf([debianStatus]) };
  for (const each of [content, { ...content, release: null }]) {
    const text = billOf(`sha256:${'a'.repeat(64)}`, each);
    assert.ok(isValid(JSON.parse(text)), JSON.stringify(isValid.errors));
    assert.ok(!isValid(JSON.parse(text.replaceAll('"library"', '"nonsense"'))));
  }
});
