// Reads a tar entry by entry, and writes what its files hold. Blocks: for worker threads.

import { closeSync, writeSync } from 'node:fs';
import { type Extract, extract, type Header } from 'tar-stream';

export interface EntryWriter<File extends { readonly fd: number }> {
  /** Makes what the header tells of; gives an open file where what follows is to be kept. */
  begin(header: Header): File | null;
  /** Called when the entry is there whole. Closes its file. */
  end(header: Header, file: File | null): void;
  /** What is thrown where the entry fails. */
  failure(header: Header, error: unknown): Error;
}

/** To be piped into, the last of a pipeline. Fails with the first entry that does; its file is closed then. */
export function entryReader<File extends { readonly fd: number }>(writer: EntryWriter<File>): Extract {
  const reader = extract();
  reader.on('entry', (header, body, next) => {
    const fail = (error: unknown): void => next(writer.failure(header, error));
    let file: File | null = null;
    // Also where the entry is refused: its body is destroyed with the archive, and says so.
    body.on('error', () => file && closeSync(file.fd));
    try {
      file = writer.begin(header);
    } catch (error) {
      return fail(error);
    }
    const open = file;
    body.on('data', (chunk) => {
      if (!open || !Buffer.isBuffer(chunk)) return;
      try {
        for (let written = 0; written < chunk.length; ) written += writeSync(open.fd, chunk, written);
      } catch (error) {
        body.destroy(writer.failure(header, error));
      }
    });
    body.on('end', () => {
      try {
        writer.end(header, open);
        next();
      } catch (error) {
        fail(error);
      }
    });
  });
  return reader;
}
