// What is in the images of the registry. Each is looked into after its push, one at a time, in a thread. A push waits for none of it:
// what is still to be done, the tables say, so that a death of the process loses nothing.

import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../../errors.ts';
import { collectionSliceRows, longLookMs, lookIntoImageMs, maxWaitingImages } from '../../limits.ts';
import { RegistryFailure } from '../../registries/failure.ts';
import type { OfficialRepositories } from '../official.ts';
import { Refusal } from '../refusal.ts';
import { attachBill, billIn } from './attach-bill.ts';
import type { Content } from './content.ts';
import { ContentTable, type RepositoryImage, type StoredContent } from './content-table.ts';
import { type ImageSource, layersOf, type UnpackedLayer } from './image-source.ts';
import { lookInto } from './look.ts';
import type { ContentsParts } from './parts.ts';
import { Waiting, type WaitingImage } from './waiting.ts';

export interface ContentsService {
  readonly unpacked: UnpackedLayer;
  /** Null where there are none. */
  readonly official: OfficialRepositories | null;
}

export class Contents implements AsyncDisposable {
  readonly #parts: ContentsParts;
  readonly #table: ContentTable;
  readonly #waiting = new Waiting();
  readonly #ending = new AbortController();
  /** Told of a digest when the image was looked into, or could not be. */
  readonly #settled = new EventEmitter().setMaxListeners(0);
  /** Why images could not be looked into just now, by digest: they are tried again when somebody asks, and after the next start. */
  readonly #troubles = new Map<string, string>();
  #service: ContentsService | null = null;
  #working: Promise<void> | null = null;
  /** There may be images in the tables that do not wait yet. */
  #mustScan = true;
  #unlisten = (): void => undefined;

  constructor(parts: ContentsParts) {
    this.#parts = parts;
    this.#table = new ContentTable(parts.database);
  }

