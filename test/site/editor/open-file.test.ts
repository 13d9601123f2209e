// An open file and the host it is of: what is saved, what is taken over, what is asked about, and that nothing is lost.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { ServerRefusal } from '../../../site/src/client/api.ts';
import { sentenceOf } from '../../../site/src/client/editor/failures.ts';
import type { FileRead, FileStore } from '../../../site/src/client/editor/file-store.ts';
import { OpenFile } from '../../../site/src/client/editor/open-file.ts';

/** A host's home with one file in it, or none. */
class Home implements FileStore {
  bytes: Uint8Array | undefined;
  version: string | undefined;
  /** While set, nothing answers. */
  isAway = false;
  /** What a write waits for before it is done. */
  gate: Promise<void> = Promise.resolve();
  #count = 0;

  /** The file becomes this; the version that it then has. */
  put(text: string | Uint8Array): string {
    this.bytes = typeof text === 'string' ? Buffer.from(text) : text;
    this.version = `v${++this.#count}`;
    return this.version;
  }

  remove(): void {
    this.bytes = undefined;
    this.version = undefined;
  }

  get text(): string | undefined {
    return this.bytes && Buffer.from(this.bytes).toString();
  }

  async read(): Promise<FileRead> {
    if (this.isAway) throw new TypeError('fetch failed');
    if (!this.bytes || !this.version) throw new ServerRefusal(404, 'There is no such file.', undefined);
    return { bytes: this.bytes, version: this.version };
  }

  async write(_path: string, bytes: Uint8Array<ArrayBuffer>, version: string | undefined): Promise<string> {
    await this.gate;
    if (this.isAway) throw new TypeError('fetch failed');
    if (version !== this.version) throw new ServerRefusal(412, 'It changed.', undefined);
    return this.put(bytes);
  }
}

/** A file with this text, open. */
async function opened(text: string): Promise<{ home: Home; file: OpenFile }> {
  const home = new Home();
  home.put(text);
  const file = new OpenFile(home, 'a.txt');
  await file.load();
  return { home, file };
}

const theirsOf = (file: OpenFile) => (file.saving.value.name === 'conflict' ? file.saving.value.theirs : undefined);

test('what is typed is on the host after a save, also what is typed while one goes on', async () => {
  const { home, file } = await opened('one');
  const { promise, resolve } = Promise.withResolvers<void>();
  home.gate = promise;
  file.type('two');
  const saved = file.save();
  await Promise.resolve();
  file.type('three');
  resolve();
  await saved;
  assert.deepEqual([home.text, file.saving.value.name, file.isDirty], ['two', 'typed', true]);
  await file.save();
  assert.deepEqual([home.text, file.saving.value.name, file.isDirty], ['three', 'saved', false]);
});

test('a look waits for the write before it, and does not bring the old text back', async () => {
  const { home, file } = await opened('one');
  const { promise, resolve } = Promise.withResolvers<void>();
  home.gate = promise;
  file.type('two');
  const saved = file.save();
  const heard = file.hear('v0');
  resolve();
  await Promise.all([saved, heard]);
  assert.deepEqual([file.text, file.saving.value.name], ['two', 'saved']);
});

test('a change on the host is taken over where nothing was typed', async () => {
  const { home, file } = await opened('one');
  const told: string[] = [];
  file.onText = (text) => told.push(text);
  await file.hear(home.put('two'));
  assert.deepEqual([file.text, file.saving.value.name, told], ['two', 'saved', ['two']]);
});

test('a file that is removed and made again, with nothing typed, is taken over and not asked about', async () => {
  const { home, file } = await opened('one');
  home.remove();
  await file.hear(undefined);
  assert.deepEqual([theirsOf(file)?.name, file.isGone, file.isDirty], ['gone', true, false]);
  await file.hear(home.put('two'));
  assert.deepEqual([file.text, file.saving.value.name, file.isGone], ['two', 'saved', false]);
});

test('a file that was removed, typed into and made again is asked about', async () => {
  const { home, file } = await opened('one');
  home.remove();
  await file.hear(undefined);
  file.type('mine');
  await file.hear(home.put('theirs'));
  const theirs = theirsOf(file);
  assert.deepEqual(theirs, { name: 'text', text: 'theirs', version: home.version });
  await file.settle('mine');
  assert.deepEqual([home.text, file.saving.value.name], ['mine', 'saved']);
});

test('the question goes when the version that is known comes back, and what was typed is saved', async () => {
  for (const typed of [false, true]) {
    const { home, file } = await opened('one');
    const { bytes, version } = home;
    home.remove();
    await file.hear(undefined);
    if (typed) file.type('mine');
    home.bytes = bytes;
    home.version = version;
    await file.hear(version);
    assert.equal(file.saving.value.name, typed ? 'typed' : 'saved');
    await file.save();
    assert.deepEqual([home.text, file.saving.value.name], [typed ? 'mine' : 'one', 'saved']);
  }
});

test('where no text came to stand, it is asked as that, and taking it over puts in no empty text', async () => {
  const { home, file } = await opened('one');
  file.type('mine');
  home.put(new Uint8Array([0, 1, 2]));
  await file.save();
  assert.deepEqual(theirsOf(file), { name: 'binary', bytes: 3, version: home.version });
  await file.settle('theirs');
  assert.deepEqual(file.content.value, { name: 'binary', bytes: 3 });
  await file.save();
  assert.deepEqual(home.bytes, new Uint8Array([0, 1, 2]));
});

test('what cannot be saved stays, and goes to the host with the next save', async () => {
  const { home, file } = await opened('one');
  home.isAway = true;
  file.type('two');
  await file.save();
  assert.deepEqual(file.saving.value, { name: 'failed', why: 'The server does not answer.' });
  await file.look();
  assert.deepEqual([file.text, file.saving.value.name, file.isDirty], ['two', 'failed', true]);
  home.isAway = false;
  await file.save();
  assert.deepEqual([home.text, file.saving.value.name], ['two', 'saved']);
});

test('a file that was just made needs no reading, and is not taken for another', async () => {
  const home = new Home();
  const file = new OpenFile(home, 'new.txt');
  file.startEmpty(home.put(''));
  file.type('first');
  await file.save();
  assert.deepEqual([home.text, file.saving.value.name], ['first', 'saved']);
});

test('only what nobody answers is told as that', () => {
  assert.equal(sentenceOf(new TypeError('fetch failed')), 'The server does not answer.');
  assert.equal(sentenceOf(new DOMException('', 'TimeoutError')), 'The server does not answer.');
  assert.equal(sentenceOf(new DOMException('It is a folder.', 'NotReadableError')), 'It is a folder.');
  assert.equal(sentenceOf(new ServerRefusal(507, 'The disk is full.', undefined)), 'The disk is full.');
});
