// Files of a workspace's home, from outside: what an editor needs, and every way in which a student may try to lead it astray.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { EngineClient, EngineError } from '../../../runtime/index.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { testRun } from '../../support/instance.ts';
import { until } from '../../support/until.ts';

let engine: TestEngine;
let client: EngineClient;
const host = 'files';
/** A file and a folder of the machine's own, which nobody in a host may read or change. */
let marker: string;

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const bytes = (content: string): Uint8Array => Buffer.from(content);

async function shell(script: string, user = 'student'): Promise<string> {
  const result = await client.run(host, {
    argv: ['bash', '-c', script],
    user,
    cwd: '/home/student',
    timeoutMs: 60_000,
  });
  assert.equal(result.exitCode, 0, result.stderr);
  return result.stdout;
}

async function write(path: string, content: string): Promise<string> {
  return (await client.writeFile(host, path, bytes(content))).version;
}

async function read(path: string): Promise<string> {
  return text((await client.readFile(host, path)).bytes);
}

/** The kind that a call throws; fails where it throws nothing. */
async function kindOf(call: Promise<unknown>): Promise<string> {
  const failure = await call.then(
    () => null,
    (error: EngineError) => error,
  );
  assert.ok(failure, 'it was refused');
  assert.equal(failure.name, 'EngineError', failure.message);
  return failure.kind;
}

beforeAll(async () => {
  engine = await startEngine({ hostDiskBytes: 192 * 1024 * 1024 });
  client = engine.client;
  await client.createHost(host);
  marker = mkdtempSync(`/tmp/${testRun}-marker-`);
  writeFileSync(`${marker}/secret`, 'of the machine');
});

afterAll(async () => {
  rmSync(marker, { recursive: true });
  await engine[Symbol.asyncDispose]();
});

