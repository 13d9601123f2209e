// A part of a build that is told as a step of its own: an output, a cache that is imported or exported.

import { digestOf } from '../../store/blobs.ts';
import { newId } from '../builds.ts';
import { inBuildWords } from '../full-disk.ts';
import type { Progress, Vertex } from '../progress.ts';

/** Does `work` and tells how it ends. Throws what it throws. */
export async function inVertex<T>(progress: Progress, name: string, work: (vertex: Vertex) => Promise<T>): Promise<T> {
  const vertex = progress.vertex({ digest: digestOf(`${newId()} ${name}`), name, inputs: [] });
  vertex.start();
  try {
    const done = await work(vertex);
    vertex.complete();
    return done;
  } catch (error) {
    const told = inBuildWords(error);
    vertex.fail(wordsOf(told));
    throw told;
  }
}

/** By the end of these words a client knows what was given up, and prints no error. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'AbortError' ? 'context canceled' : error.message;
}

/** Tells of one thing that a step does, while it is done. */
export async function doing<T>(vertex: Vertex, what: string, work: () => Promise<T> | T): Promise<T> {
  const status = vertex.status(what);
  const done = await work();
  status.done();
  return done;
}
