// Turns a directory into the tar of a layer: sorted, owners as numbers, overlayfs whiteouts as OCI ones. Blocks: for worker threads.

import { type BigIntStats, closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { type Pack, pack } from 'tar-stream';
import { at, EngineError } from '../errors.ts';
import { attribute, attributeNames } from '../kernel/inodes.ts';
import { mayCarryAttribute, opaqueWhiteout, overlayOpaque, paxAttributePrefix, whiteoutPrefix } from './archive.ts';

/** Read at a time; large enough that a layer of small files is one read each. */
const chunkBytes = 1024 * 1024;

interface Entry {
  readonly path: string;
  /** Inside the layer, without a leading slash. */
  readonly name: string;
  readonly stat: BigIntStats;
}

/**
 * The tar of everything below `directory`, which is trusted and must not change meanwhile. Sockets are left out.
 * The stream fails with the path of the file that could not be packed.
 */
export function packLayer(directory: string): Pack {
  const tar = pack();
  packAll(tar, directory).then(
    () => tar.finalize(),
    (error) => tar.destroy(at('pack layer', error)),
  );
  return tar;
}

async function packAll(tar: Pack, directory: string): Promise<void> {
  const firstNames = new Map<bigint, string>();
  for (const entry of walk(directory, '')) {
    try {
      await packEntry(tar, entry, firstNames);
    } catch (error) {
      throw at(`file "${entry.name}"`, error);
    }
  }
}

function* walk(directory: string, prefix: string): Generator<Entry> {
  for (const name of readdirSync(directory).sort()) {
    const entry = {
      path: `${directory}/${name}`,
      name: prefix + name,
      stat: lstatSync(`${directory}/${name}`, { bigint: true }),
    };
    yield entry;
    if (entry.stat.isDirectory()) yield* walk(entry.path, `${entry.name}/`);
  }
}

async function packEntry(tar: Pack, entry: Entry, firstNames: Map<bigint, string>): Promise<void> {
  const { path, name, stat } = entry;
  const header = {
    name,
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: new Date(Number(stat.mtimeMs)),
    pax: paxAttributes(path),
  };
  if (stat.isDirectory()) {
    await add(tar, { ...header, name: `${name}/`, type: 'directory' });
    if (attribute(path, overlayOpaque.name)?.equals(overlayOpaque.value)) {
      await add(tar, { ...header, pax: null, name: `${name}/${opaqueWhiteout}`, mode: 0o644, type: 'file', size: 0 });
    }
  } else if (stat.isSymbolicLink()) {
    await add(tar, { ...header, type: 'symlink', linkname: readlinkSync(path) });
  } else if (stat.isCharacterDevice() && stat.rdev === 0n) {
    const cut = name.lastIndexOf('/') + 1;
    const whiteout = `${name.slice(0, cut)}${whiteoutPrefix}${name.slice(cut)}`;
    await add(tar, { ...header, name: whiteout, mode: 0o644, type: 'file', size: 0 });
  } else if (stat.isFIFO()) {
    await add(tar, { ...header, type: 'fifo' });
  } else if (stat.isFile()) {
    const first = firstNames.get(stat.ino);
    if (first !== undefined) return add(tar, { ...header, pax: null, type: 'link', linkname: first });
    if (stat.nlink > 1n) firstNames.set(stat.ino, name);
    await addFile(tar, { ...header, type: 'file', size: Number(stat.size) }, path);
  } else if (!stat.isSocket()) {
    throw new EngineError('invalid', 'a device node cannot be in a layer');
  }
}

type Header = Parameters<Pack['entry']>[0];

function add(tar: Pack, header: Header): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry(header, (error) => (error ? reject(error) : resolve())).end(null);
  });
}

async function addFile(tar: Pack, header: Header & { size: number }, path: string): Promise<void> {
  const file = openSync(path, 'r');
  try {
    await new Promise<void>((resolve, reject) => {
      const sink = tar.entry(header, (error) => (error ? reject(error) : resolve()));
      const more = (): void => {
        for (;;) {
          const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, header.size || 1));
          const length = readSync(file, chunk);
          if (length === 0) return void sink.end(null);
          if (!sink.write(chunk.subarray(0, length))) return void sink.once('drain', more);
        }
      };
      sink.on('error', reject);
      more();
    });
  } finally {
    closeSync(file);
  }
}

/** Extended attributes as PAX records; tar-stream writes those as text, so a value that is not text cannot go in. */
function paxAttributes(path: string): Record<string, string> | null {
  const records: [string, string][] = [];
  for (const name of attributeNames(path)) {
    const value = attribute(path, name);
    if (!value || !mayCarryAttribute(name, value)) continue;
    const text = value.toString('utf8');
    if (!Buffer.from(text).equals(value)) throw new EngineError('invalid', `its attribute ${name} is not text`);
    records.push([paxAttributePrefix + name, text]);
  }
  return records.length > 0 ? Object.fromEntries(records) : null;
}
