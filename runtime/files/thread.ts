// The thread that works with files in hosts, as its users see it: one request after another, none of them on the engine's own
// thread, which a folder of a million entries would hold up.

import { Worker } from 'node:worker_threads';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { fileRequestMs, maxFileRequests, maxFileRequestsPerHost } from '../limits.ts';
import type { FileAnswer, FileJob, FileRequest, FileResults } from './work.ts';

const maxHeapMb = 128;

interface Pending {
  readonly host: string;
  readonly resolve: (result: FileResults[keyof FileResults]) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

class FileThread {
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #last = 0;

  /** Throws what the job throws, exhausted where too many wait, unavailable where the host is stopped. */
  async do<Kind extends FileJob['kind']>(host: Host, job: FileJob & { kind: Kind }): Promise<FileResults[Kind]> {
    if (!host.running) throw new EngineError('unavailable', `host ${host.name} is stopped; start it first`);
    const ofHost = [...this.#pending.values()].filter((pending) => pending.host === host.id).length;
    if (ofHost >= maxFileRequestsPerHost || this.#pending.size >= maxFileRequests)
      throw new EngineError('exhausted', 'too many requests about files wait already; try again in a moment');
    const { pid, startTicks, uidBase } = host.record;
    const id = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<FileResults[keyof FileResults]>();
    const timer = setTimeout(() => this.#end('a request about files took too long'), fileRequestMs);
    this.#pending.set(id, { host: host.id, resolve, reject, timer });
    const worker = this.#worker ?? this.#start();
    const request: FileRequest = { id, home: { pid, startTicks, uidBase }, job };
    worker.ref();
    worker.postMessage(request);
    return (await promise) as FileResults[Kind];
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
    worker.on('message', (answer: FileAnswer) => this.#answered(answer));
    worker.on('error', (error) => this.#end(`the thread for files failed: ${String(error)}`, worker));
    worker.on('exit', () => this.#end('the thread for files ended', worker));
    this.#worker = worker;
    return worker;
  }

  #answered(answer: FileAnswer): void {
    const pending = this.#pending.get(answer.id);
    if (!pending) return;
    this.#pending.delete(answer.id);
    clearTimeout(pending.timer);
    if (this.#pending.size === 0) this.#worker?.unref(); // an idle thread does not keep the engine
    if ('errorKind' in answer) pending.reject(new EngineError(answer.errorKind, answer.message));
    else pending.resolve(answer.result);
  }

  /** Whoever waits is told; the next request starts another thread. */
  #end(why: string, worker = this.#worker): void {
    if (worker === null || worker !== this.#worker) return;
    this.#worker = null;
    void worker.terminate();
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new EngineError('internal', why));
    }
    this.#pending.clear();
  }
}

/** The engine's own; started with the first request. */
export const fileThread = new FileThread();
