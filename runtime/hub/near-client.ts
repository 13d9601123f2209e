// Pull, push and login of a Docker host at the hub, without a network between: by reference. A blob that the store has gets another
// name; nothing is copied that need not be. Access is decided, progress is told and failures are worded as at any other registry.

import { copyFile, link, readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { at, EngineError } from '../errors.ts';
import { maxInlineConfigurationBytes, maxManifestBytes, maxReferencesPerHost, registryProgressMs } from '../limits.ts';
import type { Listeners, NearPlace, RegistryClient } from '../registries/client.ts';
import { platformIn } from '../registries/describe.ts';
import { RegistryFailure } from '../registries/failure.ts';
import { findManifest, type ManifestReader, type ReadManifest } from '../registries/find-manifest.ts';
import { checkSize, type FoundParts, foundImage } from '../registries/found-image.ts';
import type { FoundImage, JobName, RegistryJobs } from '../registries/jobs.ts';
import {
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  parseDocument,
  verifyDigest,
} from '../registries/manifest.ts';
import { refusedAs } from '../registries/refusal.ts';
import { told } from '../registries/told.ts';
import type { UploadBlob, Uploaded } from '../registries/upload.ts';
import type { HubAccounts } from '../registry/accounts/hub-accounts.ts';
import type { RepositoryAction } from '../registry/http/access.ts';
import type { FetchAsker, MirroredRepositories } from '../registry/mirrored.ts';
import type { OfficialRepositories } from '../registry/official.ts';
import { Refusal } from '../registry/refusal.ts';
import type { Blob } from '../store/blobs.ts';
import { gzipFile } from '../store/gzip.ts';
import { type Caller, callerOf } from './caller.ts';
import { findInThread } from './found-image-thread.ts';

export interface NearParts {
  readonly accounts: HubAccounts;
  readonly official: OfficialRepositories;
  readonly mirrors: MirroredRepositories;
  /** `hub.drydock` */
  readonly domain: string;
}

type Answers = {
  [Name in JobName]: (ask: RegistryJobs[Name]['ask'], listeners: Listeners) => Promise<RegistryJobs[Name]['answer']>;
};

interface Top {
  readonly descriptor: Descriptor;
  readonly document: ImageManifest | ImageIndex;
}

export class NearClient implements RegistryClient {
  readonly #parts: NearParts;
  readonly #place: NearPlace;
  readonly #signal: AbortSignal;
  #caller: Promise<Caller> | null = null;
  /** By the tag or digest that was asked for. */
  readonly #tops = new Map<string, Top>();
  readonly #answers: Answers = {
    login: () => this.#login(),
    tags: () => this.#tags(),
    fetch: (ask) => this.#fetch(ask),
    top: ({ reference }) => this.#top(reference),
    image: (ask) => this.#image(ask),
    describe: ({ reference }) => this.#describe(reference),
    download: ({ descriptor, path }, listeners) => this.#download(descriptor, path, listeners),
    upload: (upload, listeners) => this.#upload(upload, listeners),
    manifest: (ask) => this.#manifest(ask),
  };

  constructor(parts: NearParts, place: NearPlace, signal: AbortSignal) {
    this.#parts = parts;
    this.#place = place;
    this.#signal = signal;
  }

  async ask<Name extends JobName>(
    name: Name,
    ask: RegistryJobs[Name]['ask'],
    listeners: Listeners = {},
  ): Promise<RegistryJobs[Name]['answer']> {
    this.#signal.throwIfAborted();
    try {
      const answer = await this.#answers[name](ask, listeners);
      this.#signal.throwIfAborted();
      return answer;
    } catch (error) {
      if (this.#signal.aborted) throw this.#signal.reason;
      const { reference = '' } = ask as { reference?: string };
      const whole = `${this.#place.shown}${reference.includes(':') ? '@' : ':'}${reference}`;
      const { errorKind, message } = told(refusedAs(error), this.#place, whole);
      throw new EngineError(errorKind, message, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  get #registry() {
    return this.#parts.accounts.registry;
  }

  #who(): Promise<Caller> {
    this.#caller ??= callerOf(this.#parts.accounts, this.#place);
    return this.#caller;
  }

  /** Asked anew for each thing, as a registry does: what somebody may can change. Throws Refusal: DENIED. */
  async #mayDo(...actions: RepositoryAction[]): Promise<Caller> {
    const caller = await this.#who();
    if (!caller.may(this.#place.path, actions)) throw new Refusal('DENIED');
    return caller;
  }

  async #login(): Promise<{ identityToken: string }> {
    const { accounts, domain } = this.#parts;
    try {
      const { person } = await this.#who();
      const { username } = this.#place.credentials;
      return { identityToken: person && username !== '' ? await accounts.bearer.issueRefresh(person) : '' };
    } catch (error) {
      const failure = refusedAs(error);
      throw failure instanceof RegistryFailure ? failure.of('GET', `https://${domain}/v2/`) : error;
    }
  }

  async #tags(): Promise<string[]> {
    const caller = await this.#mayDo('pull');
    const { mirrors } = this.#parts;
    const { path } = this.#place;
    const tags: string[] = [];
    const all = mirrors.has(path)
      ? await mirrors.tags(path, askerOf(caller))
      : this.#registry.manifests.tagsAfter(path, '');
    for (const tag of all) {
      tags.push(tag);
      if (tags.length > maxReferencesPerHost)
        throw new RegistryFailure(
          `the repository has more tags than the ${maxReferencesPerHost} that a host may have names: pull those that you need`,
          { kind: 'broken' },
        );
    }
    return tags;
  }

  /** What is another registry's is fetched. A sentence where that one could not be asked. */
  async #bring(reference: string): Promise<string | null> {
    const { mirrors } = this.#parts;
    const { path } = this.#place;
    return mirrors.has(path) ? await mirrors.bringManifest(path, reference, askerOf(await this.#who())) : null;
  }

  async #bringBlob(digest: string, onBytes?: Listeners['onBytes']): Promise<void> {
    const { mirrors } = this.#parts;
    const { path } = this.#place;
    if (mirrors.has(path)) await mirrors.bringBlob(path, digest, askerOf(await this.#who()), onBytes);
  }

  async #top(reference: string): Promise<Descriptor & { readonly note?: string }> {
    const { person, source } = await this.#mayDo('pull');
    const { manifests, audit } = this.#registry;
    const { path: repository } = this.#place;
    const note = await this.#bring(reference);
    const { digest, mediaType, size } = manifests.need(repository, reference);
    this.#parts.accounts.pulls.count(person, source, true);
    const document = parseDocument(manifests.body(repository, digest), mediaType);
    const tag = reference === digest ? null : reference;
    audit.tell({ action: 'pull', who: person?.name ?? null, repository, reference: tag, digest, bytes: size });
    const descriptor = { mediaType, digest, size };
    this.#tops.set(reference, { descriptor, document });
    return note === null ? descriptor : { ...descriptor, note };
  }

  async #fetch({ reference, known }: RegistryJobs['fetch']['ask']): Promise<RegistryJobs['fetch']['answer']> {
    await this.#mayDo('pull');
    await this.#bring(reference);
    const { manifests } = this.#registry;
    const { digest, mediaType: type } = manifests.need(this.#place.path, reference);
    return { digest, found: digest === known ? null : { bytes: manifests.body(this.#place.path, digest), type } };
  }

  async #image({
    reference,
    platform,
    maxConfigurationBytes,
    path,
  }: RegistryJobs['image']['ask']): Promise<FoundImage> {
    await this.#mayDo('pull');
    const top = this.#tops.get(reference);
    if (!top) throw new EngineError('internal', `the manifest of ${reference} was not asked for`);
    this.#tops.delete(reference);
    const { manifest, configuration } = await findManifest(this.#reader, top, platform);
    checkSize(configuration.length, maxConfigurationBytes);
    const parts: FoundParts = { manifest, configuration, platform, maxConfigurationBytes };
    const image =
      configuration.length > maxInlineConfigurationBytes ? await findInThread(parts, this.#signal) : foundImage(parts);
    await writeFile(path, configuration, { flag: 'wx', mode: 0o600 });
    return image;
  }

  get #reader(): ManifestReader {
    return {
      manifest: async (digest): Promise<ReadManifest> => {
        const { manifests } = this.#registry;
        await this.#bring(digest);
        const { mediaType } = manifests.need(this.#place.path, digest);
        return { bytes: manifests.body(this.#place.path, digest), type: mediaType };
      },
      configuration: (descriptor) => this.#configuration(descriptor),
    };
  }

  async #configuration({ digest }: Descriptor): Promise<Buffer> {
    const { blobs } = this.#registry;
    await this.#bringBlob(digest);
    const blob = blobs.need(this.#place.path, digest);
    if (blob.size > maxManifestBytes)
      throw new RegistryFailure(`it has ${blob.size} bytes, the most is ${maxManifestBytes}`, { kind: 'broken' });
    const bytes = await readFile(blobs.path(blob));
    verifyDigest(bytes, digest, 'image config');
    return bytes;
  }

  async #describe(reference: string): Promise<RegistryJobs['describe']['answer']> {
    await this.#mayDo('pull');
    const found = this.#parts.official.has(this.#place.path)
      ? await this.#officialTop(reference)
      : await this.#storedTop(reference);
    const { descriptor, document, configuration } = found;
    const platforms =
      document.kind === 'index'
        ? document.manifests.flatMap(({ platform }) => platform ?? [])
        : [platformIn(await configuration(document.config))];
    return { descriptor, platforms };
  }

  async #storedTop(reference: string) {
    const { manifests } = this.#registry;
    await this.#bring(reference);
    const { digest, mediaType, size } = manifests.need(this.#place.path, reference);
    const document = parseDocument(manifests.body(this.#place.path, digest), mediaType);
    const descriptor: Descriptor = { mediaType, digest, size };
    return { descriptor, document, configuration: (config: Descriptor) => this.#configuration(config) };
  }

  async #officialTop(reference: string) {
    const { official } = this.#parts;
    const { path } = this.#place;
    const { digest, mediaType, body } = await official.manifest(path, reference);
    const configuration = async (config: Descriptor): Promise<Buffer> => {
      const content = official.blob(path, config.digest)?.content;
      if (content && 'bytes' in content) return content.bytes;
      throw new Refusal('BLOB_UNKNOWN');
    };
    const descriptor: Descriptor = { mediaType, digest, size: body.length };
    return { descriptor, document: parseDocument(body, mediaType), configuration };
  }

  async #download({ digest, size }: Descriptor, path: string, { onBytes }: Listeners): Promise<null> {
    const { person } = await this.#mayDo('pull');
    const { blobs, audit } = this.#registry;
    const { path: repository } = this.#place;
    await this.#bringBlob(digest, onBytes);
    const blob = blobs.need(repository, digest);
    if (blob.size !== size)
      throw new RegistryFailure(`the blob ${digest} has ${blob.size} bytes, not ${size}`, { kind: 'broken' });
    try {
      await anotherName(blobs.path(blob), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Refusal('BLOB_UNKNOWN', { cause: error });
      throw at('take blob', error);
    }
    const who = person?.name ?? null;
    audit.tell({ action: 'pull-blob', who, repository, reference: null, digest, bytes: size });
    return null;
  }

  async #upload(upload: UploadBlob, { onBytes }: Listeners): Promise<Uploaded> {
    const caller = await this.#mayDo('pull', 'push');
    const { blobs } = this.#registry;
    const { path: repository } = this.#place;
    const who = caller.person?.name ?? null;
    const { blob } = upload;
    if (blob && blobs.has(repository, blob.digest)) {
      blobs.needToPush(repository, blob.digest);
      return { kind: 'there', blob };
    }
    if (blob) {
      const from = await this.#mount(caller, blob, upload.mountFrom);
      if (from !== null) return { kind: 'mounted', from, blob };
    }
    if (!('plain' in upload)) {
      const { content, blob: whole } = upload;
      await blobs.give(repository, { sha256: whole.digest, size: whole.size }, who, (path) =>
        'path' in content ? anotherName(content.path, path) : writeFile(path, content.bytes, { flag: 'wx' }),
      );
      return { kind: 'sent', blob: whole };
    }
    const mayPull = (name: string): boolean => caller.may(name, ['pull']);
    // Another repository may have what it was compressed to before.
    if (blob && (await blobs.mount(repository, blob.digest, null, who, mayPull))) return { kind: 'sent', blob };
    const pieces = Readable.from(gzipFile(upload.plain, paced(onBytes)), { objectMode: false });
    try {
      const sender = { repository, digest: null, who, mayPull };
      const { sha256: digest, size } = await blobs.take(sender, pieces, this.#signal);
      return { kind: 'sent', blob: { digest, size } };
    } finally {
      pieces.destroy();
    }
  }

  /** The repository that it was taken from; null where none of them has it, or those that do are not for the caller. */
  async #mount(caller: Caller, { digest, size }: Blob, sources: readonly string[]): Promise<string | null> {
    const { blobs } = this.#registry;
    const { official } = this.#parts;
    const { path: repository } = this.#place;
    const who = caller.person?.name ?? null;
    for (const from of sources) {
      if (!caller.may(from, ['pull'])) continue;
      const shown = official.has(from) ? official.blob(from, digest) : null;
      if (shown && 'path' in shown.content) {
        const { path: source } = shown.content;
        await blobs.give(repository, { sha256: digest, size }, who, (path) => anotherName(source, path));
        return from;
      }
      const mayPull = (name: string): boolean => caller.may(name, ['pull']);
      if (await blobs.mount(repository, digest, from, who, mayPull)) return from;
    }
    return null;
  }

  async #manifest({ reference, mediaType, text }: RegistryJobs['manifest']['ask']) {
    const { person } = await this.#mayDo('pull', 'push');
    const body = Buffer.from(text);
    const { digest } = await this.#registry.manifests.put({
      repository: this.#place.path,
      reference,
      digest: null,
      tags: [],
      contentType: mediaType,
      body,
      who: person?.name ?? null,
    });
    return { digest, size: body.length };
  }
}

const askerOf = ({ person, source }: Caller): FetchAsker => ({ share: source, mayFetch: person !== null });

/** The content of `from` under the new name `to`: one file, but across file systems, or where it has as many names as it may. */
async function anotherName(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EXDEV' && code !== 'EMLINK') throw error;
    await copyFile(from, to);
  }
}

/** Tells of a transfer, not of every piece. */
function paced(onBytes: Listeners['onBytes']): (bytes: number) => void {
  let toldAt = 0;
  return (bytes) => {
    const now = performance.now();
    if (now - toldAt < registryProgressMs) return;
    toldAt = now;
    onBytes?.(bytes);
  };
}
