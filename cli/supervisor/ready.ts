// Waits until a student can use it, and shows meanwhile what is being done: the engine and its first images, the server.

import { type CatalogueImage, connectEngine, EngineError, type EngineStatus } from '@drydock/runtime';
import type { Step } from '../../bin/progress.mjs';
import { Failure } from '../failure.ts';
import { serverHealth } from '../server-health.ts';

type Progress = { step(title: string): Step };

const pollMs = 50;
/** An engine that has not opened its socket by then hangs; adopting hundreds of hosts takes some seconds. */
const engineMs = 120_000;
/** As long for a server: where several start at once on a small machine it takes a while to load its code. One that ends is told at once. */
const serverMs = 120_000;
/** Without these no host can be made; the other images are built behind. */
const firstImages = ['busybox', 'workspace'];

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Null while no engine answers. */
async function statusOf(socket: string): Promise<EngineStatus | null> {
  try {
    return await connectEngine(socket).status();
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'unavailable') return null;
    throw error;
  }
}

function isFirst(image: CatalogueImage): boolean {
  return firstImages.includes(image.reference.replace(/:.*/, ''));
}

/** Throws Failure where one of the first images cannot be built, or the engine never answers; the signal's reason where it aborts. */
export async function waitForEngine(socket: string, progress: Progress, signal: AbortSignal): Promise<void> {
  const starting = progress.step('Starting the engine');
  const building = new Map<string, Step>();
  const until = performance.now() + engineMs;
  try {
    for (;;) {
      const status = await statusOf(socket);
      if (status) {
        starting.done();
        // With images of older recipes too, where the new ones cannot be built now.
        if (status.ready) {
          for (const step of building.values()) step.done();
          return;
        }
        showImages(status.catalogue.filter(isFirst), building, progress);
      } else if (building.size === 0 && performance.now() > until) {
        throw new Failure(`The engine has not answered for ${engineMs / 1000} s.`);
      }
      await sleep(pollMs, signal);
    }
  } catch (error) {
    starting.failed();
    for (const step of building.values()) step.failed();
    throw error;
  }
}

function showImages(images: readonly CatalogueImage[], building: Map<string, Step>, progress: Progress): void {
  for (const image of images) {
    if (image.state === 'failed') {
      throw new Failure(`The image ${image.reference}, which every host needs, could not be built: ${image.step}`);
    }
    if (image.state === 'building') {
      const step = building.get(image.reference) ?? progress.step(`Building the image ${image.reference}`);
      building.set(image.reference, step);
      step.update(image.step);
    }
    if (image.state === 'ready') building.get(image.reference)?.done();
  }
}

/**
 * Waits for an answer, or, where `engineToo`, for the word that the engine answers the server as well. Throws Failure where
 * there is none in time.
 */
export async function waitForServer(
  listen: string,
  port: number,
  engineToo: boolean,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const step = progress.step('Starting the server');
  const until = performance.now() + serverMs;
  try {
    for (;;) {
      const health = await serverHealth(listen, port);
      signal.throwIfAborted();
      if (health && (!engineToo || health.status !== 'engine away')) return step.done();
      if (performance.now() > until) throw new Failure(`The server has not answered for ${serverMs / 1000} s.`);
      await sleep(pollMs, signal);
    }
  } catch (error) {
    step.failed();
    throw error;
  }
}
