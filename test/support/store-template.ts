// A data directory as a first start leaves it, with the workspace unpacked: made once in a run of all tests, so that each
// Drydock of a test begins as at its second start, and not with three seconds of work for both processors.

import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a first start leaves: the records and files of the images, and the code of engine and server, compiled. */
const kept = ['engine.db', 'store.img', 'compiled', 'server/compiled'];

/** Keeps the data directory `data` of a Drydock that is down as `template`. */
export async function keepTemplate(data: string, template: string): Promise<void> {
  await mkdir(template, { recursive: true, mode: 0o711 });
  // cp(1) leaves the holes of the image holes.
  await run('cp', ['--archive', '--parents', '--sparse=always', ...kept, template], { cwd: data });
}

/** Makes the new directory `data` one after a first start, where this run of the tests has a template. */
export async function copyTemplate(data: string): Promise<void> {
  const template = process.env.TEST_STORE_TEMPLATE;
  if (template === undefined) return;
  await keepTemplate(template, data);
  // The kernel mounts no two file systems with the same number.
  await run('btrfstune', ['-m', path.join(data, 'store.img')]);
}
