// What a registry has done since it was opened, in numbers, for whoever watches over it. Nothing of anybody.

import type { Audit } from './audit.ts';
import type { Collected } from './collect.ts';

export class Figures {
  /** Manifests. */
  pushes = 0;
  pulls = 0;
  /** Tags, manifests and repositories. */
  deletions = 0;
  /** Manifests and blobs that came from other registries. */
  fetches = 0;
  fetchedBytes = 0;
  /** Blobs that were taken in; those that were there already, or came by reference, count too. */
  pushedBytes = 0;
  /** Blobs that were given out. */
  pulledBytes = 0;
  collections = 0;
  collectedBlobs = 0;
  collectedBytes = 0;

  constructor(audit: Audit) {
    audit.listen(({ action, bytes }) => {
      if (action === 'push') this.pushes += 1;
      else if (action === 'pull') this.pulls += 1;
      else if (action === 'delete' || action === 'delete-repository') this.deletions += 1;
      else if (action === 'fetch') {
        this.fetches += 1;
        this.fetchedBytes += bytes ?? 0;
      } else if (action === 'push-blob') this.pushedBytes += bytes ?? 0;
      else if (action === 'pull-blob') this.pulledBytes += bytes ?? 0;
    });
  }

  collected({ blobs, bytes }: Collected): void {
    this.collections += 1;
    this.collectedBlobs += blobs;
    this.collectedBytes += bytes;
  }
}
