// Blobs are what their names say, or are not there.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'vitest';
import { EngineError } from '../../../runtime/errors.ts';
import { Blobs, digestOf } from '../../../runtime/store/blobs.ts';
import { temporaryDirectory } from '../images/fixture.ts';

const ofKind = (kind: string) => (error: unknown) => error instanceof EngineError && error.kind === kind;

test('a blob is stored under its digest, once', async () => {
  await using temporary = await temporaryDirectory();
  const blobs = new Blobs(temporary.path);
  const first = await blobs.put(Readable.from([Buffer.from('con'), Buffer.from('tent')]), { maxBytes: 100 });
  const second = await blobs.put(Readable.from([Buffer.from('content')]), { maxBytes: 100, expected: first.digest });
  assert.deepEqual(first, { digest: digestOf('content'), size: 7 });
  assert.deepEqual(second, first);
  assert.equal(readFileSync(blobs.path(first.digest), 'utf8'), 'content');
  assert.deepEqual(readdirSync(temporary.path), ['sha256']);
  blobs.remove(first.digest);
  assert.equal(blobs.has(first.digest), false);
});

test('a blob that has another digest than expected, or is too large, leaves nothing', async () => {
  await using temporary = await temporaryDirectory();
  const blobs = new Blobs(temporary.path);
  const content = () => Readable.from([Buffer.from('content')]);
  await assert.rejects(blobs.put(content(), { maxBytes: 100, expected: digestOf('other') }), ofKind('dataLoss'));
  await assert.rejects(blobs.put(content(), { maxBytes: 6 }), ofKind('tooLarge'));
  assert.deepEqual(readdirSync(temporary.path), ['sha256']);
  assert.deepEqual(readdirSync(`${temporary.path}/sha256`), []);
});

test('a blob that changed on the disk is not handed out', async () => {
  await using temporary = await temporaryDirectory();
  const blobs = new Blobs(temporary.path);
  const { digest } = blobs.putDocument('{"a":1}');
  assert.equal(blobs.read(digest, 100).toString(), '{"a":1}');
  writeFileSync(blobs.path(digest), '{"a":2}');
  assert.throws(() => blobs.read(digest, 100), ofKind('dataLoss'));
  assert.throws(() => blobs.read(digest, 3), ofKind('tooLarge'));
});

test('what is no sha256 digest is never a path', async () => {
  await using temporary = await temporaryDirectory();
  const blobs = new Blobs(temporary.path);
  const wrong = ['sha256:../../../etc/passwd', 'sha256:', `sha512:${'a'.repeat(64)}`, `sha256:${'A'.repeat(64)}`, ''];
  for (const digest of wrong) assert.throws(() => blobs.path(digest), ofKind('invalid'));
});
