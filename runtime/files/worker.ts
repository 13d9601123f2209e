// The thread that works with files in hosts. Started by `thread.ts` only. Everything here is synchronous: the thread's rights
// are the student's while it works, and nothing else may run meanwhile.

import { parentPort } from 'node:worker_threads';
import { at, EngineError } from '../errors.ts';
import { makeFolder, remove, rename } from './change.ts';
import { fingerprint } from './fingerprint.ts';
import { type Home, inHome } from './home.ts';
import { listFolder, readFile } from './read.ts';
import type { FileAnswer, FileJob, FileRequest, FileResults } from './work.ts';
import { writeFile } from './write.ts';

function done(home: Home, job: FileJob): FileResults[keyof FileResults] {
  switch (job.kind) {
    case 'list':
      return listFolder(home, job.path);
    case 'read':
      return readFile(home, job.path);
    case 'write':
      return writeFile(home, job.path, job.bytes, job.options);
    case 'make':
      makeFolder(home, job.path);
      return undefined;
    case 'remove':
      remove(home, job.path);
      return undefined;
    case 'rename':
      rename(home, job.path, job.to);
      return undefined;
    case 'fingerprint':
      return fingerprint(home);
  }
}

function answerTo({ id, home, job }: FileRequest): FileAnswer {
  try {
    return { id, result: inHome(home, 'path' in job ? job.path : '', (open) => done(open, job)) };
  } catch (error) {
    const { kind, message } = error instanceof EngineError ? error : at('files', error);
    return { id, errorKind: kind, message };
  }
}

parentPort?.on('message', (request: FileRequest) => parentPort?.postMessage(answerTo(request)));
