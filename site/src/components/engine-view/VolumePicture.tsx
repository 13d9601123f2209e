/** A figure: a volume, and the containers that have it; it is there without any, too. */
import { ContainerCard } from './ContainerCard.tsx';
import { FigureNote } from './FigureNote.tsx';
import { figureSource } from './figure-source.ts';
import { VolumeBox } from './VolumeBox.tsx';

const mostContainers = 3;

export function VolumePicture({ volume: name, container }: { volume: string; container: string }) {
  const { view, own } = figureSource(({ volumes }) => volumes.some((volume) => volume.name === name), {
    image: 'redis:7',
    containers: [container],
    port: null,
    volume: name,
  });
  const volume = view.volumes.find((each) => each.name === name);
  if (!volume) return null;
  const users = view.containers.filter((each) => volume.users.some((user) => user.container === each.name));
  return (
    <div class="fig-box">
      <div class="fig-layers">
        <ul class="ev-list">
          {users.slice(0, mostContainers).map((each) => (
            <ContainerCard
              key={each.id}
              container={each}
              image={view.images.find(({ id }) => id === each.imageId)}
              volumes={view.volumes}
              linked={false}
            />
          ))}
          {users.length === 0 && <li class="ev-note">No container is here that has it.</li>}
        </ul>
        <ul class="ev-list">
          <VolumeBox volume={volume} linked={false} />
        </ul>
      </div>
      <FigureNote own={own} missing={`a volume ${name}`} />
    </div>
  );
}
