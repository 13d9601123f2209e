// Reading /etc/passwd and its like out of a container's files: what is there is read, by links too, and nothing else is.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { readBeneath } from '../../../runtime/kernel/safe-read.ts';

let folder: string;
const root = () => `${folder}/root`;

beforeAll(async () => {
  folder = await mkdtemp('/tmp/safe-read-');
  mkdirSync(`${root()}/etc`, { recursive: true });
  mkdirSync(`${root()}/nix/store`, { recursive: true });
  writeFileSync(`${root()}/etc/plain`, 'plain');
  writeFileSync(`${root()}/nix/store/passwd`, 'alice');
  writeFileSync(`${folder}/secret`, 'secret');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is read where `etc/NAME` is a link to `target`. */
function linked(name: string, target: string): string | null {
  symlinkSync(target, `${root()}/etc/${name}`);
  return readBeneath(root(), `etc/${name}`, 64);
}

describe('A17: a file that is read', () => {
  test('may be reached by links inside the container, from its root or from where the link is', () => {
    assert.equal(readBeneath(root(), 'etc/plain', 64), 'plain');
    assert.equal(linked('absolute', '/nix/store/passwd'), 'alice');
    assert.equal(linked('relative', '../nix/store/passwd'), 'alice');
    assert.equal(linked('chain', 'absolute'), 'alice');
    symlinkSync('/nix', `${root()}/way`);
    assert.equal(readBeneath(root(), 'way/store/passwd', 64), 'alice');
  });

  test('is never one of the machine', () => {
    assert.equal(linked('out', `${folder}/secret`), null);
    assert.equal(linked('climbing', '../../secret'), null);
    assert.equal(linked('hostname', '/etc/hostname'), null);
    for (const magic of ['root/etc/hostname', 'fd/0', 'cwd/package.json', 'environ'])
      assert.equal(linked(`magic-${magic.replaceAll('/', '-')}`, `/proc/self/${magic}`), null, magic);
  });

  test('is not one of another file system in it, such as /proc', () => {
    assert.equal(readBeneath('/', 'proc/version', 64)?.slice(0, 5), 'Linux'); // named as it is: the caller says what is read
    symlinkSync('/proc/version', `${folder}/version`);
    assert.equal(readBeneath('/', `${folder.slice(1)}/version`, 64), null);
  });

  test('is a file, and read no further than asked for', () => {
    execFileSync('mkfifo', [`${root()}/etc/fifo`]);
    assert.equal(readBeneath(root(), 'etc/fifo', 64), null);
    assert.equal(linked('to-fifo', 'fifo'), null);
    assert.equal(linked('to-directory', '/nix'), null);
    assert.equal(linked('loop', 'loop'), null);
    writeFileSync(`${root()}/etc/sparse`, '');
    truncateSync(`${root()}/etc/sparse`, 10 * 1024 ** 3);
    assert.equal(readBeneath(root(), 'etc/sparse', 64)?.length, 64);
    assert.equal(linked('to-sparse', 'sparse')?.length, 64);
  });
});
