// Sends a part of a file, by two buffers that take turns: one is filled while the other is sent. A stream would have new memory for
// each piece, and the kernel would clear it each time.

import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { EngineError } from '../../errors.ts';
import { maxRegistryReads, sendPieceBytes } from '../../limits.ts';
import { Turnstile } from '../../turnstile.ts';
import type { ByteRange } from './ranges.ts';

const reads = new Turnstile({ perKey: maxRegistryReads, inAll: maxRegistryReads });

/** The answer's head is written; this writes its body and ends it. Throws where the client goes, or the file is shorter than it was. */
export async function sendFile(file: FileHandle, { start, end }: ByteRange, response: ServerResponse): Promise<void> {
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => undefined);
  const leave = (): void => gone.reject(new EngineError('unavailable', 'the client has gone'));
  response.once('close', leave);
  const length = Math.min(sendPieceBytes, end - start + 1);
  const buffers = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)] as const;
  let sent: Promise<void> = Promise.resolve();
  try {
    for (let [at, n] = [start, 0]; at <= end; n++) {
      const buffer = buffers[n % 2 === 0 ? 0 : 1];
      const { bytesRead } = await reads.pass('', () => file.read(buffer, 0, Math.min(length, end - at + 1), at));
      if (bytesRead === 0) throw new EngineError('dataLoss', `the file ends at ${at}, before ${end}`);
      await Promise.race([sent, gone.promise]);
      sent = write(response, buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    await Promise.race([sent, gone.promise]);
    response.end();
  } finally {
    response.off('close', leave);
  }
}

/** Resolves when the kernel has it. */
function write(response: ServerResponse, piece: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => undefined);
  response.write(piece, (error) => (error ? reject(error) : resolve()));
  return promise;
}
