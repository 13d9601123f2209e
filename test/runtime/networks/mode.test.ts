// What --network means.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { networkModeInWords, networkNameIn, parseNetworkMode } from '../../../runtime/networks/mode.ts';

for (const [given, mode, words, network] of [
  ['', { kind: 'bridged', network: 'bridge' }, 'bridge', 'bridge'],
  ['default', { kind: 'bridged', network: 'bridge' }, 'bridge', 'bridge'],
  ['bridge', { kind: 'bridged', network: 'bridge' }, 'bridge', 'bridge'],
  ['none', { kind: 'none' }, 'none', 'none'],
  ['host', { kind: 'host' }, 'host', 'host'],
  ['container:web', { kind: 'container', reference: 'web' }, 'container:web', null],
  ['container:', { kind: 'container', reference: '' }, 'container:', null],
  ['backend', { kind: 'bridged', network: 'backend' }, 'backend', 'backend'],
  ['Host', { kind: 'bridged', network: 'Host' }, 'Host', 'Host'],
] as const) {
  test(`'${given}' means ${JSON.stringify(mode)}, and is shown as ${words}`, () => {
    const parsed = parseNetworkMode(given);
    assert.deepEqual(parsed, mode);
    assert.equal(networkModeInWords(parsed), words);
    assert.equal(networkNameIn(parsed), network);
  });
}
