// A data directory as a first start leaves it, with the images unpacked: made once in a run of all tests, so that each Drydock
// of a test begins as at its second start, and not with seconds of work for both processors.

import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** As DRYDOCK_CATALOGUE has it: which images are unpacked in a store. There is a template of each. */
export type Catalogue = 'all' | 'minimal';

/** What a first start of the engine leaves: the records and files of the images, and its code, compiled. */
const engineKept = ['engine.db', 'store.img', 'compiled'];
const serverKept = ['server/compiled'];

async function keep(what: readonly string[], from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o711 });
  // cp(1) leaves the holes of the image holes.
  await run('cp', ['--archive', '--parents', '--sparse=always', ...what, to], { cwd: from });
}

/** Keeps what an engine that is down has in the data directory `data`. */
export async function keepStore(data: string, template: string, catalogue: Catalogue): Promise<void> {
  await keep(engineKept, data, path.join(template, catalogue));
}

/** Keeps the server's code as it was compiled in the data directory `data`. */
export async function keepCompiledServer(data: string, template: string): Promise<void> {
  await keep(serverKept, data, template);
}

/** Makes the new directory `data` one after a first start, where this run of the tests has templates. */
export async function copyTemplate(data: string, catalogue: Catalogue): Promise<void> {
  const template = process.env.TEST_STORE_TEMPLATE;
  if (template === undefined) return;
  await Promise.all([keep(engineKept, path.join(template, catalogue), data), keep(serverKept, template, data)]);
  // The kernel mounts no two file systems with the same number.
  await run('btrfstune', ['-m', path.join(data, 'store.img')]);
}
