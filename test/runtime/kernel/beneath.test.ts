// Paths that a stranger may have made are resolved below a directory and nowhere else.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { openInView, openWithin, pathOf } from '../../../runtime/kernel/beneath.ts';

let folder: string;
let root: number;

beforeAll(() => {
  folder = fs.mkdtempSync('/tmp/drydock-beneath-');
  fs.mkdirSync(`${folder}/root/in`, { recursive: true });
  fs.writeFileSync(`${folder}/outside`, 'outside');
  fs.writeFileSync(`${folder}/root/in/file`, 'inside');
  for (const [name, target] of [
    ['own', 'in/file'],
    ['absolute', '/in/file'],
    ['out-absolute', `${folder}/outside`],
    ['out-relative', '../outside'],
    ['loop', 'loop'],
  ] as const)
    fs.symlinkSync(target, `${folder}/root/${name}`);
  root = fs.openSync(`${folder}/root`, fs.constants.O_RDONLY);
});
afterAll(() => {
  fs.closeSync(root);
  fs.rmSync(folder, { recursive: true });
});

/** What the file holds that `open` finds, or how it fails. */
function found(open: (directory: number, path: string) => number, path: string): string {
  try {
    const fd = open(root, path);
    try {
      return fs.readFileSync(pathOf(fd), 'utf8');
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

describe('a path', () => {
  const table: [path: string, inView: string, within: string][] = [
    ['in/file', 'inside', 'inside'],
    ['own', 'inside', 'inside'],
    ['/in/file', 'inside', 'EXDEV'],
    ['absolute', 'inside', 'EXDEV'],
    ['../../in/file', 'inside', 'EXDEV'],
    ['out-absolute', 'ENOENT', 'EXDEV'],
    ['out-relative', 'ENOENT', 'EXDEV'],
    ['in/../../outside', 'ENOENT', 'EXDEV'],
    ['loop', 'ELOOP', 'ELOOP'],
    ['nothing', 'ENOENT', 'ENOENT'],
  ];
  for (const [path, inView, within] of table)
    test(`${path} leads to ${inView} in a view, and to ${within} within`, () => {
      assert.deepEqual([found(openInView, path), found(openWithin, path)], [inView, within]);
    });

  test('of /proc that leads into another process is not followed', () => {
    const machine = fs.openSync('/', fs.constants.O_RDONLY);
    try {
      for (const path of [`/proc/${process.pid}/root`, `/proc/${process.pid}/cwd`, `/proc/${process.pid}/fd/${root}`])
        assert.throws(() => openInView(machine, path), { code: 'ELOOP' });
    } finally {
      fs.closeSync(machine);
    }
  });
});
