// Waits for an image that is still being built, as on a machine's first start.

import { setTimeout as delay } from 'node:timers/promises';
import type { EngineClient } from '@drydock/runtime';
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
