// The thread that reads the documents of an archive. Started by `archive-work.ts` only.

import { parentPort, workerData } from 'node:worker_threads';
import { EngineError } from '../errors.ts';
import { digestOf } from '../store/blobs.ts';
import type { ArchiveJob, ArchiveMessage, LoadableImage } from './archive-work.ts';
import { checkConfiguration, parseConfiguration } from './configuration.ts';
import { broughtConfiguration } from './contents.ts';
import { type ArchivedImage, readImageArchive } from './image-archive.ts';
import { UploadedFiles } from './upload.ts';

const { files, maxConfigurationBytes } = workerData as ArchiveJob;
let configurationBytes = 0;

function loadable({ configuration, configurationFile, layers, names }: ArchivedImage): LoadableImage {
  configurationBytes += configurationFile.size;
  if (configurationBytes > maxConfigurationBytes)
    throw new EngineError(
      'exhausted',
      `the configurations of its images hold more than the ${maxConfigurationBytes} bytes that this host may still bring in: remove images first`,
    );
  const parsed = parseConfiguration(configuration);
  checkConfiguration(parsed);
  const brought = broughtConfiguration(digestOf(configuration), parsed, configurationFile.size);
  return { configuration: brought, configurationFile, layers, names };
}

function tell(message: ArchiveMessage): void {
  parentPort?.postMessage(message);
}

try {
  const images: LoadableImage[] = [];
  for await (const image of readImageArchive(new UploadedFiles(files))) images.push(loadable(image));
  tell({ kind: 'images', images });
} catch (error) {
  const kind = error instanceof EngineError ? error.kind : 'internal';
  tell({ kind: 'failed', errorKind: kind, message: error instanceof Error ? error.message : String(error) });
}
