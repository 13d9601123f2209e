// Images that wait to be looked into. Namespaces take turns, so that one with many does not keep the others waiting.

import { maxWaitingImages } from '../../limits.ts';
import { namespaceOf } from '../names.ts';
import type { RepositoryImage } from './content-table.ts';

export interface WaitingImage extends RepositoryImage {
  /** Of the images that no repository keeps. */
  readonly isOfficial: boolean;
}

export class Waiting {
  /** By namespace, then by repository and digest. The namespace that is next is first. */
  readonly #shares = new Map<string, Map<string, WaitingImage>>();
  #many = 0;

  /** False where there is no room. Idempotent. */
  add(image: WaitingImage): boolean {
    if (this.#many >= maxWaitingImages) return false;
    const namespace = namespaceOf(image.repository);
    const share = this.#shares.get(namespace) ?? new Map<string, WaitingImage>();
    const key = `${image.repository}@${image.digest}`;
    if (!share.has(key)) this.#many++;
    share.set(key, image);
    this.#shares.set(namespace, share);
    return true;
  }

  take(): WaitingImage | null {
    const [next] = this.#shares;
    if (!next) return null;
    const [namespace, share] = next;
    const [first] = share;
    this.#shares.delete(namespace);
    if (!first) return this.take();
    share.delete(first[0]);
    this.#many--;
    if (share.size > 0) this.#shares.set(namespace, share);
    return first[1];
  }
}
