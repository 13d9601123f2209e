// Keeps the lists of Debian's packages that an image was made from: by them it is told later which packages there are in newer versions.

import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

const releaseName = /^(.+)_InRelease$/;

/** Copies apt's lists, and what each release's file says of them, from one directory to another. Those that are there already stay. */
export async function keepLists(from: string, to: string): Promise<void> {
  const names = await readdir(from);
  await mkdir(to, { recursive: true, mode: 0o755 });
  for (const name of names) {
    const release = releaseName.exec(name)?.[1];
    if (release === undefined || (await isSame(`${from}/${name}`, `${to}/${name}`))) continue;
    for (const list of names.filter((one) => one.startsWith(`${release}_`) && one.endsWith('_Packages')))
      await copy(`${from}/${list}`, `${to}/${list}.gz`, true);
    // The last: with it they are there.
    await copy(`${from}/${name}`, `${to}/${name}`, false);
  }
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([readFile(one), readFile(other).catch(() => null)]);
  return second !== null && first.equals(second);
}

/** Whole, or not at all. Several engines may share the directory. */
async function copy(from: string, to: string, isCompressed: boolean): Promise<void> {
  const made = `${to}.${process.pid}.new`;
  try {
    const source = createReadStream(from);
    const target = createWriteStream(made, { mode: 0o644, flush: true });
    if (isCompressed) await pipeline(source, createGzip({ level: 1 }), target);
    else await pipeline(source, target);
    await rename(made, to);
  } finally {
    await rm(made, { force: true });
  }
}
