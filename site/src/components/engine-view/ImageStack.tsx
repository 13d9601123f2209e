/** An image as a stack of layers, the base at the bottom. Layers that another image has too are marked as shared. */
import type { ViewImage, ViewLayer } from '@drydock/sandbox-server/protocol';
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
  const others = image.tags.slice(1).join(', ');
  return (
    <li class="ev-image" data-picked={pick?.pressed}>
      <p class="ev-title">
        <Name text={imageName(image)} pick={pick} />
        <small>{diskSize(image.size)}</small>
      </p>
      {others !== '' && (
        <p class="ev-note ev-cut" title={others}>
          also {others}
        </p>
      )}
      <ol class="ev-layers" aria-label="Layers, the topmost first">
        {drawn(image.layers).map((row, index) => (
          <Row key={`${row.id} ${index}`} row={row} sharedWith={shared.get(row.id)} />
        ))}
      </ol>
      {sharing !== '' && <p class="ev-note">{sharing}</p>}
    </li>
  );
}

function Row({ row, sharedWith }: { row: DrawnLayer; sharedWith: readonly string[] | undefined }) {
  if (row.id === '')
    return (
      <li class="ev-layer" data-kind="note" title={row.title}>
        <span>{row.made}</span>
      </li>
    );
  const { colour, stripes } = layerColour(row.id);
  const title = sharedWith ? `${row.title} (shared with ${sharedWith.join(', ')})` : row.title;
  return (
    <li class="ev-layer" data-colour={colour} data-stripes={stripes} title={title}>
      <span>{row.made || 'a layer'}</span>
      {sharedWith && <em>shared</em>}
      <span>{diskSize(row.size)}</span>
    </li>
  );
}

interface DrawnLayer extends ViewLayer {
  readonly title: string;
}

/**
 * The rows of the stack, the topmost first. Of the steps without files only those on top are drawn, as one row: what an
 * image says below is what it was made from says. What is too much for the panel is one row as well.
 */
function drawn(layers: readonly ViewLayer[]): readonly DrawnLayer[] {
  const files = layers.filter(({ id }) => id !== '').map((layer) => ({ ...layer, title: layer.made }));
  const notes = layers.slice(layers.findLastIndex(({ id }) => id !== '') + 1).reverse();
  const title = notes.map(({ made }) => made).join('\n');
  const note = notes.slice(0, 1).map((top) => ({ ...top, title }));
  const left = files.length - mostDrawn;
  const cut = left > 0 ? files.slice(1, left + 2) : [];
  const more = { id: '', made: `${cut.length} more`, size: 0, title: cut.map(({ made }) => made).join('\n') };
  const rows = cut.length > 0 ? [...files.slice(0, 1), more, ...files.slice(left + 2)] : files;
  return [...rows, ...note].reverse();
}
