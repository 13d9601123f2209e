/** A host's Docker from left to right: images with their layers, containers, networks and volumes, the virtual machine if it has one. */
import type { View } from '@drydock/sandbox-server/protocol';
import { ContainerCard } from './ContainerCard.tsx';
import { ImageStack } from './ImageStack.tsx';
import { linkedTo } from './linked.ts';
import { MachineBox } from './MachineBox.tsx';
import type { Pick } from './Name.tsx';
import { NetworkBox } from './NetworkBox.tsx';
import { type ThingKey, thingOf } from './questions.ts';
import { VolumeBox } from './VolumeBox.tsx';
import { shownNetworks } from './words.ts';

interface PictureProps {
  readonly view: View;
  readonly picked: ThingKey | undefined;
  readonly onPick: (key: ThingKey) => void;
}

export function Picture({ view, picked, onPick }: PictureProps) {
  const pick = (key: ThingKey): Pick | undefined =>
    thingOf(key, view) ? { pressed: key === picked, onPick: () => onPick(key) } : undefined;
  const { images, containers, volumes, machine } = view;
  const linked = linkedTo(picked, view);
  return (
    <div class="ev-picture">
      <section class="ev-images">
        <h3>{images.length === 1 ? 'Image' : 'Images'}</h3>
        {images.length === 0 ? (
          <p class="ev-empty">
            None yet. An image and its layers show here once it is pulled: <code>docker pull nginx</code>
          </p>
        ) : (
          <ul class="ev-list">
            {images.map((image) => (
              <ImageStack key={image.id} image={image} images={images} pick={pick(`image ${image.id}`)} />
            ))}
          </ul>
        )}
      </section>
      <section class="ev-containers">
        <h3>{containers.length === 1 ? 'Container' : 'Containers'}</h3>
        {containers.length === 0 ? (
          <p class="ev-empty">
            None yet. A container shows here once you make one: <code>docker run -d nginx</code>
          </p>
        ) : (
          <ul class="ev-list">
            {containers.map((container) => (
              <ContainerCard
                key={container.id}
                container={container}
                image={images.find(({ id }) => id === container.imageId)}
                volumes={volumes}
                linked={linked.has(`container ${container.id}`)}
                pick={pick(`container ${container.id}`)}
              />
            ))}
          </ul>
        )}
      </section>
      <div class="ev-around">
        <section>
          <h3>Network{shownNetworks(view).length > 1 && 's'}</h3>
          <ul class="ev-list">
            {shownNetworks(view).map((network) => (
              <NetworkBox
                key={network.name}
                network={network}
                view={view}
                linked={linked.has(`network ${network.name}`)}
                pick={pick(`network ${network.name}`)}
              />
            ))}
          </ul>
        </section>
        <section>
          <h3>{volumes.length === 1 ? 'Volume' : 'Volumes'}</h3>
          {volumes.length === 0 ? (
            <p class="ev-empty">
              None yet. Data that outlives its container shows here: <code>docker volume create data</code>
            </p>
          ) : (
            <ul class="ev-list">
              {volumes.map((volume) => (
                <VolumeBox
                  key={volume.name}
                  volume={volume}
                  linked={linked.has(`volume ${volume.name}`)}
                  pick={pick(`volume ${volume.name}`)}
                />
              ))}
            </ul>
          )}
        </section>
        {machine && (
          <section>
            <h3>Machine</h3>
            <ul class="ev-list">
              <MachineBox machine={machine} pick={pick('machine vm')} />
            </ul>
          </section>
        )}
      </div>
      {view.more && (
        <p class="ev-note ev-more">There is more than is drawn here; the docker commands list all of it.</p>
      )}
    </div>
  );
}
