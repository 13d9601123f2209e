// Pull-through of other registries: what somebody asks for is fetched once, for all who ask meanwhile, verified and kept in the hub's own
// registry as `docker.io/library/redis`. A registry that is away, or wants no more for a while, is left alone: what it had is told.

import type { Logger } from 'pino';
import { EngineError } from '../../errors.ts';
import {
  fetchesWindowMs,
  maxFetchAskers,
  maxFetchesPerAsker,
  maxMirrorPauseMs,
  maxUnknown,
  mirrorAwayMs,
  tagFreshMs,
  unknownMs,
} from '../../limits.ts';
import { RegistryFailure } from '../../registries/failure.ts';
import type { FetchAsker, MirroredRepositories } from '../../registry/mirrored.ts';
import { namespaceOf } from '../../registry/names.ts';
import { Refusal } from '../../registry/refusal.ts';
import type { Registry } from '../../registry/registry.ts';
import { Counter } from './counter.ts';
import { Fetchers } from './fetchers.ts';
import { blobBytes, Keeper } from './keeper.ts';
import type { Mirror } from './mirrors-file.ts';
import { forLog, isAway, isUnauthorized, pausedRefusal, refusalFor } from './refusals.ts';

export interface MirrorsOptions {
  readonly registry: Registry;
  /** On the file system of the blobs. */
  readonly directory: string;
  readonly mirrors: readonly Mirror[];
  readonly freshMs?: number;
  readonly log: Logger;
}

/** Why a mirror is not asked now, and until when: of a monotonic clock. */
interface Pause {
  readonly untilMs: number;
  readonly failure: RegistryFailure;
}

export class Mirrors implements MirroredRepositories, AsyncDisposable {
  readonly #options: MirrorsOptions;
  readonly #mirrors: ReadonlyMap<string, Mirror>;
  readonly #keeper: Keeper;
  readonly #ending = new AbortController();
  readonly #fetchers = new Fetchers(this.#ending.signal);
  readonly #asked = new Counter({ most: maxFetchesPerAsker, windowMs: fetchesWindowMs, maxKeys: maxFetchAskers });
  /** By what is fetched. */
  readonly #going = new Map<string, Promise<unknown>>();
  /** Told of each byte of a blob that comes. */
  readonly #listeners = new Map<string, Set<(bytes: number) => void>>();
  readonly #pauses = new Map<string, Pause>();
  /** What a registry has answered that it does not have, and until when that is taken for true. */
  readonly #unknown = new Map<string, { readonly untilMs: number; readonly refusal: Refusal }>();
  /** Answers that were given of what was here, since the registry was away. */
  stale = 0;

  constructor(options: MirrorsOptions) {
    this.#options = options;
    this.#mirrors = new Map(options.mirrors.map((mirror) => [mirror.name, mirror]));
    this.#keeper = new Keeper(options.registry, options.directory);
  }

  has(repository: string): boolean {
    return repository.includes('/') && this.#mirrors.has(namespaceOf(repository));
  }

  /** Where the hub has the repository that is called so in an image's name; null where no mirror has that name. */
  pathOf(domain: string, path: string): string | null {
    return this.#mirrors.has(domain) ? `${domain}/${path}` : null;
  }

  /** All are asked again from now on. */
  forgetPauses(): void {
    this.#pauses.clear();
  }

  get names(): readonly string[] {
    return [...this.#mirrors.keys()];
  }

  async bringManifest(repository: string, reference: string, asker: FetchAsker): Promise<string | null> {
    if (reference.includes(':')) {
      if (!this.#keeper.use(repository, reference))
        await this.#fetched(`${repository}@${reference}`, asker, () =>
          this.#fetchManifest(repository, reference, null),
        );
      return null;
    }
    const known = this.#keeper.tag(repository, reference);
    const isHere = known !== null && this.#keeper.use(repository, known.digest);
    const { freshMs = tagFreshMs } = this.#options;
    if (known && isHere && (!asker.mayFetch || Date.now() - known.askedAt < freshMs)) return null;
    try {
      const digest = isHere ? known.digest : null;
      await this.#fetched(`${repository}:${reference}`, asker, () =>
        this.#fetchManifest(repository, reference, digest),
      );
      return null;
    } catch (error) {
      if (!known || !isHere || !(error instanceof Refusal) || !isAway(error)) throw error;
      this.stale += 1;
      const since = new Date(known.askedAt).toISOString().slice(0, 16).replace('T', ' ');
      return `${error.message}: this is ${reference} as it was there on ${since} UTC`;
    }
  }

  async bringBlob(
    repository: string,
    digest: string,
    asker: FetchAsker,
    onBytes: (bytes: number) => void = () => undefined,
  ): Promise<void> {
    const { blobs } = this.#options.registry;
    if (blobs.has(repository, digest)) return;
    const size = digest.startsWith('sha256:') ? this.#keeper.sizeOf(repository, digest) : null;
    if (size === null) return;
    const key = `${repository} ${digest}`;
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    listeners.add(onBytes);
    try {
      // Layers are not counted, as pulls of them are not: who has the manifest may have these.
      await this.#fetched(key, { ...asker, share: '' }, () => this.#fetchBlob(repository, digest, size, key));
    } finally {
      listeners.delete(onBytes);
      if (listeners.size === 0) this.#listeners.delete(key);
    }
  }

