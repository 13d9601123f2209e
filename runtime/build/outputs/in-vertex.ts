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
    vertex.fail(told instanceof Error ? told.message : String(told));
    throw told;
  }
}

/** Tells of one thing that a step does, while it is done. */
export async function doing<T>(vertex: Vertex, what: string, work: () => Promise<T> | T): Promise<T> {
  const status = vertex.status(what);
  const done = await work();
  status.done();
  return done;
}
