// The thread that looks into one image. Started by `look.ts` only.

import { parentPort } from 'node:worker_threads';
import { at, EngineError } from '../../errors.ts';
import { maxStatusBytes } from '../../limits.ts';
import type { Content } from './content.ts';
import type { LayerPlace, LookJob, LookMessage } from './look.ts';
import { readArchive } from './read-archive.ts';
import { readDirectory } from './read-directory.ts';
import { contentOf, type LayerFiles } from './wanted-files.ts';

const tell = (message: LookMessage): void => parentPort?.postMessage(message);

async function read({ blob, directory }: LayerPlace): Promise<LayerFiles> {
  if (directory !== null) {
    try {
      return readDirectory(directory);
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'notFound') throw error;
    }
  }
  return await readArchive(blob);
}

async function look({ layers }: LookJob): Promise<Content> {
  const found: LayerFiles[] = [];
  let characters = 0;
  for (const layer of layers.toReversed()) {
    const files = await read(layer);
    for (const text of files.files.values()) characters += text?.length ?? 0;
    if (characters > 2 * maxStatusBytes) throw new EngineError('tooLarge', 'its lists of packages are too large');
    found.push(files);
  }
  return contentOf(found);
}

parentPort?.once('message', async (job: LookJob) => {
  try {
    tell({ kind: 'content', content: await look(job) });
  } catch (error) {
    const failure = at('look into image', error);
    tell({ kind: 'failed', errorKind: errorKindOf(error, failure), message: failure.message });
  }
});

/** What zlib and the reader of archives throw tells of the archive, not of us. */
function errorKindOf(error: unknown, failure: EngineError): EngineError['kind'] {
  if (failure.kind !== 'internal') return failure.kind;
  const { code = '', syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return syscall === undefined && !code.startsWith('ERR_WORKER') ? 'invalid' : 'internal';
}
