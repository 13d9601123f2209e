// The thread that works with files in hosts, as its users see it: one request after another, none of them on the engine's own
// thread, which a folder of a million entries would hold up. Hosts take turns, so that none holds up the others.

import { Worker } from 'node:worker_threads';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { fileRequestMs, maxFileRequests, maxFileRequestsPerHost } from '../limits.ts';
import { FairQueue } from './fair-queue.ts';
import type { HomeOf } from './home.ts';
import type { FileAnswer, FileJob, FileRequest, FileResults } from './work.ts';

const maxHeapMb = 128;

/** What of a host its files are worked with by. */
export type FilesOf = Pick<Host, 'id' | 'name' | 'running'> & { readonly record: HomeOf };

interface Pending {
  readonly host: string;
  readonly request: FileRequest;
  readonly resolve: (result: FileResults[keyof FileResults]) => void;
  readonly reject: (error: Error) => void;
}

interface AtWork extends Pending {
  readonly beganMs: number;
  readonly timer: NodeJS.Timeout;
}

export class FileThread {
  readonly #waiting = new FairQueue<Pending>();
  #atWork: AtWork | null = null;
  #worker: Worker | null = null;
  #last = 0;
  readonly #program: URL;
  readonly #maxMs: number;

  /** `program` is what the thread runs; a job that takes it longer than `maxMs` fails, and no other does. */
  constructor(program = new URL('./worker.ts', import.meta.url), maxMs = fileRequestMs) {
    this.#program = program;
    this.#maxMs = maxMs;
  }

  /** Throws what the job throws, exhausted where too many wait, unavailable where the host is stopped. */
  async do<Kind extends FileJob['kind']>(host: FilesOf, job: FileJob & { kind: Kind }): Promise<FileResults[Kind]> {
    if (!host.running) throw new EngineError('unavailable', `host ${host.name} is stopped; start it first`);
    if (this.#waiting.of(host.id) >= maxFileRequestsPerHost || this.#waiting.length >= maxFileRequests)
      throw new EngineError('exhausted', 'too many requests about files wait already; try again in a moment');
    const { pid, startTicks, uidBase } = host.record;
    const { promise, resolve, reject } = Promise.withResolvers<FileResults[keyof FileResults]>();
    const request: FileRequest = { id: ++this.#last, home: { pid, startTicks, uidBase }, job };
    this.#waiting.add(host.id, { host: host.id, request, resolve, reject });
    this.#next();
    return (await promise) as FileResults[Kind];
  }

  #next(): void {
    if (this.#atWork !== null) return;
    const next = this.#waiting.next();
    if (next === undefined) {
      this.#worker?.unref(); // an idle thread does not keep the engine
      return;
    }
    const timer = setTimeout(() => this.#end('a request about files took too long'), this.#maxMs);
    this.#atWork = { ...next, beganMs: performance.now(), timer };
    const worker = this.#worker ?? this.#start();
    worker.ref();
    worker.postMessage(next.request);
  }

  #start(): Worker {
    const worker = new Worker(this.#program, {
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
      // It opens descriptors by system calls, which Node does not know of: at each that is closed it would warn, in the engine's log.
      trackUnmanagedFds: false,
    });
    worker.on('message', (answer: FileAnswer) => this.#answered(answer));
    worker.on('error', (error) => this.#end(`the thread for files failed: ${String(error)}`, worker));
    worker.on('exit', () => this.#end('the thread for files ended', worker));
    this.#worker = worker;
    return worker;
  }

  #answered(answer: FileAnswer): void {
    const done = this.#atWork;
    if (done?.request.id !== answer.id) return;
    this.#atWork = null;
    clearTimeout(done.timer);
    this.#waiting.spent(done.host, performance.now() - done.beganMs);
    if ('errorKind' in answer) done.reject(new EngineError(answer.errorKind, answer.message));
    else done.resolve(answer.result);
    this.#next();
  }

  /** Who it worked for is told; the next request is for another thread. */
  #end(why: string, worker = this.#worker): void {
    if (worker === null || worker !== this.#worker) return;
    this.#worker = null;
    void worker.terminate();
    const failed = this.#atWork;
    this.#atWork = null;
    if (failed !== null) {
      clearTimeout(failed.timer);
      this.#waiting.spent(failed.host, performance.now() - failed.beganMs);
      failed.reject(new EngineError('internal', why));
    }
    this.#next();
  }
}

/** The engine's own; started with the first request. */
export const fileThread = new FileThread();
