/**
 * An image on its way to a registry or from it, layer by layer. A layer that is sent moves along the way; one that was there already
 * does not.
 */
import type { ViewMove, ViewMovedLayer } from '@drydock/sandbox-server/protocol';
import { layerColour } from './layer-colours.ts';
import { cargoName, cargoWords, layerWords } from './registry-words.ts';

/** More layers than this are drawn as one line that counts them. */
const mostDrawn = 6;

interface MoveLaneProps {
  readonly move: ViewMove;
  /** Where its host stands. */
  readonly side: 'left' | 'right';
  /** There are several registries, so it says which one. */
  readonly several: boolean;
}

export function MoveLane({ move, side, several }: MoveLaneProps) {
  const { direction, layers, state, fresh } = move;
  const heads = (direction === 'push') === (side === 'left') ? 'right' : 'left';
  const left = layers.length - mostDrawn;
  // The topmost first. The base, and what is on top, say most.
  const drawn = left > 0 ? [...layers.slice(0, 1), ...layers.slice(left + 1)] : layers;
  const name = cargoName(move);
  return (
    <div class="ev-lane" data-heads={heads} data-state={state} data-fresh={fresh}>
      <p class="ev-title">
        <b class="ev-cut" title={name}>
          {direction} {name}
        </b>
      </p>
      <span class="ev-way" aria-hidden="true" />
      <ol class="ev-layers" aria-label="Layers, the topmost first">
        {[...drawn].reverse().map((layer, place) => (
          <Cargo key={layer.id} layer={layer} move={move} toRight={heads === 'right'} place={place} />
        ))}
        {left > 0 && (
          <li class="ev-layer" data-kind="note">
            <span>{left} more</span>
          </li>
        )}
      </ol>
      <p class="ev-note">{cargoWords(move)}</p>
      {several && (
        <p class="ev-note ev-cut" title={move.registry}>
          {direction === 'push' ? 'to' : 'from'} {move.registry}
        </p>
      )}
    </div>
  );
}

interface CargoProps {
  readonly layer: ViewMovedLayer;
  readonly move: ViewMove;
  readonly toRight: boolean;
  readonly place: number;
}

/** How much of its way a layer has behind it, from 0 to 1. */
function progress({ state, bytes, movedBytes }: ViewMovedLayer): number {
  if (state === 'waiting') return 0;
  if (state === 'moving') return bytes > 0 ? Math.min(1, movedBytes / bytes) : 0;
  return 1;
}

function Cargo({ layer, move, toRight, place }: CargoProps) {
  const { colour, stripes } = layerColour(layer.id);
  const at = progress(layer);
  const way = toRight ? { '--at': at, '--from': 0 } : { '--at': 1 - at, '--from': 1 };
  const words = layerWords(layer, move);
  return (
    <li class="ev-layer ev-cargo" data-state={layer.state} style={{ ...way, '--place': place }} title={words}>
      <i class="ev-cargo-body" data-colour={colour} data-stripes={stripes} aria-hidden="true" />
      <span>{words}</span>
    </li>
  );
}
