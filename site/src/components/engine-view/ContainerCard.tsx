/** A container: its image's layers as a coloured edge with its own on top, its state, what it uses, and its ports. */
import type { ViewContainer, ViewImage } from '@drydock/sandbox-server/protocol';
import { Ago } from './Ago.tsx';
import { layerColour } from './layer-colours.ts';
import { Name, type Pick } from './Name.tsx';
import { counted, memorySize } from './sizes.ts';
import { isUp, ownLayerWords, portWords, stateWords } from './words.ts';

const mostEdgeLayers = 8;

interface ContainerCardProps {
  readonly container: ViewContainer;
  /** What it was made from; undefined where that is not told. */
  readonly image: ViewImage | undefined;
  readonly pick?: Pick | undefined;
}

export function ContainerCard({ container, image, pick }: ContainerCardProps) {
  const up = isUp(container);
  return (
    <li class="ev-container" data-up={up} data-state={container.state} data-picked={pick?.pressed}>
      <Edge image={image} />
      <p class="ev-title">
        <Name text={container.name} pick={pick} />
        <span class="ev-state">
          {stateWords(container)}
          {container.state === 'exited' && <Ago since={container.since} />}
        </span>
      </p>
      <p class="ev-note ev-cut" title={`${container.image}: ${container.command}`}>
        {container.image} · {container.command}
      </p>
      <p class="ev-facts">
        <span>own layer: {ownLayerWords(container)}</span>
        <span class={container.ports.length > 0 ? 'ev-port' : undefined}>{portWords(container)}</span>
      </p>
      {up && (
        <p class="ev-facts">
          <span>{counted(container.processes.length, 'process', 'processes')}</span>
          <span>{memorySize(container.memoryBytes)}</span>
        </p>
      )}
    </li>
  );
}

/** The layers that it reads, and on top the thin one that it writes. The words beside it say the same. */
function Edge({ image }: { image: ViewImage | undefined }) {
  const layers = (image?.layers ?? []).filter(({ id }) => id !== '').slice(0, mostEdgeLayers);
  return (
    <span class="ev-edge" aria-hidden="true">
      <i data-own="true" />
      {[...layers].reverse().map(({ id }) => {
        const { colour, stripes } = layerColour(id);
        return <i key={id} data-colour={colour} data-stripes={stripes} />;
      })}
    </span>
  );
}
