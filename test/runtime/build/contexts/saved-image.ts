// An image as `docker save` gives it: its configuration, its history, and the files of its layers together.

import { createHash } from 'node:crypto';
import http from 'node:http';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { expect } from '../../api/exchange.ts';

export interface SavedImage {
  readonly config: unknown;
  readonly history: readonly unknown[];
  /** By path: kind, mode, owner, link, size and a digest of the content. */
  readonly files: Readonly<Record<string, string>>;
}

export async function savedImage(socket: string, name: string): Promise<SavedImage> {
  const { Config } = (await expect(socket, `GET /images/${name}/json`, 200)) as { Config: Record<string, unknown> };
  const history = (await expect(socket, `GET /images/${name}/history`, 200)) as Record<string, unknown>[];
  return {
    config: Config,
    history: history.map(({ CreatedBy, Comment, Size }) => ({ CreatedBy, Comment, isEmpty: Size === 0 })),
    files: await savedFiles(socket, name),
  };
}

/** Those of the image's layers together, as `docker save` gives them. */
async function savedFiles(socketPath: string, name: string): Promise<Record<string, string>> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  http.get({ socketPath, path: `/images/${name}/get`, agent: false }, resolve).once('error', reject);
  const response = await promise;
  if (response.statusCode !== 200) {
    const said = String(Buffer.concat(await response.toArray()));
    // dockerd does not save an image without layers.
    if (said.includes('empty export')) return {};
    throw new Error(said);
  }
  const blobs = new Map<string, Buffer>();
  for await (const entry of response.pipe(extract()))
    blobs.set(entry.header.name, Buffer.concat(await Array.fromAsync(entry as AsyncIterable<Buffer>)));
  const [{ Layers }] = JSON.parse(String(blobs.get('manifest.json'))) as [{ Layers: string[] | null }];
  const files = new Map<string, string>();
  for (const layer of Layers ?? []) {
    const blob = blobs.get(layer);
    if (!blob) throw new Error(`${name} was saved without its layer ${layer}`);
    // dockerd saves an empty layer as an empty file.
    if (blob.length > 0) await unpackOver(files, blob);
  }
  return Object.fromEntries([...files].sort());
}

/** As the OCI specification of layers says: what a layer removes, it removes of those below. */
async function unpackOver(files: Map<string, string>, layer: Buffer): Promise<void> {
  const below = [...files.keys()];
  for await (const entry of Readable.from([layer]).pipe(extract())) {
    const { name, type, mode = 0, uid, gid, size, linkname } = entry.header;
    const hash = createHash('sha256');
    for await (const piece of entry) hash.update(piece as Buffer);
    const clean = name.replace(/^\.?\//, '').replace(/\/$/, '');
    const whiteout = /^(.*\/)?\.wh\.(.*)$/.exec(clean);
    const [, folder = '', gone = ''] = whiteout ?? [];
    const goes = (file: string): boolean =>
      gone === '.wh..opq' ? file.startsWith(folder) : file === folder + gone || file.startsWith(`${folder}${gone}/`);
    if (whiteout) for (const file of below) if (goes(file)) files.delete(file);
    if (whiteout || clean === '') continue;
    // What is no directory any more has nothing in it.
    if (type !== 'directory') for (const file of below) if (file.startsWith(`${clean}/`)) files.delete(file);
    const content = type === 'file' ? ` ${size} ${hash.digest('hex').slice(0, 12)}` : '';
    const to = linkname ? ` -> ${type === 'link' ? linkname.replace(/^\.?\//, '') : linkname}` : '';
    files.set(clean, `${type} ${(mode & 0o7777).toString(8)} ${uid}:${gid}${to}${content}`);
  }
}
