// The jobs of `sent-jobs.ts`. Blocks: for worker threads.

import fs from 'node:fs';
import { Readable } from 'node:stream';
import { EngineError } from '../../errors.ts';
import { contentKeys } from './content-keys.ts';
import { isTar, streamOf } from './is-tar.ts';
import { ReceivingInto } from './receive-into.ts';
import { ordered, receiveTar } from './receive-tar.ts';
import type { ReceivedList, ReceiveSentJob, SentAnswer, SentJob } from './sent-jobs.ts';
import { amountOf, entriesAt, type SentPlace, writeList } from './sent-list.ts';
import { SentTree } from './source-tree.ts';
import { tidySent } from './tidy-sent.ts';

/** `given`: the pieces of an archive. Throws EngineError, and what the file system throws. */
export async function workOnSent(job: SentJob, given: () => AsyncIterable<Uint8Array>): Promise<SentAnswer> {
  switch (job.kind) {
    case 'sent-keys':
      return { kind: job.kind, keys: contentKeys(job.place, job.copied) };
    case 'sent-texts':
      return { kind: job.kind, texts: textsOf(job.place, job.names, job.maxBytes) };
    case 'sent-tidy':
      await tidySent(job.directory, job.list);
      return { kind: job.kind };
    case 'sent-receive':
      return { kind: job.kind, received: await receive(job, given) };
  }
}

function textsOf(place: SentPlace, names: readonly string[], maxBytes: number): (string | null)[] {
  using tree = new SentTree(place.directory, entriesAt(place));
  return names.map((name) => {
    const path = tree.followed(`/${name}`);
    if (tree.entry(path)?.kind !== 'file') return null;
    using content = tree.open(path);
    if (content.bytes > maxBytes) throw new EngineError('invalid', `${name.slice(0, 100)} may have ${maxBytes} bytes`);
    const text = Buffer.alloc(content.bytes);
    return text.toString('utf8', 0, fs.readSync(content.fd, text, 0, text.length, content.at));
  });
}

async function receive(
  { directory, list, maxBytes, file }: ReceiveSentJob,
  given: () => AsyncIterable<Uint8Array>,
): Promise<ReceivedList | null> {
  using tree = file && new SentTree(file.place.directory, entriesAt(file.place));
  using content = tree && file && tree.open(`/${file.name}`);
  if (content && !(await isTar(content))) return null;
  const archive = content ? streamOf(content) : Readable.from(given());
  const receiving = new ReceivingInto(directory, { before: null, maxBytes });
  try {
    await receiveTar(archive, receiving);
    await receiving.finish();
  } finally {
    archive.destroy();
    await receiving.close();
  }
  const entries = ordered(receiving.entries);
  await writeList(list, entries);
  return { list, ...amountOf(entries) };
}
