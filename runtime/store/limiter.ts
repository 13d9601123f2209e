// Ends a stream that gets too long.

import { Transform } from 'node:stream';
import { EngineError } from '../errors.ts';

/** Passes at most `maxBytes` through; fails with tooLarge beyond. */
export function limiter(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBytes) done(null, chunk);
      else done(new EngineError('tooLarge', `it has more than ${maxBytes} bytes, which this host has no room for`));
    },
  });
}
