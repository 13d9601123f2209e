// What the contents of images are made of.

import type { Logger } from 'pino';
import type { BlobParts } from '../blobs.ts';
import type { Manifests } from '../manifests.ts';

export interface ContentsParts extends BlobParts {
  readonly manifests: Manifests;
  readonly log: Logger;
}
