// Sizes as people write them.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { formatSize, parseSize } from '../../cli/sizes.ts';

test('G, GB and GiB are the same, as for docker', () => {
  for (const text of ['2G', '2GB', '2GiB', '2 gib', '2048m']) assert.equal(parseSize(text), 2 * 1024 ** 3, text);
  assert.equal(parseSize('1.5K'), 1536);
  assert.equal(parseSize('17'), 17);
});

test('what is no size is null', () => {
  for (const text of ['', 'G', '-1', '1 apple', '1e9', '0x10']) assert.equal(parseSize(text), null, text);
});

test('bytes are shown in the largest unit that fits', () => {
  assert.equal(formatSize(0), '0 B');
  assert.equal(formatSize(1536 * 1024 ** 2), '1.5 GiB');
  assert.equal(formatSize(512 * 1024 ** 2), '512 MiB');
});
