// A layer that a step makes is held for whoever gets it. Where nobody gets it, because undoing what it was made with has failed, it is
// let go: it would be held until the engine ends.

import type { MadeLayer } from '../../images/build-images.ts';

/** What `make` gives, which passes each layer to `made` once it is there. Throws what it throws. */
export async function handingOver(
  make: (made: (layer: MadeLayer) => MadeLayer) => Promise<MadeLayer>,
): Promise<MadeLayer> {
  const layers: MadeLayer[] = [];
  try {
    return await make((layer) => {
      layers.push(layer);
      return layer;
    });
  } catch (error) {
    for (const layer of layers) layer[Symbol.dispose]();
    throw error;
  }
}
