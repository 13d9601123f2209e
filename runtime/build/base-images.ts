// The images that a build begins with. One that the host has goes before all others, whatever its platform; one for this machine is
// pulled, and has its name then; one for another platform stays in its registry, but for the layers that something is made of.

import { readFile } from 'node:fs/promises';
import type { ContainerHost } from '../containers/container.ts';
import { EngineError } from '../errors.ts';
import { goArchitecture } from '../images/architecture.ts';
import { parseConfiguration } from '../images/configuration.ts';
import { parseReference, type Reference } from '../images/reference.ts';
import { maxManifestBytes } from '../limits.ts';
import type { Build } from './builds.ts';
import type { RemoteLayers } from './cache/remote-layers.ts';
import type { ImageDocument } from './language/image-document.ts';
import { formatPlatform, type Platform } from './language/platforms.ts';
import { baseDocument, layoutImage } from './layout-image.ts';
import type { Result } from './result.ts';
import { credentialsOf } from './session-credentials.ts';

export class BaseImages {
  readonly #host: ContainerHost;
  readonly #build: Build<Result>;
  readonly #remote: RemoteLayers;
  /** `--pull`: what the host has is asked for anew. */
  readonly #isAlwaysPulled: boolean;
  readonly #found = new Map<string, Promise<ImageDocument>>();

  constructor(host: ContainerHost, build: Build<Result>, remote: RemoteLayers, isAlwaysPulled: boolean) {
    this.#host = host;
    this.#build = build;
    this.#remote = remote;
    this.#isAlwaysPulled = isAlwaysPulled;
  }

  /** Its configuration. `layout`: the client's directory that has it; null for a registry. Throws what that says, or the catalogue. */
  document(reference: string, platform: Platform, layout: string | null): Promise<ImageDocument> {
    const key = `${reference} ${formatPlatform(platform)}`;
    const find = (): Promise<ImageDocument> =>
      layout === null ? this.#find(reference, platform) : this.#findInLayout(reference, platform, layout);
    const found = this.#found.get(key) ?? find();
    this.#found.set(key, found);
    return found;
  }

  async #findInLayout(reference: string, platform: Platform, layout: string): Promise<ImageDocument> {
    const { digest = '' } = parseReference(reference);
    return await layoutImage(this.#build, this.#remote, { reference, digest, layout, platform });
  }

  async #find(reference: string, platform: Platform): Promise<ImageDocument> {
    const { builds } = this.#host.images;
    try {
      if (!this.#isAlwaysPulled) return builds.document(reference);
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'notFound') throw error;
    }
    const parsed = parseReference(reference);
    if (platform.architecture !== goArchitecture) return await this.#findElsewhere(reference, parsed, platform);
    const { signal } = this.#build;
    const { domain, path, tag = 'latest', digest = tag } = parsed;
    const credentials = await credentialsOf(this.#build, domain);
    for await (const _ of await this.#host.images.pull(`${domain}/${path}`, digest, { signal, credentials }));
    return builds.document(reference);
  }

  async #findElsewhere(written: string, reference: Reference, platform: Platform): Promise<ImageDocument> {
    const { signal } = this.#build;
    const credentials = await credentialsOf(this.#build, reference.domain);
    const { exchange } = this.#host.images.builds;
    await using session = await exchange.openRegistry(reference, 'pull', { credentials, signal });
    const asked = reference.digest ?? reference.tag ?? 'latest';
    await session.client.ask('top', { reference: asked });
    const path = session.newFile();
    const { os, architecture, variant = '' } = platform;
    const image = await session.client.ask('image', {
      ...{ reference: asked, path, maxConfigurationBytes: maxManifestBytes },
      platform: { os, architecture, variant },
    });
    const configuration = await readFile(path, 'utf8');
    const { diffIds } = parseConfiguration(configuration);
    const layers = image.layers.map((descriptor, at) => ({ descriptor, diffId: diffIds[at] ?? '' }));
    this.#remote.add(layers, { kind: 'registry', reference, credentials });
    this.#remote.setBase(written, platform, diffIds);
    return baseDocument(configuration);
  }
}
