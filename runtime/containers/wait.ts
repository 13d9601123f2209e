// docker wait: until a container has stopped, stops next, or is gone.

import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** Empty is `not-running`. Throws invalid. */
export function parseWaitCondition(text: string): WaitCondition {
  if (text === '') return 'not-running';
  if (text === 'not-running' || text === 'next-exit' || text === 'removed') return text;
  throw new EngineError('invalid', `invalid condition: "${text.slice(0, 40)}"`);
}

/** The container's exit code once the condition holds. Rejects with the signal's reason when it aborts before. */
export function waitContainer(container: Container, condition: WaitCondition, signal: AbortSignal): Promise<number> {
  const before = container.state;
  // A restart between two looks would hide an exit, so the time of the last one tells.
  const endsRestarting = () => before.status === 'restarting' && !container.active;
  const exited = () => !container.running && (container.state.finishedAt !== before.finishedAt || endsRestarting());
  const removed = () => !container.host.containers.has(container.id);
  const holds = () => {
    if (removed()) return true;
    if (condition === 'removed') return false;
    return condition === 'not-running' ? !container.active || exited() : exited();
  };
  return new Promise<number>((resolve, reject) => {
    const stopWatching = container.onChange(() => look());
    const abort = () => finish(() => reject(signal.reason));
    const finish = (settle: () => void) => {
      stopWatching();
      signal.removeEventListener('abort', abort);
      settle();
    };
    const look = () => {
      if (holds()) finish(() => resolve(container.state.exitCode));
    };
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    else look();
  });
}
