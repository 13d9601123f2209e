// The thread that writes an SBOM. Started by `write-bill.ts` only.

import { writeFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { at } from '../../errors.ts';
import { digestOf } from '../../store/blobs.ts';
import { billOf } from './bill.ts';
import type { BillJob, BillMessage } from './write-bill.ts';

const tell = (message: BillMessage): void => parentPort?.postMessage(message);

parentPort?.once('message', ({ image, content, path }: BillJob) => {
  try {
    const text = Buffer.from(billOf(image, content));
    writeFileSync(path, text, { flag: 'wx', mode: 0o644 });
    tell({ kind: 'written', bill: { sha256: digestOf(text), size: text.length } });
  } catch (error) {
    const { kind, message } = at('write SBOM', error);
    tell({ kind: 'failed', errorKind: kind, message });
  }
});
