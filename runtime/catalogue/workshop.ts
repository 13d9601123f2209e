// What the catalogue asks of whoever builds its Dockerfiles, so that it need not know hosts.

import type { CatalogueEntry } from './layout.ts';
import type { Recipe } from './recipe.ts';

/** An image that is to be built. */
export interface Order {
  readonly recipe: Recipe;
  /** The images of the catalogue that it is built on, by their canonical references. */
  readonly bases: ReadonlyMap<string, CatalogueEntry>;
  /** An empty directory that becomes the image's layout. On an error what is in it is the caller's. */
  readonly layout: string;
  readonly signal: AbortSignal;
  /** Told in words what is being done. */
  readonly onStep: (step: string) => void;
}

export interface Workshop {
  /** Throws EngineError: what the step that failed has said. */
  build(order: Order): Promise<void>;
  /** The layers of an image that is in the catalogue now are there, unpacked, and stay. */
  keep(entry: CatalogueEntry): Promise<void>;
  /** Nothing is left to be built: what was kept so that a build can go on where it was cut off goes. Idempotent. */
  rest(): Promise<void>;
}
