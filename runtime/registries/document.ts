// Small bodies of answers: read whole, within a limit of bytes and of time.

import { parseJson } from '../json.ts';
import { maxManifestBytes, registryDocumentMs } from '../limits.ts';
import { RegistryFailure } from './failure.ts';
import { failureOf, type Incoming } from './transport.ts';

/** Throws RegistryFailure where there is more, or it takes too long. */
export async function readDocument({ body }: Incoming, maxBytes: number = maxManifestBytes): Promise<Buffer> {
  const timer = setTimeout(
    () => body.destroy(new RegistryFailure('the answer takes too long', { kind: 'lost' })),
    registryDocumentMs,
  );
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > maxBytes)
        throw new RegistryFailure(`the answer is over ${maxBytes} bytes, the most there may be`, { kind: 'broken' });
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } catch (error) {
    throw failureOf(error);
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}

/** The same as JSON; `undefined` where it is none. */
export async function readJson(incoming: Incoming, maxBytes: number): Promise<unknown> {
  const bytes = await readDocument(incoming, maxBytes);
  try {
    return parseJson(bytes);
  } catch {
    return undefined;
  }
}
