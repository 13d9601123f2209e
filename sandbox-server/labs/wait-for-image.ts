// Waits for an image that is still being built, as on a machine's first start.

import { setTimeout as delay } from 'node:timers/promises';
import type { EngineClient } from '@drydock/runtime';
import { ServerError } from '../errors.ts';
import { imagePollMs } from '../limits.ts';

export interface WaitOptions {
  /** Called with the step of the build, in words, whenever that changes. */
  readonly told: (step: string) => void;
  /** Somebody still waits. */
  readonly isThere: () => boolean;
}

/** The repository of a reference as lessons write it: `redis` of `redis:7`. */
function repositoryOf(reference: string): string {
  return reference.split(/[:@]/)[0] ?? '';
}

/** Resolves once no image of this name is being built: true if it had to wait. Throws what the engine throws. */
export async function waitForImage(
  engine: Pick<EngineClient, 'status'>,
  image: string,
  { told, isThere }: WaitOptions,
): Promise<boolean> {
  let said = '';
  for (let waited = false; isThere(); waited = true) {
    const { catalogue } = await engine.status();
    const making = catalogue.find(
      ({ reference, state }) =>
        repositoryOf(reference) === repositoryOf(image) && (state === 'waiting' || state === 'building'),
    );
    if (making === undefined) return waited;
    const step = making.step === '' ? making.reference : `${making.reference}: ${making.step}`;
    if (step !== said) told(step);
    said = step;
    await delay(imagePollMs);
  }
  return false;
}

/**
 * Has the image that a lab's machine is made from built, where it is not there yet, and waits for that. Returns early where nobody waits
 * any more. Throws what the engine throws, and ServerError unavailable where the image cannot be built.
 */
export async function workspaceBuilt(
  engine: Pick<EngineClient, 'status' | 'buildCatalogue'>,
  workspace: string,
  options: WaitOptions,
): Promise<void> {
  const madeOf = async () =>
    (await engine.status()).catalogue.find(({ reference }) => repositoryOf(reference) === workspace);
  const before = await madeOf();
  // One that the catalogue has not at all is told by whoever makes the host.
  if (before === undefined || before.state === 'ready') return;
  await engine.buildCatalogue([workspace]);
  await waitForImage(engine, workspace, options);
  if (options.isThere() && (await madeOf())?.state === 'failed')
    throw new ServerError(
      'unavailable',
      `The image ${workspace}, which the machine of this lab is made from, could not be built. Try again later, or tell whoever runs this Drydock: drydock status says why.`,
    );
}
