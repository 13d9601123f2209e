// The images that one host has, and the names that it gave them. A name belongs to one image; an image may have many names.

import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { maxImagesPerHost, maxReferencesPerHost } from '../limits.ts';
import { type RecordKind, type Shape, unchanged } from '../store/record-kind.ts';
import type { Records } from '../store/records.ts';
import { canonical, familiar, parseReference, type Reference } from './reference.ts';

/** As stored: one record for each image of each host. */
export interface OwnImage {
  readonly hostId: string;
  readonly imageId: string;
  /** Canonical, as `canonical` spells them. */
  readonly references: readonly string[];
  /** RFC 3339. */
  readonly lastTagTime: string;
  /** Bytes that this host brought in with `load` or `import` for it; the catalogue's images cost a host nothing. */
  readonly broughtBytes: number;
  /** The image that it was committed on; null for one that was not made here. */
  readonly parentId: string | null;
}

/** Nothing was committed before. */
const version1 = z.looseObject({});

export const ownImageKind: RecordKind<OwnImage> = {
  name: 'image',
  schema: z.object({
    hostId: z.string(),
    imageId: z.string(),
    references: z.array(z.string()),
    lastTagTime: z.string(),
    broughtBytes: z.number(),
    parentId: z.string().nullable(),
  } satisfies Shape<OwnImage>),
  upgrades: [unchanged, (body) => ({ ...version1.parse(body), parentId: null })],
};

export class OwnImages {
  readonly #hostId: string;
  readonly #records: Records;
  readonly #known: (imageId: string) => boolean;
  readonly #images = new Map<string, OwnImage>();
  /** Canonical reference to image ID. */
  readonly #references = new Map<string, string>();
  /** The names of each image, parsed, until they change: lists ask for all of them again and again. */
  readonly #parsed = new WeakMap<OwnImage, readonly Reference[]>();

  constructor(hostId: string, records: Records, known: (imageId: string) => boolean) {
    this.#hostId = hostId;
    this.#records = records;
    this.#known = known;
    this.recall();
  }

  /** Takes up what the records say, and nothing else. */
  recall(): void {
    this.#images.clear();
    this.#references.clear();
    for (const image of this.#records.list(ownImageKind, this.#hostId)) {
      if (this.#known(image.imageId)) this.#put(image);
      else if (this.#records.complete) this.#records.delete(ownImageKind, this.#hostId, image.imageId);
    }
  }

  all(): readonly OwnImage[] {
    return [...this.#images.values()];
  }

  get(imageId: string): OwnImage | undefined {
    return this.#images.get(imageId);
  }

  /** The ID of the image that has this name. */
  find(reference: Reference): string | undefined {
    return this.#references.get(canonical(reference));
  }

  /** The image's names, tags first, each list in order. */
  references(imageId: string): readonly Reference[] {
    const image = this.#images.get(imageId);
    if (!image) return [];
    const parsed = this.#parsed.get(image) ?? sorted(image.references);
    this.#parsed.set(image, parsed);
    return parsed;
  }

  tags(imageId: string): string[] {
    return this.references(imageId).flatMap((reference) => (reference.digest === undefined ? familiar(reference) : []));
  }

  digests(imageId: string): string[] {
    return this.references(imageId).flatMap((reference) => (reference.digest === undefined ? [] : familiar(reference)));
  }

  /** Gives the host an image, without a name. Idempotent. Throws exhausted at the limit. */
  add(imageId: string, broughtBytes = 0, parentId: string | null = null): void {
    if (this.#images.has(imageId)) return;
    if (this.#images.size >= maxImagesPerHost) {
      throw new EngineError('exhausted', `this host has ${maxImagesPerHost} images, the most it may have: remove some`);
    }
    const lastTagTime = '0001-01-01T00:00:00Z';
    this.#save({ hostId: this.#hostId, imageId, references: [], lastTagTime, broughtBytes, parentId });
  }

  /** Names an image that the host has. A name that another image had is taken from it; gives that image's ID then. */
  name(reference: Reference, imageId: string): string | undefined {
    const key = canonical(reference);
    const before = this.#references.get(key);
    if (before === imageId) return undefined;
    if (before === undefined && this.#references.size >= maxReferencesPerHost) {
      throw new EngineError('exhausted', `this host has ${maxReferencesPerHost} image names, the most it may have`);
    }
    const image = this.#images.get(imageId);
    if (!image) throw new EngineError('notFound', `No such image: ${imageId}`);
    this.unname(reference);
    this.#save({ ...image, references: [...image.references, key], lastTagTime: new Date().toISOString() });
    return before;
  }

  /** Takes a name away; the image stays. Idempotent. */
  unname(reference: Reference): void {
    const key = canonical(reference);
    const image = this.#images.get(this.#references.get(key) ?? '');
    this.#references.delete(key);
    if (image) this.#save({ ...image, references: image.references.filter((one) => one !== key) });
  }

  /** Takes the image from the host, with all its names. Idempotent. */
  remove(imageId: string): void {
    for (const key of this.#images.get(imageId)?.references ?? []) this.#references.delete(key);
    this.#images.delete(imageId);
    this.#records.delete(ownImageKind, this.#hostId, imageId);
  }

  get broughtBytes(): number {
    return this.all().reduce((sum, image) => sum + image.broughtBytes, 0);
  }

  #save(image: OwnImage): void {
    this.#put(image);
    this.#records.put(ownImageKind, this.#hostId, image.imageId, image);
  }

  #put(image: OwnImage): void {
    this.#images.set(image.imageId, image);
    for (const key of image.references) this.#references.set(key, image.imageId);
  }
}

/** Tags first. One spelling sorts as its canonical one. */
function sorted(references: readonly string[]): readonly Reference[] {
  const parsed = [...references].sort().map(parseReference);
  return [...parsed.filter((one) => one.digest === undefined), ...parsed.filter((one) => one.digest !== undefined)];
}
