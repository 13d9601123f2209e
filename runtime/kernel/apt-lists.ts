// Lists of packages as apt keeps them: plain, or compressed in one of the ways that apt knows.

import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { EngineError } from '../errors.ts';

const helper = '/usr/lib/apt/apt-helper';

export interface AptList extends AsyncDisposable {
  readonly content: Readable;
  /** Resolves when it was read whole. Throws invalid where it is not what its name says. */
  readonly done: Promise<void>;
}

/** What is in the list at `path`, which the machine itself answers for. apt's own program expands it, where it has to be. */
export function readAptList(path: string): AptList {
  if (!/\.(gz|zst|lz4|xz)$/.test(path)) {
    const content = createReadStream(path);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    content.once('close', resolve).once('error', reject);
    promise.catch(() => undefined);
    return { content, done: promise, [Symbol.asyncDispose]: async () => void content.destroy() };
  }
  const child = spawn(helper, ['cat-file', path], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', (cause) =>
    reject(new EngineError('unavailable', `${helper} cannot be run: ${cause.message}`, { cause })),
  );
  child.once('close', (code) => {
    if (code === 0) resolve();
    else reject(new EngineError('invalid', `${path} cannot be read: it is damaged`));
  });
  promise.catch(() => undefined);
  return {
    content: child.stdout,
    done: promise,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await promise.catch(() => undefined);
    },
  };
}
