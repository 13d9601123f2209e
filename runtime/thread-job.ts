// One job in a thread of its own, which ends with it.

import { Worker } from 'node:worker_threads';
import { EngineError, type ErrorKind } from './errors.ts';
import { libcCalls } from './kernel/libc.ts';

/** What a thread says that could not do its job. */
export interface FailedJob {
  readonly kind: 'failed';
  readonly errorKind: ErrorKind;
  readonly message: string;
}

export interface ThreadJob<Message, Answer> {
  readonly program: URL;
  /** Its `workerData`. */
  readonly data: unknown;
  /** A hostile job must not make it take the engine's memory. */
  readonly maxHeapMb: number;
  /** Called for each message in turn, until it gives the answer. */
  readonly answerOf: (message: Exclude<Message, FailedJob>) => Answer | undefined;
  /** What is thrown where the thread dies of its job. */
  readonly died: (error: Error) => EngineError;
}

function isFailed(message: object): message is FailedJob {
  return 'kind' in message && message.kind === 'failed';
}

/** The thread's answer. Throws what it says that failed, and the reason of `signal`, with which it ends. */
export async function inThread<Message extends object, Answer>(
  { program, data, maxHeapMb, answerOf, died }: ThreadJob<Message, Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  const worker = new Worker(program, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  worker.on('message', (message: Exclude<Message, FailedJob> | FailedJob) => {
    if (isFailed(message)) {
      reject(new EngineError(message.errorKind, message.message));
      return;
    }
    const answer = answerOf(message);
    if (answer !== undefined) resolve(answer);
  });
  worker.on('error', (error: Error) => reject(died(error)));
  worker.on('exit', () => reject(new EngineError('internal', `${program.pathname} ended without an answer`)));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    await worker.terminate();
    // What the thread had, up to 64 MB, the C library keeps for the next thread unless it is told.
    libcCalls.mallocTrim(0);
  }
}