describe('files of the home', () => {
  test('are written and read as they are, and belong to the student', async () => {
    const content = Buffer.from(Array.from({ length: 1000 }, (_, n) => n % 256));
    const { version } = await client.writeFile(host, 'a.bin', content);
    const got = await client.readFile(host, 'a.bin');
    assert.deepEqual([Buffer.from(got.bytes), got.version], [content, version]);
    assert.equal(await shell('stat -c "%U:%G %a" a.bin'), 'student:student 644\n');
    await client.writeFile(host, 'run.sh', bytes('#!/bin/sh\necho ran\n'), { executable: true });
    assert.equal(await shell('./run.sh'), 'ran\n');
  });

  test('are brought in piece by piece, and are there once the last piece is', async () => {
    const piece = (draft: string, offset: number, content: string, last = false, expected = 'none') =>
      client.writeFile(host, 'pieces.txt', bytes(content), {
        expected,
        piece: { draft: draft.repeat(16), offset, last },
      });
    await piece('a', 0, 'one ');
    await piece('a', 4, 'two ');
    assert.equal(await kindOf(piece('a', 4, 'again')), 'conflict', 'a piece that was there already');
    assert.equal(await kindOf(piece('a', 9, 'later')), 'conflict', 'a piece that is not the next one');
    assert.equal(await kindOf(read('pieces.txt')), 'notFound');
    await piece('a', 8, 'three', true);
    assert.equal(await read('pieces.txt'), 'one two three');
    assert.equal(await shell('stat -c "%U %a" pieces.txt; ls -a | grep -c drydock- || true'), 'student 644\n0\n');

    await piece('b', 0, 'one ', false, (await client.readFile(host, 'pieces.txt')).version);
    assert.equal(await kindOf(piece('b', 4, 'two', true)), 'conflict', 'it is there by now');
    await shell(
      'rm -f .drydock-*; echo mine > mine; ln -s mine .drydock-cccccccccccccccc; mkfifo .drydock-dddddddddddddddd',
    );
    for (const draft of ['c', 'd']) await kindOf(piece(draft, 5, 'theirs', true, ''));
    assert.equal(await shell('cat mine; rm -f .drydock-*'), 'mine\n');
    const limit = 20 * 1024 * 1024;
    assert.equal(await kindOf(piece('e', limit - 3, 'more', true, '')), 'tooLarge');
  });

  test('keep their mode when they are written again', async () => {
    await shell('echo one > kept.sh; chmod 750 kept.sh');
    await write('kept.sh', 'two\n');
    assert.equal(await shell('stat -c %a kept.sh; cat kept.sh'), '750\ntwo\n');
  });

  test('are listed with type, size and version', async () => {
    await shell('mkdir -p list/inner; echo hello > list/file; ln -s file list/link; mkfifo list/fifo');
    const { files, more } = await client.listFiles(host, 'list');
    const found = Object.fromEntries(files.map(({ name, type, size }) => [name, [type, type === 'file' ? size : 0]]));
    assert.deepEqual(found, { inner: ['folder', 0], file: ['file', 6], link: ['link', 0], fifo: ['other', 0] });
    assert.equal(more, false);
    const listed = files.find(({ name }) => name === 'file')?.version;
    assert.equal((await client.readFile(host, 'list/file')).version, listed);
    assert.ok((await client.listFiles(host, '')).files.some(({ name }) => name === '.bashrc'));
  });

  test('are not written over what has changed meanwhile', async () => {
    const first = await write('shared.txt', 'first');
    await shell('echo theirs > shared.txt');
    assert.equal(await kindOf(client.writeFile(host, 'shared.txt', bytes('mine'), { expected: first })), 'conflict');
    assert.equal(await read('shared.txt'), 'theirs\n');
    const { version } = await client.readFile(host, 'shared.txt');
    const second = await client.writeFile(host, 'shared.txt', bytes('mine'), { expected: version });
    assert.notEqual(second.version, version);
    assert.equal(await kindOf(client.writeFile(host, 'shared.txt', bytes('x'), { expected: 'none' })), 'conflict');
    assert.equal(await kindOf(client.writeFile(host, 'never.txt', bytes('x'), { expected: version })), 'conflict');
    await client.writeFile(host, 'new.txt', bytes('new'), { expected: 'none' });
    assert.equal(await read('new.txt'), 'new');
    assert.ok(!(await client.listFiles(host, '')).files.some(({ name }) => name.startsWith('.drydock-')));
  });

  test('get folders, other names, and go', async () => {
    await client.makeDirectory(host, 'made');
    assert.equal(await kindOf(client.makeDirectory(host, 'made')), 'conflict');
    assert.equal(await kindOf(client.makeDirectory(host, 'none/made')), 'notFound');
    await write('made/a', 'a');
    await client.renamePath(host, 'made/a', 'made/b');
    assert.equal(await read('made/b'), 'a');
    await write('made/c', 'c');
    assert.equal(await kindOf(client.renamePath(host, 'made/b', 'made/c')), 'conflict');
    assert.equal(await kindOf(client.renamePath(host, 'made', 'made/inside')), 'invalid');
    await client.renamePath(host, 'made', 'moved');
    await client.removePath(host, 'moved');
    assert.equal(await kindOf(client.listFiles(host, 'moved')), 'notFound');
    assert.equal(await kindOf(client.removePath(host, '')), 'invalid');
    assert.equal(await shell('stat -c %U /home/student'), 'student\n');
  });

  test('that are root’s in the host may not be changed, as in a shell', async () => {
    await shell('mkdir /home/student/roots; echo x > /home/student/roots/f; chmod 600 /home/student/roots/f', 'root');
    assert.equal(await kindOf(client.readFile(host, 'roots/f')), 'forbidden');
    assert.equal(await kindOf(client.writeFile(host, 'roots/f', bytes('y'))), 'forbidden');
    assert.equal(await kindOf(client.removePath(host, 'roots')), 'forbidden');
    assert.equal(await kindOf(client.makeDirectory(host, 'roots/d')), 'forbidden');
  });

  test('meet the quota with a sentence, and stay as they were', async () => {
    await write('whole.txt', 'as it was');
    // A disk that is full to the last block, whatever the file system keeps back.
    await client.run(host, {
      argv: [
        'bash',
        '-c',
        'dd if=/dev/urandom of=fill bs=1M; dd if=/dev/urandom of=fill bs=4k oflag=append conv=notrunc; sync',
      ],
      timeoutMs: 60_000,
    });
    const large = Buffer.alloc(1024 * 1024, 'x');
    assert.equal(await kindOf(client.writeFile(host, 'whole.txt', large)), 'noSpace');
    assert.equal(await read('whole.txt'), 'as it was');
    await client.removePath(host, 'fill');
    await until('there is room again', async () => {
      const outcome = await client.writeFile(host, 'whole.txt', bytes('new')).catch(() => null);
      return outcome !== null;
    });
  });
});

describe('a watch', () => {
  test('tells that something has changed, in folders too, and ends with its signal', async () => {
    const ending = new AbortController();
    let turns = 0;
    const changes = await client.watchFiles(host, ending.signal);
    const over = (async () => {
      for await (const _ of changes) turns++;
    })();
    await shell('mkdir -p deep/er; echo 1 > deep/er/file');
    await until('it has told of a new file', () => turns > 0);
    const before = turns;
    await shell('echo 2 >> deep/er/file');
    await until('it has told of a changed file', () => turns > before);
    ending.abort();
    await over;
  });
});

