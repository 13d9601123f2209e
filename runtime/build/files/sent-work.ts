// The jobs of `sent-jobs.ts`. Blocks: for worker threads.

import fs from 'node:fs';
import { Readable } from 'node:stream';
import { EngineError } from '../../errors.ts';
import { contentKeys } from './content-keys.ts';
import { tarIn } from './is-tar.ts';
import { unpackedBytes } from './packed-file.ts';
import { ReceivingInto } from './receive-into.ts';
import { ordered, receiveTar } from './receive-tar.ts';
import type { ReceivedList, ReceiveSentJob, SentAnswer, SentJob } from './sent-jobs.ts';
import { amountOf, entriesAt, readList, type SentPlace, writeList } from './sent-list.ts';
import { SentTree } from './source-tree.ts';

/** `given`: the pieces of an archive. Throws EngineError, and what the file system throws. */
export async function workOnSent(job: SentJob, given: () => AsyncIterable<Uint8Array>): Promise<SentAnswer> {
  switch (job.kind) {
    case 'sent-keys':
      return { kind: job.kind, keys: contentKeys(job.place, job.copied) };
    case 'sent-texts':
      return { kind: job.kind, texts: textsOf(job.place, job.names, job.maxBytes) };
    case 'sent-tidy':
      tidy(job.directory, job.list);
      return { kind: job.kind };
    case 'sent-receive':
      return { kind: job.kind, received: await receive(job, given) };
  }
}

function textsOf(place: SentPlace, names: readonly string[], maxBytes: number): (string | null)[] {
  const tree = new SentTree(place.directory, entriesAt(place));
  return names.map((name) => {
    const path = tree.followed(`/${name}`);
    if (tree.entry(path)?.kind !== 'file') return null;
    const fd = tree.open(path);
    try {
      if (fs.fstatSync(fd).size > maxBytes)
        throw new EngineError('invalid', `${name.slice(0, 100)} may have ${maxBytes} bytes`);
      return fs.readFileSync(fd, 'utf8');
    } finally {
      fs.closeSync(fd);
    }
  });
}

function tidy(directory: string, list: string): void {
  const kept = new Set(readList(list).flatMap(({ content }) => (content ? [`${directory}/${content.file}`] : [])));
  kept.add(list);
  for (const name of fs.readdirSync(directory))
    if (!kept.has(`${directory}/${name}`)) fs.rmSync(`${directory}/${name}`, { force: true });
}

async function receive(
  { directory, list, maxBytes, file }: ReceiveSentJob,
  given: () => AsyncIterable<Uint8Array>,
): Promise<ReceivedList | null> {
  const archive = file === null ? Readable.from(given()) : await openArchive(file);
  if (!archive) return null;
  const receiving = new ReceivingInto(directory, { before: null, maxBytes });
  try {
    await receiveTar(archive, receiving);
  } finally {
    archive.destroy();
    await receiving.close();
  }
  const entries = ordered(receiving.entries);
  await writeList(list, entries);
  return { list, ...amountOf(entries) };
}

async function openArchive({ place, name }: NonNullable<ReceiveSentJob['file']>): Promise<Readable | null> {
  const fd = new SentTree(place.directory, entriesAt(place)).open(`/${name}`);
  const { signal } = new AbortController();
  const tar = await tarIn(fd, signal);
  if (tar === 'other') return fs.createReadStream('', { fd, start: 0 });
  if (tar === null) {
    fs.closeSync(fd);
    return null;
  }
  const archive = Readable.from(unpackedBytes(fd, tar, signal), { objectMode: false });
  return archive.once('close', () => fs.closeSync(fd));
}
