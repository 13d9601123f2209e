// How often one may ask: a few new labs a minute, and each refusal says when to come back.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startsPerMinute } from '../../../sandbox-server/limits.ts';
import { startTestServer } from '../server.ts';

const server = await startTestServer({ capacity: 100 });
after(() => server[Symbol.asyncDispose]());

test('F11 a student starts five labs a minute, and opens the one there is as often as they like', async () => {
  const lab = await server.open();
  const statuses: number[] = [];
  let retryAfter: string | string[] | undefined;
  for (let count = 0; count <= startsPerMinute; count += 1) {
    const answer = await server.ask('POST', '/api/sessions', {
      body: { lesson: '01-why-containers/02-first-container' },
      cookie: lab.cookie,
    });
    statuses.push(answer.status);
    retryAfter = answer.headers['retry-after'];
    if (answer.status === 200) {
      const { session } = JSON.parse(answer.text);
      await server.ask('DELETE', `/api/sessions/${session}`, { cookie: lab.cookie });
    }
  }
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429]);
  assert.ok(Number(retryAfter) >= 1 && Number(retryAfter) <= 60, `Retry-After: ${retryAfter}`);

  const other = await server.open();
  for (let count = 0; count < 20; count += 1) await server.open('playground', other.cookie);
});

test('F11 an address cannot start labs without end by dropping its cookie', async () => {
  const statuses = await Promise.all(
    Array.from(
      { length: 100 },
      async () => (await server.ask('POST', '/api/sessions', { body: { lesson: 'playground' } })).status,
    ),
  );
  assert.ok(statuses.includes(200) && statuses.includes(429));
});