describe('C04', () => {
  test('a path that is none is refused before anything is looked at', async () => {
    for (const path of ['..', '../x', 'a/../../x', '/etc/passwd', '/', 'a//b', 'a/', './a', '.', 'a\0b', '\0']) {
      assert.equal(await kindOf(client.readFile(host, path)), 'invalid', JSON.stringify(path));
      assert.equal(await kindOf(client.writeFile(host, path, bytes('x'))), 'invalid', JSON.stringify(path));
      assert.equal(await kindOf(client.listFiles(host, path)), 'invalid', JSON.stringify(path));
      assert.equal(await kindOf(client.removePath(host, path)), 'invalid', JSON.stringify(path));
      assert.equal(await kindOf(client.renamePath(host, 'a.bin', path)), 'invalid', JSON.stringify(path));
    }
    assert.equal(await kindOf(client.readFile(host, `${'a/'.repeat(2100)}a`)), 'invalid');
    assert.equal(await kindOf(client.readFile(host, 'a'.repeat(256))), 'invalid');
  });

  test('what is special elsewhere is a name like any other here', async () => {
    for (const path of ['%2e%2e', '%2e%2e%2fetc', '..\\..\\etc\\passwd', 'C:\\x', '%00', '~', '$HOME', 'A.BIN']) {
      assert.equal(await kindOf(client.readFile(host, path)), 'notFound', path);
    }
    await write('$(touch pwned)\n`x`;.txt', 'harmless');
    assert.equal(await read('$(touch pwned)\n`x`;.txt'), 'harmless');
    assert.equal(await kindOf(client.readFile(host, 'pwned')), 'notFound');
  });

  test('a link is not followed, wherever it leads and wherever it stands', async () => {
    await shell(`
      mkdir -p links; cd links
      ln -s /proc/1/root root; ln -s /proc/self/environ environ; ln -s ../.bashrc inside; ln -s /etc etc
      ln -s ${marker} marker; ln -s . loop; ln -s loop2 loop2; ln -s /proc/self/fd/3 fd; ln -s /proc/self/cwd cwd
    `);
    for (const path of ['root/etc/passwd', 'etc/passwd', 'marker/secret', 'loop/loop/inside', 'cwd/etc/passwd']) {
      assert.equal(await kindOf(client.readFile(host, `links/${path}`)), 'invalid', path);
      assert.equal(await kindOf(client.writeFile(host, `links/${path}`, bytes('x'))), 'invalid', path);
      assert.equal(await kindOf(client.removePath(host, `links/${path}`)), 'invalid', path);
    }
    for (const name of ['root', 'environ', 'inside', 'etc', 'marker', 'loop', 'loop2', 'fd', 'cwd']) {
      assert.equal(await kindOf(client.readFile(host, `links/${name}`)), 'invalid', name);
      assert.equal(await kindOf(client.listFiles(host, `links/${name}`)), 'invalid', name);
      assert.equal(await kindOf(client.writeFile(host, `links/${name}`, bytes('x'))), 'invalid', name);
    }
    await client.removePath(host, 'links');
    assert.match(await read('.bashrc'), /./, 'what the links led to is there');
    assert.equal(readFileSync(`${marker}/secret`, 'utf8'), 'of the machine');
  });

  test('a home that is a link, or that something is mounted on, is refused', async () => {
    await shell('mount -t tmpfs none /home/student && echo there > /home/student/f', 'root');
    try {
      assert.equal(await kindOf(client.listFiles(host, '')), 'invalid');
      assert.equal(await kindOf(client.readFile(host, 'f')), 'invalid');
    } finally {
      await shell('cd /; umount /home/student', 'root');
    }
    await shell('mv /home/student /home/real && ln -s /proc/1/root/etc /home/student', 'root');
    try {
      assert.equal(await kindOf(client.listFiles(host, '')), 'invalid');
      assert.equal(await kindOf(client.readFile(host, 'passwd')), 'invalid');
    } finally {
      await client.run(host, {
        argv: ['sh', '-c', 'rm /home/student; mv /home/real /home/student'],
        user: 'root',
        cwd: '/',
      });
    }
    assert.ok((await client.listFiles(host, '')).files.length > 0);
  });

  test('a FIFO and a folder are no files, and nothing waits for them', async () => {
    await shell('mkfifo fifo; mkdir folder');
    for (const name of ['fifo', 'folder']) {
      assert.equal(await kindOf(client.readFile(host, name)), 'invalid', name);
      assert.equal(await kindOf(client.writeFile(host, name, bytes('x'))), 'invalid', name);
    }
    assert.equal(await kindOf(client.listFiles(host, 'fifo')), 'invalid');
    await client.removePath(host, 'fifo');
  });

  test('a file of 10 GB is refused by its size, one of 1 MiB is not', async () => {
    await shell('truncate -s 10G huge; head -c 1048576 /dev/zero > most; head -c 1048577 /dev/zero > more');
    assert.equal(await kindOf(client.readFile(host, 'huge')), 'tooLarge');
    assert.equal(await kindOf(client.readFile(host, 'more')), 'tooLarge');
    assert.equal((await client.readFile(host, 'most')).bytes.length, 1024 * 1024);
    assert.equal(await kindOf(client.writeFile(host, 'x', Buffer.alloc(1024 * 1024 + 1))), 'tooLarge');
    await client.removePath(host, 'huge');
  });

  test('of 21,000 entries 5,000 are listed, and the engine goes on meanwhile', async () => {
    await shell('mkdir many; cd many; seq 21000 | xargs touch');
    const [{ files, more }, status] = await Promise.all([client.listFiles(host, 'many'), client.status()]);
    assert.deepEqual([files.length, more, status.ready], [5000, true, true]);
    assert.equal(await kindOf(client.removePath(host, 'many')), 'tooLarge');
    assert.equal((await shell('ls -f many | wc -l')).trim(), '21002', 'what is too much stays whole');
    await shell('rm -r many');
  });

  test('folders that are nested without end are not walked without end', async () => {
    await shell(`mkdir -p nest/$(printf 'd/%.0s' $(seq 300))`);
    assert.equal(await kindOf(client.removePath(host, 'nest')), 'tooLarge');
    await shell('rm -r nest');
  });

  test('a folder that is swapped for a link while we work never leads out of the home', async () => {
    await shell(`
      mkdir -p race/real /tmp/outside; echo inside > race/real/f; echo outside > /tmp/outside/f; ln -s /tmp/outside race/link
      (end=$((SECONDS + 4)); while [ $SECONDS -lt $end ]; do
        mv -T race/real race/x 2>/dev/null; mv -T race/link race/real 2>/dev/null
        mv -T race/real race/link 2>/dev/null; mv -T race/x race/real 2>/dev/null
      done) > /dev/null 2>&1 &
    `);
    const seen = new Set<string>();
    const endsAt = performance.now() + 3000;
    // In the end the folder is there again, for who was too slow to see it before.
    for (let n = 0; performance.now() < endsAt + (seen.has('inside') ? 0 : 20_000); n++) {
      const got = await read('race/real/f').catch((error: EngineError) => error.kind);
      seen.add(got.trim());
      await client.writeFile(host, 'race/real/g', bytes('ours')).catch(() => undefined);
      await client.removePath(host, 'race/real/g').catch(() => undefined);
      await client.makeDirectory(host, `race/real/d${n}`).catch(() => undefined);
    }
    assert.ok(seen.delete('inside'), 'the folder was there at times');
    for (const each of seen) assert.ok(['invalid', 'notFound'].includes(each), each);
    assert.equal(await shell('ls /tmp/outside'), 'f\n', 'nothing of ours is outside');
    assert.equal(await shell('cat /tmp/outside/f'), 'outside\n');
  });

  test('a stopped host, and one that is not there, say so', async () => {
    assert.equal(await kindOf(client.listFiles('nope', '')), 'notFound');
    await client.createHost('other');
    await client.run('other', { argv: ['sh', '-c', 'echo theirs > f'] });
    assert.equal(await kindOf(client.readFile(host, 'f')), 'notFound', 'another host’s file is not here');
    await client.removeHost('other');
    assert.equal(await kindOf(client.readFile('other', 'f')), 'notFound');
  });

  test('nothing of all this has left a descriptor open in the engine', async () => {
    const open = () => readdirSync(`/proc/${engine.pid}/fd`).length;
    await client.listFiles(host, '');
    const before = open();
    for (let n = 0; n < 50; n++) {
      await client.readFile(host, 'links/none').catch(() => undefined);
      await client.readFile(host, '../x').catch(() => undefined);
      await write('again', String(n));
    }
    await until(`about ${before} descriptors are open`, () => open() <= before + 3);
  });
});
