/** The steps that made an image, the base first; a step that made a layer has its colour, its size and its digest. */
import type { HubImagePage, HubStep } from '@drydock/sandbox-server/protocol';
import { colourLayers, layerColour } from '../engine-view/layer-colours.ts';
import { counted, diskSize } from '../engine-view/sizes.ts';
import { Digest } from './parts.tsx';

/** As the engine view names layers, so that both give the same colour. */
const shortId = (digest: string): string => digest.replace(/^sha\d+:/, '').slice(0, 12);

export function Layers({ page }: { page: HubImagePage }) {
  const layers = page.steps.flatMap(({ layer }) => layer ?? []);
  const most = Math.max(1, ...layers.map(({ bytes }) => bytes));
  colourLayers(layers.map(({ diffId, digest }) => shortId(diffId || digest)));
  const isImage = page.contents?.kind !== 'artifact';
  return (
    <section class="hub-section">
      <h2>{isImage ? 'Layers' : 'Files'}</h2>
      <p class="hub-note">
        {isImage
          ? `${counted(layers.length, 'layer')}, with the instruction that made each: the base first. A layer that a host has already does not travel again.`
          : `${counted(layers.length, 'blob')}: this is no image that could be run.`}
      </p>
      <ol class="hub-steps">
        {page.steps.map((step, n) => (
          <Step key={n} step={step} most={most} />
        ))}
      </ol>
    </section>
  );
}

function Step({ step: { createdBy, layer }, most }: { step: HubStep; most: number }) {
  if (!layer)
    return (
      <li class="hub-step" data-kind="note">
        <code>{createdBy || 'a setting'}</code>
        <span class="hub-none">no layer</span>
      </li>
    );
  const { colour, stripes } = layerColour(shortId(layer.diffId || layer.digest));
  return (
    <li class="hub-step" data-colour={colour} data-stripes={stripes}>
      <code>{createdBy || layer.mediaType || 'a layer'}</code>
      <span class="hub-step-facts">
        <span class="hub-bar" aria-hidden="true">
          <i style={{ width: `${Math.max(1, (layer.bytes / most) * 100)}%` }} />
        </span>
        <b>{diskSize(layer.bytes)}</b>
        <Digest digest={layer.digest} />
      </span>
    </li>
  );
}
