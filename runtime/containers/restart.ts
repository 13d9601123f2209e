// docker restart.

import type { Container } from './container.ts';
import { emit } from './events.ts';
import { startContainer } from './start.ts';
import { type StopOptions, stopContainer } from './stop.ts';

/** Stops the container if it runs, and starts it. One made with --rm is kept, as in moby. */
export async function restartContainer(container: Container, options: StopOptions): Promise<void> {
  container.restarting = true;
  try {
    await stopContainer(container, options);
    await startContainer(container);
  } finally {
    container.restarting = false;
  }
  emit(container, 'restart');
}
