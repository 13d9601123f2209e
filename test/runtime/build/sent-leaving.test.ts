// A directory of sent files that a build is leaving is put in order first: until then nobody removes it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'vitest';
import { newList, SentFiles } from '../../../runtime/build/execute/sent-files.ts';
import { writeList } from '../../../runtime/build/files/sent-list.ts';
import { Turnstile } from '../../../runtime/turnstile.ts';
import { temporaryDirectory } from '../images/fixture.ts';

test('a directory that is put in order stays where others prune meanwhile', async () => {
  await using temporary = await temporaryDirectory();
  const directory = temporary.path;
  const archives = new Turnstile({ perKey: 1, inAll: 1 });
  const files = new SentFiles({ directory, name: 'a', engine: { archives } });
  const sent = await files.put('context:key', async (folder) => {
    const list = newList(folder);
    await writeList(list, []);
    return { list, count: 0, files: 0, bytes: 0, note: '' };
  });
  // All the room for such work is taken, as on a busy machine.
  const other = await archives.enter('a');
  const left = sent[Symbol.asyncDispose]();
  const [record] = await files.records();
  assert.ok(record?.inUse);
  assert.equal(await files.remove(record.id), false);
  other[Symbol.dispose]();
  await left;
  assert.equal(await files.remove(record.id), true);
  assert.equal(fs.existsSync(sent.directory), false);
});
