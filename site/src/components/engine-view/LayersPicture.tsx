/** A figure: one image's layers, and the containers that were made from it, each with its own layer on top. */
import type { ViewImage } from '@drydock/sandbox-server/protocol';
import { ContainerCard } from './ContainerCard.tsx';
import { FigureNote } from './FigureNote.tsx';
import { figureSource, isNamed } from './figure-source.ts';
import { ImageStack } from './ImageStack.tsx';
import { imageName, sharedLayers } from './words.ts';

const mostContainers = 4;

export function LayersPicture({ image: wanted }: { image: string }) {
  const find = ({ tags }: ViewImage) => tags.some((tag) => isNamed(tag, wanted));
  const { view, own } = figureSource(({ images }) => images.some(find), { image: wanted, containers: ['one', 'two'] });
  const image = view.images.find(find);
  if (!image) return null;
  const containers = view.containers.filter(({ imageId }) => imageId === image.id).slice(0, mostContainers);
  return (
    <div class="fig-box">
      <div class="fig-layers">
        <ul class="ev-list">
          <ImageStack image={image} images={view.images} />
        </ul>
        {containers.length > 0 ? (
          <ul class="ev-list">
            {containers.map((container) => (
              <ContainerCard key={container.id} container={container} image={image} volumes={[]} linked={false} />
            ))}
          </ul>
        ) : (
          <Sharing image={image} images={view.images} />
        )}
      </div>
      <FigureNote own={own} missing={`an image ${wanted}`} />
    </div>
  );
}

/** Where nothing was made from the image yet: another one that has layers of it. */
function Sharing({ image, images }: { image: ViewImage; images: readonly ViewImage[] }) {
  const names = [...sharedLayers(image, images).values()][0] ?? [];
  const other = images.find((one) => names.includes(imageName(one)));
  if (!other) return <p class="ev-note">No container was made from it yet.</p>;
  return (
    <ul class="ev-list">
      <ImageStack image={other} images={images} />
    </ul>
  );
}
