// The thread that looks at a large configuration. Started by `found-image-thread.ts` only.

import { parentPort } from 'node:worker_threads';
import { EngineError } from '../errors.ts';
import { type FoundParts, foundImage } from '../registries/found-image.ts';
import type { FoundMessage } from './found-image-thread.ts';

function tell(message: FoundMessage): void {
  parentPort?.postMessage(message);
}

parentPort?.once('message', (parts: FoundParts) => {
  try {
    tell({ kind: 'found', image: foundImage(parts) });
  } catch (error) {
    const errorKind = error instanceof EngineError ? error.kind : 'internal';
    tell({ kind: 'failed', errorKind, message: error instanceof Error ? error.message : String(error) });
  }
});
