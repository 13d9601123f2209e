// D, H03, H04: what one who may push can make of the registry's tables and the engine's memory: many small things, large documents,
// slow readers and senders of them. What others ask is answered meanwhile.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, test } from 'vitest';
import {
  catalogSliceRows,
  maxLargeDocumentsPerShare,
  maxManifestBytes,
  maxManifestBytesPerNamespace,
  maxRowsPerNamespace,
} from '../../runtime/limits.ts';
import type { Gate } from '../../runtime/registry/http/access.ts';
import { registryHandler } from '../../runtime/registry/http/serve.ts';
import { Refusal } from '../../runtime/registry/refusal.ts';
import { codeOf, descriptorOf, mediaTypes, pushManifest, pushParts } from '../runtime/registry/contents.ts';
import { OwnRegistry, sha256 } from '../support/own-registry.ts';
import { until } from '../support/until.ts';

/** Everybody may do everything but see what is below `hidden`; `X-Who` says who they are. */
const gate: Gate = {
  admit: ({ headers }) => ({
    who: String(headers['x-who'] ?? 'somebody'),
    allows: () => true,
    lists: (name) => !name.startsWith('hidden'),
    refuse: () => new Refusal('DENIED'),
  }),
};
let served: OwnRegistry;

beforeAll(async () => {
  served = await OwnRegistry.open({ gate });
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
});

const largeAnnotations = Object.fromEntries(Array.from({ length: 390 }, (_, n) => [`test.${n}`, 'x'.repeat(10_000)]));

describe('one namespace', () => {
  test('has so many blobs and no more, however small they are', async () => {
    const { database, repositories } = served.registry;
    database.transaction(() => {
      const repository = repositories.ensure('many/a');
      for (let n = 0; n < maxRowsPerNamespace - 1; n++) {
        database.run('INSERT INTO blob (sha256, size) VALUES (?, 0)', sha256(`blob ${n}`));
        database.run('INSERT INTO link SELECT ?, id, 0, 1 FROM blob WHERE sha256 = ?', repository, sha256(`blob ${n}`));
      }
    });
    const push = (name: string, content: string) =>
      served.ask(`POST /v2/${name}/blobs/uploads/?digest=${sha256(content)}`, { body: content });
    assert.equal((await push('many/b', 'the last one')).status, 201);
    for (const refused of [
      await push('many/b', 'one more'),
      await served.ask(`POST /v2/many/c/blobs/uploads/?mount=${sha256('the last one')}&from=many/b`),
    ]) {
      assert.deepEqual([refused.status, codeOf(refused)], [403, 'DENIED']);
      assert.match(refused.body.toString(), /many may hold 20000 blobs, manifests or tags; delete images/);
    }
    assert.equal((await push('few/b', 'one more')).status, 201);
  });

  test('has so many bytes of manifests, which are in the tables', async () => {
    const text = await pushParts(served, 'heavy/a', ['layer']);
    const body = text + ' '.repeat(maxManifestBytes - text.length);
    const digest = await pushManifest(served, 'heavy/a', 'v', body);
    const { database } = served.registry;
    // As if so many had come.
    database.run('UPDATE manifest SET size = ? WHERE digest = ?', maxManifestBytesPerNamespace, digest);
    const refused = await served.ask('PUT /v2/heavy/b/manifests/v', { body: `${text} ` });
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'MANIFEST_BLOB_UNKNOWN']);
    await pushParts(served, 'heavy/b', ['layer']);
    const full = await served.ask('PUT /v2/heavy/b/manifests/v', { body: `${text} ` });
    assert.deepEqual([full.status, codeOf(full)], [403, 'DENIED']);
    assert.match(full.body.toString(), /256 MiB of manifests/);
  });
});

test('referrers of another type are not even read', async () => {
  const subject = descriptorOf('subject', mediaTypes.ociManifest);
  for (let n = 0; n < 24; n++) {
    const text = await pushParts(served, 'refer/large', [], {
      subject,
      annotations: { ...largeAnnotations, n: `${n}` },
    });
    await pushManifest(served, 'refer/large', sha256(text), text);
  }
  const list = `GET /v2/refer/large/referrers/${subject.digest}`;
  const ofNone: number[] = [];
  const ofOne: number[] = [];
  // One page of all has one of them.
  for (const [line, times] of Array.from({ length: 9 }, () => [
    [`${list}?artifactType=none`, ofNone] as const,
    [list, ofOne] as const,
  ]).flat()) {
    const before = performance.now();
    assert.equal((await served.ask(line)).status, 200);
    times.push(performance.now() - before);
  }
  const median = (times: number[]): number => times.sort((a, b) => a - b)[4] ?? 0;
  assert.ok(median(ofNone) < median(ofOne), `${median(ofNone)} ms for none, ${median(ofOne)} ms for one`);
});

