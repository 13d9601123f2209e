// Counts what passes through, and hashes it.

import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

/** Progress is told once for this many bytes. */
const progressBytes = 4 * 1024 * 1024;

export interface Meter {
  readonly stream: Transform;
  readonly digest: () => string;
  readonly bytes: () => number;
}

/** `onBytes` is told from time to time how many bytes have passed. What is `known` to have a digest is not hashed again. */
export function meter(onBytes: (bytes: number) => void = () => undefined, known: string | null = null): Meter {
  const hash = known === null ? createHash('sha256') : null;
  let digest = known;
  let bytes = 0;
  let told = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash?.update(chunk);
      bytes += chunk.length;
      if (bytes - told >= progressBytes) {
        told = bytes;
        onBytes(bytes);
      }
      done(null, chunk);
    },
  });
  return { stream, digest: () => (digest ??= `sha256:${hash?.digest('hex')}`), bytes: () => bytes };
}
