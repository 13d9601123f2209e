// What the docker command sends of its configuration: the header X-Registry-Auth, and the body of a login.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { credentialsIn, credentialsInHeader, nobody } from '../../../runtime/registries/credentials.ts';

const header = (content: unknown, form: 'base64' | 'base64url' = 'base64url'): string =>
  Buffer.from(JSON.stringify(content)).toString(form);

test('a header is read in both forms of base64, and what makes no sense is nobody’s', () => {
  const ann = { username: 'ann', password: 'süß?>~', serveraddress: 'localhost:5000' };
  const read = { ...nobody, username: 'ann', password: 'süß?>~' };
  assert.deepEqual(credentialsInHeader(header(ann)), read);
  assert.deepEqual(credentialsInHeader(header(ann, 'base64')), read);
  for (const odd of [
    undefined,
    '',
    '%%%',
    header([1]),
    header({ username: 1 }),
    ['a', 'b'],
    header({ username: 'x'.repeat(70_000) }),
  ])
    assert.deepEqual(credentialsInHeader(odd), nobody);
  assert.deepEqual(credentialsInHeader('e30='), nobody);
});

test('name and password may come as one word, and tokens instead of them', () => {
  assert.deepEqual(credentialsIn({ auth: Buffer.from('ann:a:b').toString('base64') }), {
    ...nobody,
    username: 'ann',
    password: 'a:b',
  });
  assert.deepEqual(credentialsIn({ identitytoken: 'i', registrytoken: 'r' }), {
    ...nobody,
    identityToken: 'i',
    registryToken: 'r',
  });
  assert.equal(credentialsIn('x'), null);
});
