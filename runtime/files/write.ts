// Writing a file of a workspace's home: whole and at once, or not at all.

import { randomBytes } from 'node:crypto';
import fs, { type BigIntStats } from 'node:fs';
import type { WriteOptions } from '../client-files.ts';
import { EngineError } from '../errors.ts';
import { pathOf } from '../kernel/beneath.ts';
import { maxFileBytes } from '../limits.ts';
import { look, typeOf, versionOf } from './entries.ts';
import type { Home, Place } from './home.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = fs.constants;

export function writeFile(
  home: Home,
  path: string,
  bytes: Uint8Array,
  { expected, executable = false }: WriteOptions,
): { readonly version: string } {
  if (bytes.length > maxFileBytes) throw new EngineError('tooLarge', `${path} would be larger than 1 MiB`);
  return home.at(path, (place) => {
    const there = look(place.path);
    checkExpected(path, there, expected);
    const mode = there ? Number(there.mode) & 0o777 : executable ? 0o755 : 0o644;
    return put(place, bytes, mode, expected === 'none');
  });
}

function checkExpected(path: string, there: BigIntStats | null, expected: string | undefined): void {
  if (there && typeOf(there) !== 'file')
    throw new EngineError('invalid', `${path} is ${typeOf(there) === 'folder' ? 'a folder' : 'no file'}`);
  if (expected === undefined) return;
  if (expected === 'none' && there) throw new EngineError('conflict', `${path} is there already; choose another name`);
  if (expected !== 'none' && (!there || versionOf(there) !== expected))
    throw new EngineError('conflict', there ? `${path} was changed meanwhile` : `${path} was removed meanwhile`);
}

function put(place: Place, bytes: Uint8Array, mode: number, mustBeNew: boolean): { readonly version: string } {
  const draft = `${pathOf(place.folder)}/.drydock-${randomBytes(8).toString('hex')}`;
  const file = fs.openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  let stays = true;
  try {
    for (let written = 0; written < bytes.length; ) written += fs.writeSync(file, bytes, written);
    fs.fchmodSync(file, mode);
    const version = versionOf(fs.fstatSync(file, { bigint: true }));
    if (mustBeNew) fs.linkSync(draft, place.path);
    else {
      fs.renameSync(draft, place.path);
      stays = false;
    }
    return { version };
  } finally {
    fs.closeSync(file);
    if (stays) fs.rmSync(draft, { force: true });
  }
}
