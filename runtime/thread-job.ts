// One job in a thread of its own, which ends with it.

import { EngineError, type ErrorKind } from './errors.ts';
import { libcCalls } from './kernel/libc.ts';
import { keepSpare, type ThreadProgram, takeThread } from './spare-threads.ts';

/** What a thread says that could not do its job. */
export interface FailedJob {
  readonly kind: 'failed';
  readonly errorKind: ErrorKind;
  readonly message: string;
}

export interface ThreadJob<Message, Answer> {
  readonly program: ThreadProgram;
  /** Whether another job is likely to follow soon: then a thread waits for it. */
  readonly isFrequent: boolean;
  /** The thread's first message. */
  readonly data: unknown;
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
  { program, isFrequent, data, answerOf, died }: ThreadJob<Message, Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  const worker = takeThread(program);
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
  worker.on('exit', () => reject(new EngineError('internal', `${program.url.pathname} ended without an answer`)));
  worker.postMessage(data);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    await worker.terminate();
    // What the thread had, up to 64 MB, the C library keeps for the next thread unless it is told.
    libcCalls.mallocTrim(0);
    if (isFrequent) keepSpare(program);
  }
}
