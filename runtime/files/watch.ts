// Telling that something under a home has changed, for as long as somebody wants to know.

import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { maxWatchesPerHost, watchIntervalMs } from '../limits.ts';
import { fileThread } from './thread.ts';

const watches = new WeakMap<Host, number>();
/** A look that took long is followed by a rest of so many times as long. */
const restTimes = 20;

/**
 * A turn for every change since this resolved. Ends when the host stops or `signal` aborts. Throws exhausted where the host
 * has too many watches, unavailable where it is stopped.
 */
export async function watchHome(host: Host, signal: AbortSignal): Promise<AsyncIterable<void>> {
  if ((watches.get(host) ?? 0) >= maxWatchesPerHost)
    throw new EngineError(
      'exhausted',
      `the files of host ${host.name} are watched by ${maxWatchesPerHost} pages already`,
    );
  return changes(host, signal, await fileThread.do(host, { kind: 'fingerprint' }));
}

async function* changes(host: Host, signal: AbortSignal, first: string): AsyncGenerator<void> {
  watches.set(host, (watches.get(host) ?? 0) + 1);
  try {
    let known = first;
    let tookMs = 0;
    while (!signal.aborted) {
      await delay(Math.max(watchIntervalMs, tookMs * restTimes), undefined, { signal });
      const began = performance.now();
      const now = await lookAt(host);
      if (now === null) return;
      tookMs = performance.now() - began;
      if (now === known || now === '') continue;
      known = now;
      yield;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    watches.set(host, (watches.get(host) ?? 1) - 1);
  }
}

/** Null where the host has stopped, empty where the files could not be looked at now. */
async function lookAt(host: Host): Promise<string | null> {
  try {
    return await fileThread.do(host, { kind: 'fingerprint' });
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'unavailable') return null;
    return '';
  }
}