test('a catalogue that has to pass over thousands leaves the event loop to others in between', async () => {
  const { database, repositories } = served.registry;
  const many = 3000;
  database.transaction(() => {
    for (let n = 0; n < many; n++) repositories.ensure(`hidden${n % 10}/r${n}`);
  });
  let turns = 0;
  let isAnswered = false;
  const asked = served.ask('GET /v2/_catalog').finally(() => {
    isAnswered = true;
  });
  for (; !isAnswered; turns++) await nextTurn();
  const { repositories: told } = (await asked).json() as { repositories: string[] };
  assert.ok(told.every((name) => !name.startsWith('hidden')) && told.includes('refer/large'));
  assert.ok(turns >= many / catalogSliceRows, `${turns} turns of the loop`);
});

describe('large manifests', () => {
  const hang = (who: string, line: string, options: http.RequestOptions = {}): http.ClientRequest => {
    const [method = '', path = ''] = line.split(' ');
    const place = options.socketPath === undefined ? new URL(served.url) : {};
    const { hostname, port } = place as { hostname?: string; port?: string };
    const headers = { 'X-Who': who, ...options.headers };
    const request = http.request({ ...options, ...(port && { hostname, port }), method, path, agent: false, headers });
    return request.on('error', () => undefined);
  };

  test('that are sent slowly are so many at once of one sender, and keep nobody else waiting', async () => {
    const whole = Buffer.alloc(maxManifestBytes, ' ');
    const senders: http.ClientRequest[] = [];
    const taken: http.IncomingMessage[] = [];
    const see = (request: http.IncomingMessage): unknown => taken.push(request);
    served.seen.on('PUT', see);
    try {
      for (let n = 0; n < maxLargeDocumentsPerShare + 6; n++) {
        const headers = { 'Content-Length': whole.length };
        const request = hang('slow', 'PUT /v2/slow/a/manifests/v', { headers });
        request.write(whole.subarray(0, -1));
        senders.push(request);
      }
      const read = (): number => taken.filter(({ socket }) => socket.bytesRead >= whole.length).length;
      await until('so many are read', () => taken.length === senders.length && read() >= maxLargeDocumentsPerShare);
      const text = await pushParts(served, 'quick/a', ['layer'], { annotations: largeAnnotations });
      await pushManifest(served, 'quick/a', 'v', text);
      assert.equal(sha256((await served.ask('GET /v2/quick/a/manifests/v')).body), sha256(text));
      assert.equal(read(), maxLargeDocumentsPerShare);
      // A usual one of the same sender goes on too.
      const small = await pushParts(served, 'slow/a', ['layer']);
      const pushed = await served.ask('PUT /v2/slow/a/manifests/small', { body: small, headers: { 'X-Who': 'slow' } });
      assert.equal(pushed.status, 201);
    } finally {
      served.seen.off('PUT', see);
      for (const sender of senders) sender.destroy();
    }
    await until('all are forgotten', () => served.inHand === 0);
  });

  test('that are read by nobody are so many at once of one reader, and keep nobody else waiting', async () => {
    // Of a Unix socket the kernel takes little.
    const socketPath = `${served.directory}/hub.sock`;
    const handle = registryHandler({ registry: served.registry, gate, log: pino({ level: 'silent' }) });
    const server = http.createServer((request, response) => void handle(request, response)).listen(socketPath);
    await once(server, 'listening');
    const readers: http.ClientRequest[] = [];
    let answered = 0;
    const read = (who: string): http.ClientRequest => hang(who, 'GET /v2/quick/a/manifests/v', { socketPath });
    try {
      for (let n = 0; n < maxLargeDocumentsPerShare + 6; n++) {
        const request = read('slow').on('response', (response) => {
          response.on('error', () => undefined).pause();
          answered++;
        });
        request.end();
        readers.push(request);
      }
      await until('so many are answered', () => answered >= maxLargeDocumentsPerShare);
      const other = read('other');
      other.end();
      const [response] = (await once(other, 'response')) as [http.IncomingMessage];
      assert.ok(Buffer.concat(await response.toArray()).length > 3_900_000);
      assert.equal(answered, maxLargeDocumentsPerShare);
      readers[0]?.destroy();
      await until('the next one has room', () => answered > maxLargeDocumentsPerShare);
    } finally {
      for (const reader of readers) reader.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });
});
