// A directory of sent files that a build is leaving is put in order first: until then nobody removes it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'vitest';
import { newList, SentFiles } from '../../../runtime/build/execute/sent-files.ts';
import { writeList } from '../../../runtime/build/files/sent-list.ts';
import type { ContainerHost } from '../../../runtime/containers/container.ts';
import { temporaryDirectory } from '../images/fixture.ts';

test('a directory that is put in order stays where others prune meanwhile', async () => {
  await using temporary = await temporaryDirectory();
  const directory = temporary.path;
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  // Where work waits for a thread: a busy machine's lasts as long as the test says.
  const pass = async <T>(_name: string, work: () => Promise<T>): Promise<T> => {
    begun.resolve();
    await go.promise;
    return await work();
  };
  const host = { directory, name: 'a', engine: { archives: { pass } } } as unknown as ContainerHost;
  const files = new SentFiles(host);
  const sent = await files.put('context:key', async (folder) => {
    const list = newList(folder);
    await writeList(list, []);
    return { list, count: 0, files: 0, bytes: 0, note: '' };
  });
  const left = sent[Symbol.asyncDispose]();
  await begun.promise;
  const [record] = await files.records();
  assert.ok(record?.inUse);
  assert.equal(await files.remove(record.id), false);
  go.resolve();
  await left;
  assert.equal(await files.remove(record.id), true);
  assert.equal(fs.existsSync(sent.directory), false);
});
