// docker attach, and the streams of docker run.

import { EngineError } from '../errors.ts';
import type { Attached } from '../processes/streams.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';

/**
 * Works before the start too: the client then gets all output. Throws conflict if the container is paused or restarting, with the
 * name that the client gave.
 */
export async function attachContainer(
  container: Container,
  given: string,
  want: { stdin: boolean; stdout: boolean; stderr: boolean },
): Promise<Attached> {
  if (container.state.status === 'paused') {
    throw new EngineError('conflict', `container ${given} is paused, unpause the container before attach`);
  }
  if (container.state.status === 'restarting') {
    throw new EngineError('conflict', `container ${given} is restarting, wait until the container is running`);
  }
  const { OpenStdin, StdinOnce, Tty } = container.record.config;
  const attached = container.console.attach({ ...want, stdin: want.stdin && OpenStdin, keepStdin: Tty || !StdinOnce });
  emit(container, 'attach');
  return attached;
}