  async tags(repository: string, asker: FetchAsker): Promise<readonly string[]> {
    const { manifests, repositories } = this.#options.registry;
    const { mirror, path } = this.#place(repository);
    try {
      return await this.#fetched(`${repository} tags`, asker, () => this.#fetchers.ask(mirror, path, 'tags', {}));
    } catch (error) {
      if (!(error instanceof Refusal) || !isAway(error) || repositories.find(repository) === null) throw error;
      this.stale += 1;
      return [...manifests.tagsAfter(repository, '')];
    }
  }

  #place(repository: string): { mirror: Mirror; path: string } {
    const name = namespaceOf(repository);
    const mirror = this.#mirrors.get(name);
    if (!mirror) throw new Refusal('NAME_UNKNOWN', { detail: { name: repository } });
    return { mirror, path: repository.slice(name.length + 1) };
  }

  /** Does `work`, unless it is being done: then waits for that. Throws Refusal. */
  async #fetched<T>(key: string, asker: FetchAsker, work: () => Promise<T>): Promise<T> {
    const going = this.#going.get(key);
    // Of one key all work is the same.
    if (going) return (await going) as T;
    const name = namespaceOf(key.split(/[:@ ]/, 1)[0] ?? '');
    this.#checkMayAsk(key, name, asker);
    const began = work()
      .catch((error: unknown) => {
        throw this.#learned(error, name, key);
      })
      .finally(() => this.#going.delete(key));
    this.#going.set(key, began);
    return await began;
  }

  #checkMayAsk(key: string, name: string, { share, mayFetch }: FetchAsker): void {
    const now = performance.now();
    if (!mayFetch)
      throw new Refusal('DENIED', {
        message: `only those with an account may have this machine fetch from ${name}`,
      });
    const unknown = this.#unknown.get(key);
    if (unknown && unknown.untilMs > now) throw unknown.refusal;
    const pause = this.#pauses.get(name);
    if (pause && pause.untilMs > now) throw pausedRefusal(name, pause.failure, (pause.untilMs - now) / 1000);
    const waitMs = share === '' ? 0 : this.#asked.count(share, now);
    if (waitMs > 0)
      throw new Refusal('TOOMANYREQUESTS', {
        message: `you have had this machine ask ${name} for ${maxFetchesPerAsker} images; try again later`,
        headers: { 'Retry-After': Math.ceil(waitMs / 1000) },
      });
  }

  /** What is told of a failure; what it means for those who come next is remembered. */
  #learned(error: unknown, name: string, key: string): unknown {
    if (!(error instanceof RegistryFailure)) return Keeper.asRefusal(error);
    const now = performance.now();
    const refusal = refusalFor(name, error);
    if (isAway(refusal)) {
      const pauseMs = error.retryAfterSeconds === null ? mirrorAwayMs : error.retryAfterSeconds * 1000;
      // What has failed of one repository says nothing of the others.
      if (error.kind === 'network' || refusal.code === 'TOOMANYREQUESTS')
        this.#pauses.set(name, { untilMs: now + Math.min(pauseMs, maxMirrorPauseMs), failure: error });
      // Its addresses are for the operator alone, who reads the log.
      this.#options.log.warn({ mirror: name, failure: forLog(error) }, 'another registry cannot be asked');
    } else if (isUnauthorized(error) && this.#mirrors.get(name)?.login) {
      this.#options.log.warn(
        { mirror: name },
        'another registry refuses the user or the password of the file of mirrors',
      );
    } else if (refusal.status === 404 || refusal.status === 403) {
      this.#unknown.delete(key);
      this.#unknown.set(key, { untilMs: now + unknownMs, refusal });
      const [oldest] = this.#unknown.keys();
      if (oldest !== undefined && this.#unknown.size > maxUnknown) this.#unknown.delete(oldest);
    }
    return refusal;
  }

  /** `known`: the digest that the tag has here. */
  async #fetchManifest(repository: string, reference: string, known: string | null): Promise<void> {
    const { mirror, path } = this.#place(repository);
    const tag = reference.includes(':') ? null : reference;
    try {
      const { digest, found } = await this.#fetchers.ask(mirror, path, 'fetch', { reference, known });
      if (!found) this.#keeper.confirm(repository, reference);
      else {
        const body = Buffer.from(found.bytes);
        const coming = { digest, bytes: body.length, later: blobBytes(body, found.type) };
        using _room = await this.#keeper.makeRoom(repository, coming);
        await this.#options.registry.manifests.keep({ repository, tag, contentType: found.type, body });
      }
    } catch (error) {
      if (tag !== null && error instanceof RegistryFailure && error.status === 404)
        this.#keeper.forget(repository, tag);
      throw error;
    }
  }

  async #fetchBlob(repository: string, digest: string, size: number, key: string): Promise<void> {
    const { blobs } = this.#options.registry;
    const { mirror, path } = this.#place(repository);
    // Others of the same registry may have it. Of all else that is on the machine nobody gets anything by naming its digest.
    if (await blobs.mount(repository, digest, null, null, (name) => namespaceOf(name) === mirror.name)) return;
    using _room = await this.#keeper.makeRoom(repository, { digest, bytes: size });
    const onBytes = (bytes: number): void => {
      for (const listener of this.#listeners.get(key) ?? []) listener(bytes);
    };
    const bring = async (file: string): Promise<void> => {
      const descriptor = { mediaType: '', digest, size };
      await this.#fetchers.ask(mirror, path, 'download', { descriptor, path: file }, { onBytes });
    };
    await blobs.give(repository, { sha256: digest, size }, null, bring, 'fetch');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new EngineError('unavailable', 'the hub ends'));
    await this.#fetchers[Symbol.asyncDispose]();
    await Promise.allSettled(this.#going.values());
  }
}
