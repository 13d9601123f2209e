// Waiting for a container's end.

import type { Container } from './container.ts';

/** Waits until the container does not run any more; false where `timeoutMs` passes first. */
export async function untilStopped(container: Container, timeoutMs: number | null): Promise<boolean> {
  if (!container.running) return true;
  return await new Promise<boolean>((resolve) => {
    const done = (stopped: boolean): void => {
      stopListening();
      clearTimeout(timer);
      resolve(stopped);
    };
    const stopListening = container.onChange(() => {
      if (!container.running) done(true);
    });
    const timer = timeoutMs === null ? undefined : setTimeout(() => done(false), timeoutMs);
  });
}
