/** An image as a stack of layers, the base at the bottom. Layers that another image has too are marked as shared. */
import type { ViewImage } from '@drydock/sandbox-server/protocol';
import { layerColour } from './layer-colours.ts';
import { Name, type Pick } from './Name.tsx';
import { diskSize } from './sizes.ts';
import { imageName, sharedLayers, sharedWords } from './words.ts';

/** More layers than this are drawn as one line that counts them: the stack must fit the panel. */
const mostDrawn = 7;

interface ImageStackProps {
  readonly image: ViewImage;
  readonly images: readonly ViewImage[];
  readonly pick?: Pick | undefined;
}

export function ImageStack({ image, images, pick }: ImageStackProps) {
  const shared = sharedLayers(image, images);
  const sharing = sharedWords(image, images);
  const layers = [...image.layers].reverse();
  const left = layers.length - mostDrawn;
  // The top and the base say most.
  const drawn = left > 1 ? [...layers.slice(0, mostDrawn - 2), null, ...layers.slice(-1)] : layers;
  return (
    <li class="ev-image" data-picked={pick?.pressed}>
      <p class="ev-title">
        <Name text={imageName(image)} pick={pick} />
        <small>{diskSize(image.size)}</small>
      </p>
      {image.tags.length > 1 && (
        <p class="ev-note ev-cut" title={image.tags.slice(1).join(', ')}>
          also {image.tags.slice(1).join(', ')}
        </p>
      )}
      <ol class="ev-layers" aria-label="Layers, the topmost first">
        {drawn.map((layer, index) => {
          if (layer === null)
            return (
              <li key="more" class="ev-layer" data-kind="note">
                {left + 1} more
              </li>
            );
          if (layer.id === '')
            return (
              <li key={`note ${index}`} class="ev-layer" data-kind="note" title={layer.made}>
                <span>{layer.made}</span>
                <span>0 B</span>
              </li>
            );
          const { colour, stripes } = layerColour(layer.id);
          const others = shared.get(layer.id);
          return (
            <li
              key={layer.id}
              class="ev-layer"
              data-colour={colour}
              data-stripes={stripes}
              title={others ? `${layer.made} (shared with ${others.join(', ')})` : layer.made}
            >
              <span>{layer.made || 'a layer'}</span>
              {others && <em>shared</em>}
              <span>{diskSize(layer.size)}</span>
            </li>
          );
        })}
      </ol>
      {sharing !== '' && <p class="ev-note">{sharing}</p>}
    </li>
  );
}
