// Ends a stream that gets too long.

import { Transform } from 'node:stream';
import { EngineError } from '../errors.ts';

export const noRoom = (most: number): string => `it has more than ${most} bytes, which this host has no room for`;

/** Passes at most `maxBytes` through; fails with tooLarge beyond, and what `said` says of it. */
export function limiter(maxBytes: number, said = noRoom): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBytes) done(null, chunk);
      else done(new EngineError('tooLarge', said(maxBytes)));
    },
  });
}
