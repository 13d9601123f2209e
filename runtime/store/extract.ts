// Unpacks the tar of a layer into an empty directory, in the form that overlayfs takes as a lower layer. The archive is
// hostile: an entry that would leave the directory, or passes a limit, ends it with an error that names the entry.

import { closeSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { at, EngineError } from '../errors.ts';
import {
  mayCarryAttribute,
  opaqueWhiteout,
  paxAttributePrefix,
  whiteoutMetaPrefix,
  whiteoutPrefix,
} from './archive.ts';
import { type Attributes, components, type OpenFile, Tree } from './tree.ts';

export interface ExtractLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

/** The highest user or group ID that a host's range of 65,536 can show. */
const maxOwner = 65535;
/** Whom a file belongs to whose own owner a host cannot show: nobody, as the kernel shows such owners (`overflowuid`). */
const nobody = 65534;

/**
 * Unpacks `tar` (already decompressed) into `directory`. Returns how many bytes its files hold. On an error the directory
 * holds a part of the archive and is the caller's to remove. Block devices are refused; character devices are left out,
 * because the runtime gives every container a /dev of its own. Writes block: for worker threads.
 */
export async function extractLayer(tar: Readable, directory: string, limits: ExtractLimits): Promise<number> {
  using tree = new Tree(directory);
  let entries = 0;
  let bytes = 0;
  const reader = extract();
  reader.on('entry', (header, body, next) => {
    const fail = (error: unknown): void => next(at(`entry ${JSON.stringify(header.name)}`, error));
    let file: OpenFile | null = null;
    // Also where the entry is refused: its body is destroyed with the archive, and says so.
    body.on('error', () => file && closeSync(file.fd));
    try {
      if (++entries > limits.maxEntries) {
        throw new EngineError('tooLarge', `the archive has more than ${limits.maxEntries} entries`);
      }
      if (header.type === 'file' || header.type === 'contiguous-file') {
        bytes += header.size;
        if (bytes > limits.maxBytes) {
          throw new EngineError('tooLarge', `the archive holds more than ${limits.maxBytes} bytes`);
        }
      }
      file = writeEntry(tree, header);
    } catch (error) {
      return fail(error);
    }
    const open = file;
    body.on('data', (chunk) => {
      if (!open || !Buffer.isBuffer(chunk)) return;
      try {
        for (let written = 0; written < chunk.length; ) written += writeSync(open.fd, chunk, written);
      } catch (error) {
        body.destroy(at(`entry ${JSON.stringify(header.name)}`, error));
      }
    });
    body.on('end', () => {
      try {
        if (open) tree.finishFile(open, attributesOf(header));
        next();
      } catch (error) {
        fail(error);
      }
    });
  });
  await pipeline(tar, reader);
  tree.finish();
  return bytes;
}

/** Makes what the header tells of; gives an open file where a body follows that is to be kept. */
function writeEntry(tree: Tree, header: Header): OpenFile | null {
  const parts = components(header.name);
  const name = parts.at(-1) ?? '';
  if (name.startsWith(whiteoutPrefix)) {
    writeWhiteout(tree, parts.slice(0, -1), name);
    return null;
  }
  const attributes = attributesOf(header);
  switch (header.type) {
    case 'directory':
      tree.directory(parts, attributes);
      return null;
    case 'file':
    case 'contiguous-file':
      return tree.startFile(parts);
    case 'symlink':
      tree.symbolicLink(parts, linkTarget(header), attributes);
      return null;
    case 'link':
      tree.hardLink(parts, components(linkTarget(header)));
      return null;
    case 'fifo':
      tree.fifo(parts, attributes);
      return null;
    case 'character-device':
      return null;
    case 'block-device':
      throw new EngineError('invalid', 'it is a block device, which no image may bring along');
    default:
      throw new EngineError('invalid', 'its type is none that a layer can hold');
  }
}

function writeWhiteout(tree: Tree, parent: readonly string[], name: string): void {
  if (name === opaqueWhiteout) tree.opaque(parent);
  if (name.startsWith(whiteoutMetaPrefix)) return;
  const hidden = name.slice(whiteoutPrefix.length);
  if (hidden === '' || hidden === '.' || hidden === '..') {
    throw new EngineError('invalid', 'it is a whiteout of nothing that can be in a directory');
  }
  tree.whiteout([...parent, hidden]);
}

function linkTarget(header: Header): string {
  if (!header.linkname || header.linkname.includes('\0')) throw new EngineError('invalid', 'it is a link to nothing');
  return header.linkname;
}

/** Images made on large networks have owners of any number; Docker without user namespaces takes them, so they load here too. */
function ownerOf(id: number): number {
  if (!Number.isInteger(id) || id < 0) throw new EngineError('invalid', `its owner ${id} is no user or group ID`);
  return id <= maxOwner ? id : nobody;
}

function attributesOf(header: Header): Attributes {
  const mtime = header.mtime instanceof Date && !Number.isNaN(header.mtime.getTime()) ? header.mtime : new Date(0);
  return {
    mode: header.mode & 0o7777,
    uid: ownerOf(header.uid),
    gid: ownerOf(header.gid),
    mtime,
    extended: extendedAttributes(header.pax),
  };
}

function extendedAttributes(pax: unknown): [string, Buffer][] {
  if (pax === null || typeof pax !== 'object') return [];
  const found: [string, Buffer][] = [];
  for (const [key, value] of Object.entries(pax)) {
    if (!key.startsWith(paxAttributePrefix) || typeof value !== 'string') continue;
    const name = key.slice(paxAttributePrefix.length);
    const bytes = Buffer.from(value);
    if (mayCarryAttribute(name, bytes)) found.push([name, bytes]);
  }
  return found;
}
