// A thread that talks to one registry for one host, as the engine uses it: questions in, answers out, until it is disposed of.

import type { Worker } from 'node:worker_threads';
import { EngineError } from '../errors.ts';
import { libcCalls } from '../kernel/libc.ts';
import { maxRegistryTransferMs } from '../limits.ts';
import { keepSpare, takeThread } from '../spare-threads.ts';
import type { Listeners, RegistryClient } from './client.ts';
import { RegistryFailure } from './failure.ts';
import type { JobName, Message, Question, RegistryJobs, RegistryThreadData } from './jobs.ts';

interface Asked extends Listeners {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A document of 4 MiB of brackets takes so much; a real one 5 MB. */
const program = { url: new URL('./worker.ts', import.meta.url), maxHeapMb: 512 };

export class RegistryThread implements RegistryClient {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #release: () => void;
  #last = 0;
  /** Why it answers no more; null while it does. */
  #ended: { readonly error: unknown } | null = null;

  /** Connects with the first question. `signal` ends it, as does an hour. */
  constructor(data: RegistryThreadData, signal: AbortSignal) {
    this.#worker = takeThread(program);
    const abort = (): void => this.#end(signal.reason);
    const timer = setTimeout(
      () => this.#end(new EngineError('deadline', 'the registry took longer than an hour')),
      maxRegistryTransferMs,
    );
    signal.addEventListener('abort', abort);
    this.#release = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    this.#worker.on('message', (message: Message) => this.#take(message));
    this.#worker.on('error', (error: Error) => this.#end(diedOf(error)));
    this.#worker.on('exit', () => this.#end(new EngineError('internal', 'the thread of a registry ended by itself')));
    this.#worker.postMessage(data);
    if (signal.aborted) abort();
  }

  /** Throws EngineError, with what to tell the student (see `isUnreachable`). */
  async ask<Name extends JobName>(
    name: Name,
    ask: RegistryJobs[Name]['ask'],
    listeners: Listeners = {},
  ): Promise<RegistryJobs[Name]['answer']> {
    if (this.#ended) throw this.#ended.error;
    const id = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#asked.set(id, { ...listeners, resolve, reject });
    this.#worker.postMessage({ id, name, ask } satisfies Question<Name>);
    return (await promise) as RegistryJobs[Name]['answer'];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(new EngineError('unavailable', 'context canceled'));
    await this.#worker.terminate();
    // What the thread had the C library keeps for the next one unless it is told.
    libcCalls.mallocTrim(0);
    keepSpare(program);
  }

  #take(message: Message): void {
    const asked = this.#asked.get(message.id);
    if (!asked) return;
    if (message.kind === 'bytes') asked.onBytes?.(message.bytes);
    else if (message.kind === 'retry') asked.onRetry?.(message.seconds);
    else {
      this.#asked.delete(message.id);
      if (message.kind === 'answer') asked.resolve(message.answer);
      else asked.reject(failed(message));
    }
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = { error };
    this.#release();
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
    void this.#worker.terminate();
  }
}

function failed({ errorKind, message, failure }: Message & { kind: 'failed' }): EngineError {
  return new EngineError(errorKind, message, failure ? { cause: new RegistryFailure(failure.message, failure) } : {});
}

/** Whether what `ask` has thrown means that there is no way to the registry. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof EngineError && error.cause instanceof RegistryFailure && error.cause.kind === 'network';
}

function diedOf(error: Error): EngineError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new EngineError('dataLoss', 'what the registry says cannot be read: it takes too much memory', {
      cause: error,
    });
  if (code === 'ESRCH' || code === 'ENOENT')
    return new EngineError('unavailable', 'the host has stopped; start it first', { cause: error });
  return new EngineError('internal', `the thread of a registry failed: ${String(error)}`, { cause: error });
}