  /** From now on images are looked into: those that are there and were not yet, and each that is pushed. */
  start(service: ContentsService): void {
    this.#service = service;
    this.#parts.database.transaction(() => this.#table.forgetOfficial());
    this.#unlisten = this.#parts.audit.listen(({ action, repository, digest }) => {
      if (action === 'push' && digest !== null) this.#expect({ repository, digest, isOfficial: false });
    });
    this.#wake();
  }

  /** What is known of the image; null where it is still being looked into. Waits for that, until `signal` says not to. */
  async of(image: WaitingImage, signal: AbortSignal): Promise<StoredContent | null> {
    const { digest } = image;
    const stored = this.#table.get(digest);
    if (stored || !this.#service) return stored;
    const settled = new Promise<void>((resolve) => {
      this.#settled.once(digest, resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    this.#troubles.delete(digest);
    this.#expect(image);
    await settled;
    const trouble = this.#troubles.get(digest);
    return this.#table.get(digest) ?? (trouble === undefined ? null : { failure: trouble });
  }

  /** The digest of the manifest of its SBOM in its repository; null where it has none, or it was deleted. */
  bill(image: RepositoryImage): string | null {
    return billIn(this.#parts, image);
  }

  /** Forgets what is in images that are gone. */
  async collect(): Promise<void> {
    const { database } = this.#parts;
    while (database.transaction(() => this.#table.forgetUnused(collectionSliceRows)) === collectionSliceRows)
      await nextTurn();
  }

  #expect(image: WaitingImage): void {
    if (!this.#waiting.add(image)) {
      if (!image.isOfficial) this.#mustScan = true;
      this.#settled.emit(image.digest);
    }
    this.#wake();
  }

  #wake(): void {
    if (!this.#service || this.#ending.signal.aborted) return;
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  async #work(): Promise<void> {
    // The push that woke us is not committed yet.
    await nextTurn();
    while (!this.#ending.signal.aborted) {
      const image = this.#waiting.take();
      const begun = performance.now();
      if (image) await this.#settle(image);
      else if (this.#mustScan) await this.#scan();
      else return;
      await this.#rest(performance.now() - begun);
    }
  }

  /** After what took long: whoever pushes large images all day long has a third of a core at most. */
  async #rest(tookMs: number): Promise<void> {
    if (tookMs < longLookMs) return;
    const { signal } = this.#ending;
    await sleep(2 * tookMs, undefined, { signal, ref: false }).catch(() => undefined);
  }

  async #scan(): Promise<void> {
    this.#mustScan = false;
    for (let from: number | null = 0; from !== null && !this.#ending.signal.aborted; ) {
      const { images, last } = this.#table.unfinished(from, collectionSliceRows);
      for (const image of images) {
        if (this.#troubles.has(image.digest) || this.#waiting.add({ ...image, isOfficial: false })) continue;
        this.#mustScan = true;
        return;
      }
      from = last;
      await nextTurn();
    }
  }

  async #settle(image: WaitingImage): Promise<void> {
    const { log } = this.#parts;
    const { repository, digest } = image;
    try {
      if (!this.#table.has(digest)) await this.#look(image);
      this.#settled.emit(digest);
      const stored = image.isOfficial ? null : this.#table.get(digest);
      if (stored && 'content' in stored && stored.content.packages.length > 0)
        await attachBill(this.#parts, image, stored.content, this.#ending.signal);
    } catch (err) {
      if (this.#ending.signal.aborted) return;
      // Of what is fetched from elsewhere the layers may not be here yet.
      if (!(err instanceof EngineError && err.kind === 'notFound'))
        log.warn({ err, repository, digest }, 'an image cannot be looked into now');
      if (this.#troubles.size >= maxWaitingImages) this.#troubles.clear();
      this.#troubles.set(digest, err instanceof EngineError ? err.message : 'it cannot be looked into now');
    } finally {
      this.#settled.emit(digest);
    }
  }

  async #look(image: WaitingImage): Promise<void> {
    const source = await this.#source(image);
    if (!source) return;
    const stored = await this.#find(source);
    const { database, repositories } = this.#parts;
    database.transaction(() => {
      const id = repositories.find(image.repository);
      // It may have gone meanwhile.
      if (image.isOfficial || (id !== null && this.#table.isImage(id, image.digest)))
        this.#table.put(image.digest, stored, image);
    });
  }

  /** Null where it is no image, or is gone. */
  async #source({ repository, digest, isOfficial }: WaitingImage): Promise<ImageSource | null> {
    const { repositories, manifests, index, files } = this.#parts;
    try {
      if (isOfficial) {
        const official = this.#service?.official;
        return official
          ? { ...(await official.manifest(repository, digest)), blob: (wanted) => official.blob(repository, wanted) }
          : null;
      }
      const id = repositories.find(repository);
      if (id === null || !this.#table.isImage(id, digest)) return null;
      const { mediaType } = manifests.need(repository, digest);
      const blob = (wanted: string) => {
        const found = index.find(id, wanted);
        return found && { size: found.size, content: { path: files.path(found.sha256) } };
      };
      return { body: manifests.body(repository, digest), mediaType, blob };
    } catch (error) {
      if (error instanceof Refusal) return null;
      throw error;
    }
  }

  /** What is in it, or why nobody can tell. Throws what may be otherwise the next time. */
  async #find(source: ImageSource): Promise<StoredContent> {
    const none: Content = { release: null, packages: [] };
    const late = AbortSignal.timeout(lookIntoImageMs);
    try {
      const layers = await layersOf(source, this.#service?.unpacked ?? (() => null));
      if (!layers) return { content: none };
      return { content: await lookInto({ layers }, AbortSignal.any([late, this.#ending.signal])) };
    } catch (error) {
      if (this.#ending.signal.aborted) throw error;
      if (late.aborted) return { failure: 'it takes too long to look into it' };
      if (error instanceof RegistryFailure) return { failure: error.message };
      if (error instanceof EngineError && lasting.includes(error.kind)) return { failure: error.message };
      throw error;
    }
  }

  /** Ends what is going on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unlisten();
    this.#ending.abort();
    await this.#working;
  }
}

/** Of the image, and so the same each time. */
const lasting: readonly EngineError['kind'][] = ['invalid', 'tooLarge', 'dataLoss'];
