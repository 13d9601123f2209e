// Archives for the tests, made in memory.

import { once } from 'node:events';
import { pack } from 'tar-stream';

type Header = Parameters<ReturnType<typeof pack>['entry']>[0];
/** An entry of an archive: its header, or its name alone, and what it holds. */
export type Entry = readonly [header: Partial<Header> & { name: string }, content?: string | Uint8Array<ArrayBuffer>];

/** A tar of these entries, whatever their names. */
export async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const [header, content] of entries) {
    tar.entry(
      { mtime: new Date(1e12), ...header },
      typeof content === 'object' ? Buffer.from(content) : (content ?? ''),
    );
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  tar.on('data', (chunk) => {
    if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  });
  await once(tar, 'end');
  return Buffer.concat(chunks);
}
