// Records that cannot be read, of a host and of a container: the others are there, and nothing of these two is lost.

import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, test } from 'vitest';
import { startEngine, type TestEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine?.[Symbol.asyncDispose]());

/** Replaces the text of some records; what they were is put back by what is returned. */
function spoil(...ids: readonly string[]): () => void {
  const change = (bodies: ReadonlyMap<string, string>): Map<string, string> => {
    const database = new DatabaseSync(path.join(engine.instance.data, 'engine.db'));
    const before = new Map<string, string>();
    for (const [id, body] of bodies) {
      const row = database.prepare(`SELECT body FROM record WHERE kind IN ('host', 'container') AND id = ?`).get(id);
      before.set(id, String(row?.body));
      database.prepare(`UPDATE record SET body = ? WHERE kind IN ('host', 'container') AND id = ?`).run(body, id);
    }
    database.close();
    return before;
  };
  const before = change(new Map(ids.map((id) => [id, '{"phase":"whole"}'])));
  return () => void change(before);
}

const names = async (host: string): Promise<string[]> => {
  const { stdout } = await engine.docker(host, 'ps', '-a', '--format', '{{.Names}} {{.State}}');
  return stdout.trim().split('\n').sort();
};

test('X10 an engine that cannot read the records of a host and of a container has all others, and keeps what those two had', async () => {
  await engine.client.createHost('good');
  await engine.client.createHost('bad');
  for (const host of ['good', 'bad']) await engine.docker(host, 'pull', 'busybox');
  await engine.docker('good', 'run', '-d', '--name', 'runs', 'busybox', 'sleep', '1000');
  // Prints what an earlier run of it has written.
  const write = ['busybox', 'sh', '-c', 'cat /file 2>/dev/null || echo kept > /file'];
  await engine.docker('good', 'run', '--name', 'lost', ...write);
  const id = (await engine.docker('good', 'inspect', '-f', '{{.Id}}', 'lost')).stdout.trim();
  await engine.docker('bad', 'run', '--name', 'inside', ...write);
  const bad = await engine.client.host('bad');
  await engine.client.takeSnapshot('bad', 'start');

  await engine.kill();
  const mend = spoil(bad.id, id);
  await engine.start();
  assert.deepEqual(
    (await engine.client.hosts()).map(({ name, state }) => `${name} ${state}`),
    ['good running'],
  );
  assert.deepEqual(await names('good'), ['runs running']);
  assert.match(engine.log(), new RegExp(`the record host ${bad.id} of host ${bad.id} cannot be read: `));
  assert.match(engine.log(), new RegExp(`the record container ${id} of host [0-9a-f]+ cannot be read: `));
  const { findings } = await engine.client.check();
  assert.equal(findings.filter((finding) => / cannot be read: /.test(finding)).length, 2, findings.join('\n'));
  const other = await engine.client.createHost('other');
  assert.notEqual(other.uidBase, bad.uidBase, 'its UIDs are still its own');
  // Images that only it may need stay, whoever else goes.
  await engine.client.removeHost('other');
  await engine.docker('good', 'rm', '-f', 'runs');

  await engine.kill();
  mend();
  await engine.start();
  assert.deepEqual(await names('good'), ['lost exited']);
  assert.equal((await engine.docker('good', 'start', '-a', 'lost')).stdout, 'kept\n');
  assert.equal((await engine.client.host('bad')).state, 'running', 'its processes were left alone');
  assert.deepEqual(await names('bad'), ['inside exited']);
  assert.deepEqual(
    (await engine.client.snapshots('bad')).map(({ id: snapshot }) => snapshot),
    ['start'],
  );
  await engine.client.restoreSnapshot('bad', 'start');
  assert.equal((await engine.docker('bad', 'start', '-a', 'inside')).stdout, 'kept\n');
  assert.deepEqual((await engine.client.check()).findings, []);
});
