// Unpacks the tar of a layer into an empty directory, in the form that overlayfs takes as a lower layer. The archive is
// hostile: an entry that would leave the directory, or passes a limit, ends it with an error that names the entry.

import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Header } from 'tar-stream';
import { at, EngineError } from '../errors.ts';
import { opaqueWhiteout, whiteoutMetaPrefix, whiteoutPrefix } from './archive.ts';
import { entryAttributes, isForeign } from './entry-attributes.ts';
import { entryReader } from './entry-reader.ts';
import { components, type OpenFile, Tree } from './tree.ts';

export interface ExtractLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

export interface Extracted {
  /** What the files hold. */
  readonly bytes: number;
  /** Files whose owner a host cannot show. */
  readonly foreign: number;
}

/**
 * Unpacks `tar` (already decompressed) into `directory`. On an error the directory
 * holds a part of the archive and is the caller's to remove. Block devices are refused; character devices are left out,
 * because the runtime gives every container a /dev of its own. Writes block: for worker threads.
 */
export async function extractLayer(tar: Readable, directory: string, limits: ExtractLimits): Promise<Extracted> {
  using tree = new Tree(directory);
  let entries = 0;
  let bytes = 0;
  let foreign = 0;
  const reader = entryReader<OpenFile>({
    begin(header) {
      if (++entries > limits.maxEntries) {
        throw new EngineError('tooLarge', `the archive has more than ${limits.maxEntries} entries`);
      }
      if (header.type === 'file' || header.type === 'contiguous-file') {
        bytes += header.size;
        if (bytes > limits.maxBytes) {
          throw new EngineError('tooLarge', `the archive holds more than ${limits.maxBytes} bytes`);
        }
      }
      const file = writeEntry(tree, header);
      if (isForeign(header)) foreign++;
      return file;
    },
    end(header, file) {
      if (file) tree.finishFile(file, entryAttributes(header));
    },
    failure: (header, error) => at(`entry ${JSON.stringify(header.name)}`, error),
  });
  await pipeline(tar, reader);
  tree.finish();
  return { bytes, foreign };
}

/** Makes what the header tells of; gives an open file where a body follows that is to be kept. */
function writeEntry(tree: Tree, header: Header): OpenFile | null {
  const parts = components(header.name);
  const name = parts.at(-1) ?? '';
  if (name.startsWith(whiteoutPrefix)) {
    writeWhiteout(tree, parts.slice(0, -1), name);
    return null;
  }
  const attributes = entryAttributes(header);
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
