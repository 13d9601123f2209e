// What the setting of previews means.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { isPreviewOrigin, previewOrigins, sharesSite } from '../../../sandbox-server/previews/origin.ts';

const name = '0123456789abcdef'.repeat(2);

test('on localhost previews have names below preview.localhost, without a setting', () => {
  for (const site of ['http://localhost:8080', 'http://127.0.0.1:8080']) {
    const origins = previewOrigins(null, site, 8080);
    assert.equal(origins?.originOf(name), `http://${name}.preview.localhost:8080`);
    assert.equal(origins?.source, 'http://*.preview.localhost:8080');
    assert.deepEqual([origins?.secure, origins?.shared, origins?.extraPort], [true, false, null]);
  }
});

test('elsewhere there are none without a setting', () => {
  assert.equal(previewOrigins(null, 'https://drydock.example.org', 8080), null);
  assert.equal(previewOrigins(null, 'http://localhost.example.org', 8080), null);
});

test('a wildcard is an origin for each, through the same port', () => {
  const origins = previewOrigins('https://*.preview.example.org', 'https://drydock.example.org', 8080);
  assert.equal(origins?.originOf(name), `https://${name}.preview.example.org`);
  assert.deepEqual([origins?.secure, origins?.shared, origins?.extraPort], [true, false, null]);
  assert.deepEqual(origins?.named(`${name.toUpperCase()}.Preview.Example.ORG`), { name });
  assert.deepEqual(origins?.named('x.preview.example.org'), { name: '' });
  for (const host of [undefined, '', 'preview.example.org', 'drydock.example.org', `${name}.preview.example.org:444`])
    assert.equal(origins?.named(host), null, String(host));
});

test('a second port is one origin for all, and is listened on', () => {
  const origins = previewOrigins('http://192.168.1.10:8081', 'http://192.168.1.10:8080', 8080);
  assert.equal(origins?.originOf(name), 'http://192.168.1.10:8081');
  assert.deepEqual([origins?.secure, origins?.shared, origins?.extraPort], [false, true, 8081]);
  assert.deepEqual(origins?.named('192.168.1.10:8081'), { name: null });
  assert.equal(origins?.named('192.168.1.10:8080'), null);
});

test('what is no origin, or the site’s own, is refused', () => {
  for (const text of [
    '',
    'preview.example.org',
    'https://*',
    'https://a.*.org',
    'ftp://x',
    'https://x/y',
    'https://*.x y',
  ])
    assert.equal(isPreviewOrigin(text), false, text);
  for (const text of ['https://*.preview.example.org', 'http://host:8081', 'http://*.a.test:81'])
    assert.equal(isPreviewOrigin(text), true, text);
  assert.throws(() => previewOrigins('http://localhost:8080', 'http://localhost:8080', 8080), /the site's own/);
  assert.throws(() => previewOrigins('x', 'http://localhost:8080', 8080), /write https/);
});

test('F08 a preview’s domain that is the site’s too is told apart from one of its own', () => {
  const site = 'https://drydock.example.org';
  for (const [previews, other] of [
    ['https://*.preview.example.org', site],
    ['https://*.drydock.example.org', site],
    ['https://drydock.example.org:8443', site],
    ['https://*.preview.school.ac.uk', 'https://drydock.school.ac.uk'],
  ] as const)
    assert.equal(sharesSite(previews, other), true, previews);
  for (const [previews, other] of [
    ['https://*.preview.example.com', site],
    ['https://*.example-previews.org', site],
    ['https://*.preview.other.ac.uk', 'https://drydock.school.ac.uk'],
    ['http://*.preview.localhost:8080', 'http://localhost:8080'],
    ['http://192.168.1.10:8081', 'http://192.168.1.10:8080'],
    ['http://drydock:8081', 'http://drydock:8080'],
  ] as const)
    assert.equal(sharesSite(previews, other), false, previews);
});
