// Writing a file of a workspace's home: whole and at once, or not at all.

import { randomBytes } from 'node:crypto';
import fs, { type BigIntStats } from 'node:fs';
import type { FilePiece, WriteOptions } from '../client-files.ts';
import { EngineError } from '../errors.ts';
import { pathOf } from '../kernel/beneath.ts';
import { maxBroughtFileBytes, maxFileBytes } from '../limits.ts';
import { look, typeOf, versionOf } from './entries.ts';
import type { Home, Place } from './home.ts';

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = fs.constants;
/** Of the hidden files that become others once they are whole. */
const draftPrefix = '.drydock-';

export function writeFile(
  home: Home,
  path: string,
  bytes: Uint8Array,
  { expected, executable = false, piece }: WriteOptions,
): { readonly version: string } {
  if (bytes.length > maxFileBytes) throw new EngineError('tooLarge', `${path} would be larger than 1 MiB`);
  if (piece && piece.offset + bytes.length > maxBroughtFileBytes)
    throw new EngineError('tooLarge', `${path} would be larger than 20 MiB`);
  return home.at(path, (place) => {
    const there = look(place.path);
    checkExpected(path, there, expected);
    const mode = there ? Number(there.mode) & 0o777 : executable ? 0o755 : 0o644;
    const draft = openDraft(place, path, piece);
    return put(draft, place, bytes, { mode, mustBeNew: expected === 'none', isWhole: piece?.last ?? true });
  });
}

interface Draft {
  readonly path: string;
  readonly file: number;
}

/** Throws conflict where a piece does not go on where the one before it ended. */
function openDraft(place: Place, path: string, piece: FilePiece | undefined): Draft {
  const draft = `${pathOf(place.folder)}/${draftPrefix}${piece?.draft ?? randomBytes(8).toString('hex')}`;
  if (piece === undefined || piece.offset === 0)
    return { path: draft, file: fs.openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600) };
  // A student may have put anything in its place.
  const file = fs.openSync(draft, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  const stats = fs.fstatSync(file);
  if (stats.isFile() && stats.size === piece.offset) return { path: draft, file };
  fs.closeSync(file);
  throw new EngineError('conflict', `${path} was not brought in whole; begin again`);
}

function checkExpected(path: string, there: BigIntStats | null, expected: string | undefined): void {
  if (there && typeOf(there) !== 'file')
    throw new EngineError('invalid', `${path} is ${typeOf(there) === 'folder' ? 'a folder' : 'no file'}`);
  if (expected === undefined) return;
  if (expected === 'none' && there) throw new EngineError('conflict', `${path} is there already; choose another name`);
  if (expected !== 'none' && (!there || versionOf(there) !== expected))
    throw new EngineError('conflict', there ? `${path} was changed meanwhile` : `${path} was removed meanwhile`);
}

interface How {
  readonly mode: number;
  readonly mustBeNew: boolean;
  /** These are the last bytes: the draft takes its place. */
  readonly isWhole: boolean;
}

/** Adds to the draft; a draft that fails, or has taken its place, is gone. */
function put(draft: Draft, place: Place, bytes: Uint8Array, how: How): { readonly version: string } {
  let goes = true;
  try {
    for (let written = 0; written < bytes.length; ) written += fs.writeSync(draft.file, bytes, written);
    if (how.isWhole) fs.fchmodSync(draft.file, how.mode);
    const version = versionOf(fs.fstatSync(draft.file, { bigint: true }));
    if (how.isWhole && how.mustBeNew) fs.linkSync(draft.path, place.path);
    else {
      if (how.isWhole) fs.renameSync(draft.path, place.path);
      goes = false;
    }
    return { version };
  } finally {
    fs.closeSync(draft.file);
    if (goes) fs.rmSync(draft.path, { force: true });
  }
}
