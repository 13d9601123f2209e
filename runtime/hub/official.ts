// The official images: repositories that are seen through to the catalogue. Nothing of it is copied into the registry, and an image
// that is not built yet is built when somebody asks for its manifest.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { CatalogueEntry } from '../catalogue/layout.ts';
import { officialBuildWaitMs } from '../limits.ts';
import { officialNamespace } from '../registry/accounts/names.ts';
import type { OfficialBlob, OfficialManifest, OfficialRepositories } from '../registry/official.ts';
import { Refusal } from '../registry/refusal.ts';
import type { OfficialShelf } from './pages/shelf.ts';

const prefix = `${officialNamespace}/`;
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** What was imported by a longer name is in no namespace of the hub. */
const isOfficial = (name: string): boolean => !name.includes('/');

export class Official implements OfficialRepositories, OfficialShelf {
  readonly #catalogue: Catalogue;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** The catalogue's repository that `redis` and `library/redis` mean; null where that is none of its. */
  nameOf(repository: string): string | null {
    const name = repository.startsWith(prefix) ? repository.slice(prefix.length) : repository;
    return isOfficial(name) && this.#catalogue.tags(name).length > 0 ? name : null;
  }

  has(repository: string): boolean {
    return this.nameOf(repository) !== null;
  }

  repositories(): string[] {
    return this.#catalogue
      .repositories()
      .filter(isOfficial)
      .map((name) => `${prefix}${name}`);
  }

  tags(repository: string): string[] {
    return this.#catalogue.tags(this.nameOf(repository) ?? '');
  }

  summary(repository: string): string {
    return this.#catalogue.summary(this.nameOf(repository) ?? '');
  }

  bytes(repository: string): number {
    const layers = this.#catalogue.entriesOf(this.nameOf(repository) ?? '').flatMap((entry) => entry.layers);
    return [...new Map(layers.map(({ digest, size }) => [digest, size])).values()].reduce((sum, size) => sum + size, 0);
  }

  look(repository: string, reference: string): { entry: CatalogueEntry | null; step: string } | null {
    const isDigest = reference.includes(':');
    const found = this.#catalogue.find(
      this.nameOf(repository) ?? '',
      isDigest ? { digest: reference } : { tag: reference },
    );
    if (typeof found === 'string') return null;
    const entry = this.#catalogue.entry(found.name);
    if (isDigest && entry?.manifestDigest !== reference) return null;
    return { entry, step: this.#catalogue.progress(found.name).step };
  }

  async manifest(repository: string, reference: string): Promise<OfficialManifest> {
    const isDigest = reference.includes(':');
    const wanted = isDigest ? { digest: reference } : { tag: reference };
    const found = this.#catalogue.find(this.nameOf(repository) ?? '', wanted);
    const entry =
      typeof found === 'string' ? null : isDigest ? this.#catalogue.entry(found.name) : await this.#built(found.name);
    if (!entry || (isDigest && entry.manifestDigest !== reference))
      throw new Refusal('MANIFEST_UNKNOWN', { detail: { reference } });
    return { digest: entry.manifestDigest, mediaType: manifestType, body: Buffer.from(entry.manifest) };
  }

  /** Throws UNAVAILABLE where it takes longer than a client waits: the build goes on, and asking again finds it. */
  async #built(name: string): Promise<CatalogueEntry> {
    const ready = this.#catalogue.ready(name);
    const wait = new AbortController();
    try {
      const entry = await Promise.race([ready, sleep(officialBuildWaitMs, null, { signal: wait.signal, ref: false })]);
      if (entry) return entry;
    } catch (cause) {
      throw new Refusal('UNAVAILABLE', { message: 'this machine cannot make the image now', cause });
    } finally {
      wait.abort();
      ready.catch(() => undefined);
    }
    const { step } = this.#catalogue.progress(name);
    throw new Refusal('UNAVAILABLE', {
      message: `this machine makes the image on its first use${step === '' ? '' : ` (${step})`}: try again in a minute`,
      headers: { 'Retry-After': 30 },
    });
  }

  blob(repository: string, digest: string): OfficialBlob | null {
    const name = this.nameOf(repository) ?? '';
    for (const entry of this.#catalogue.entriesOf(name)) {
      const layer = entry.layers.find((one) => one.digest === digest);
      if (layer) return { size: layer.size, content: { path: layer.blob } };
      if (entry.imageId === digest) {
        const bytes = Buffer.from(entry.configuration);
        return { size: bytes.length, content: { bytes } };
      }
    }
    return null;
  }
}
