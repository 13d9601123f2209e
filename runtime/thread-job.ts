// One job in a thread of its own, which ends with it, or waits for another.

import { EngineError, type ErrorKind } from './errors.ts';
import type { IdleThreads } from './idle-threads.ts';
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
  /** Where another job is likely to follow soon: what threads wait for it, and whether this one may, by its answer. Null: none waits. */
  readonly again: { readonly threads: IdleThreads; readonly mayWait: (answer: Answer) => boolean } | null;
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

/** The thread's answer. Throws what it says that failed, and the reason of `signal`: the thread ends then. */
export async function inThread<Message extends object, Answer>(
  { program, again, data, answerOf, died }: ThreadJob<Message, Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  const worker = again ? await again.threads.take() : takeThread(program);
  if (signal.aborted) again?.threads.giveBack(worker);
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const abort = (): void => reject(signal.reason);
  const take = (message: Exclude<Message, FailedJob> | FailedJob): void => {
    if (isFailed(message)) {
      reject(new EngineError(message.errorKind, message.message));
      return;
    }
    const answer = answerOf(message);
    if (answer !== undefined) resolve(answer);
  };
  const failed = (error: Error): void => reject(died(error));
  const gone = (): void => reject(new EngineError('internal', `${program.url.pathname} ended without an answer`));
  signal.addEventListener('abort', abort);
  worker.on('message', take).on('error', failed).on('exit', gone);
  worker.postMessage(data);
  let waits = false;
  try {
    const answer = await promise;
    waits = again?.mayWait(answer) ?? false;
    return answer;
  } finally {
    signal.removeEventListener('abort', abort);
    if (waits) {
      worker.off('message', take).off('error', failed).off('exit', gone);
      again?.threads.giveBack(worker);
    } else {
      await worker.terminate();
      // What the thread had, up to 64 MB, the C library keeps for the next thread unless it is told.
      libcCalls.mallocTrim(0);
      if (again) keepSpare(program);
    }
  }
}
