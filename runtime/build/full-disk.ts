// A full disk as a build tells of it: in Docker's words, and with what to do.

import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { diskFull, EngineError } from '../errors.ts';

const words = (whose: string): string =>
  `no space left on device: the disk of ${whose} is full; docker builder prune and docker system prune make room`;

/** What a step or an output failed with: where that is a full disk, an error of the kind noSpace that says so; else `error`. */
export function inBuildWords(error: unknown): unknown {
  const full = error instanceof EngineError && error.kind === 'noSpace' ? error : diskFull(error);
  if (!full) return error;
  return new EngineError('noSpace', wordsOf(full), { cause: error });
}

const wordsOf = ({ message }: EngineError): string =>
  words(message.includes('the disk of this host') ? 'this host' : 'the machine');

/** A process that is told that the disk is full says so itself, or says nothing at all. */
const probeBytes = 256 * 1024;

/** Why no more can be written into this directory; null where more can. */
export async function whyFull(directory: string): Promise<string | null> {
  const file = `${directory}/.room-${randomUUID()}`;
  try {
    await writeFile(file, Buffer.alloc(probeBytes), { flag: 'wx', mode: 0o600 });
    return null;
  } catch (error) {
    const full = diskFull(error);
    return full && wordsOf(full);
  } finally {
    await rm(file, { force: true });
  }
}
