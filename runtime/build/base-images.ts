// The images that a build begins with. One that the host has goes before all others, whatever its platform. Of any other its registry is
// asked, or the catalogue; the host has no image the more for it, and its layers come when something is made of them.

import type { ContainerHost } from '../containers/container.ts';
import { EngineError } from '../errors.ts';
import { goArchitecture } from '../images/architecture.ts';
import { parseReference } from '../images/reference.ts';
import type { Build } from './builds.ts';
import type { RemoteLayers } from './cache/remote-layers.ts';
import type { ImageDocument } from './language/image-document.ts';
import type { ImageRequest, ResolvedImage } from './language/plan/context.ts';
import { formatPlatform, type Platform } from './language/platforms.ts';
import { baseDocument, layoutImage } from './layout-image.ts';
import type { Result } from './result.ts';
import { credentialsOf } from './session-credentials.ts';

type WantedImage = Omit<ImageRequest, 'name'>;

export class BaseImages {
  readonly #host: ContainerHost;
  readonly #build: Build<Result>;
  readonly #remote: RemoteLayers;
  /** `--pull`: what the host has is asked for anew. */
  readonly #isAlwaysPulled: boolean;
  readonly #found = new Map<string, Promise<ResolvedImage>>();

  constructor(host: ContainerHost, build: Build<Result>, remote: RemoteLayers, isAlwaysPulled: boolean) {
    this.#host = host;
    this.#build = build;
    this.#remote = remote;
    this.#isAlwaysPulled = isAlwaysPulled;
  }

  /** Its configuration, and its digest where a registry has told it. Throws what that says, or the catalogue, or the client of a layout. */
  find(wanted: WantedImage): Promise<ResolvedImage> {
    const { reference, platform, layout } = wanted;
    const key = `${reference} ${formatPlatform(platform)}`;
    const find = (): Promise<ResolvedImage> =>
      layout === null ? this.#find(reference, platform) : this.#findInLayout(reference, platform, layout);
    const found = this.#found.get(key) ?? find();
    this.#found.set(key, found);
    return found;
  }

  async #findInLayout(reference: string, platform: Platform, layout: string): Promise<ResolvedImage> {
    const { digest = '' } = parseReference(reference);
    const document = await layoutImage(this.#build, this.#remote, { reference, digest, layout, platform });
    return { digest: null, document };
  }

  async #find(reference: string, platform: Platform): Promise<ResolvedImage> {
    const own = this.#isAlwaysPulled ? null : this.#ownDocument(reference);
    if (own) return { digest: null, document: own };
    const { os, architecture, variant = '' } = platform;
    const named = parseReference(reference);
    const { signal } = this.#build;
    const credentials = await credentialsOf(this.#build, named.domain);
    const isOwn = architecture === goArchitecture;
    const wanted = { os, architecture, variant: isOwn ? '' : variant };
    const found = await this.#host.images.builds.findBase(named, wanted, { signal, credentials });
    const { digest, configuration, layers, catalogue } = found;
    // As the plan calls it from now on.
    const pinned = named.digest === undefined ? `${reference}@${digest}` : reference;
    const place = catalogue
      ? ({ kind: 'catalogue', layers: catalogue } as const)
      : ({ kind: 'registry', reference: named, credentials } as const);
    this.#remote.add(layers, place, pinned);
    this.#remote.setBase(
      pinned,
      platform,
      layers.map(({ diffId }) => diffId),
    );
    return { digest, document: baseDocument(configuration) };
  }

  #ownDocument(reference: string): ImageDocument | null {
    try {
      return this.#host.images.builds.document(reference);
    } catch (error) {
      if (error instanceof EngineError && error.kind === 'notFound') return null;
      throw error;
    }
  }
}
