/** A container: its image's layers as a coloured edge with its own on top, its state, what it uses, its ports, what is mounted in it. */
import type { ViewContainer, ViewImage, ViewVolume } from '@drydock/sandbox-server/protocol';
import { Ago } from './Ago.tsx';
import { LimitBar } from './LimitBar.tsx';
import { layerColour } from './layer-colours.ts';
import { Name, type Pick } from './Name.tsx';
import {
  cpuWords,
  isUp,
  memoryWords,
  mountsOf,
  ownLayerWords,
  portWords,
  processWords,
  restartWords,
  stateWords,
} from './words.ts';

const mostEdgeLayers = 8;

interface ContainerCardProps {
  readonly container: ViewContainer;
  /** What it was made from; undefined where that is not told. */
  readonly image: ViewImage | undefined;
  readonly volumes: readonly ViewVolume[];
  /** Something that was picked belongs to it. */
  readonly linked: boolean;
  readonly pick?: Pick | undefined;
}

export function ContainerCard({ container, image, volumes, linked, pick }: ContainerCardProps) {
  const up = isUp(container);
  const { health, limits, oomKilled, restarts } = container;
  const cpus = cpuWords(container);
  return (
    <li
      class="ev-container"
      data-up={up}
      data-state={container.state}
      data-health={health ?? undefined}
      data-oom={oomKilled}
      data-picked={pick?.pressed}
      data-linked={linked}
    >
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
          <span>{processWords(container)}</span>
          <span>{memoryWords(container)}</span>
        </p>
      )}
      {up && limits.memoryBytes > 0 && <LimitBar used={container.memoryBytes} limit={limits.memoryBytes} />}
      {(restarts > 0 || cpus !== '') && (
        <p class="ev-facts">
          <span>{restartWords(container)}</span>
          <span>{cpus}</span>
        </p>
      )}
      {mountsOf(container, volumes).map(({ what, at, kind }) => (
        <p key={at} class="ev-mount" data-kind={kind} title={`${what} at ${at}`}>
          <b class="ev-cut">{what}</b>
          <span class="ev-cut">{at}</span>
        </p>
      ))}
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
