// Small files of a client's that a frontend reads: the Dockerfile, and what says which files are kept back.

import { maxDockerfileBytes } from '../limits.ts';
import { digestOf } from '../store/blobs.ts';
import { type Build, newId } from './builds.ts';
import type { Entry, Receiver } from './files/sent-entry.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { type FilesWanted, receiveFiles } from './receive-files.ts';
import type { Result } from './result.ts';

/** Parts of a path that are looked at until it is said to lead round. */
const maxPathSteps = 1000;

/** Takes small files into memory. */
class TextReceiver implements Receiver {
  readonly texts = new Map<string, string>();
  #bytes = 0;
  readonly #links = new Map<string, string>();
  readonly #coming = new Map<number, { readonly path: string; readonly pieces: Uint8Array[] }>();

  entry({ path, kind, target }: Entry, id: number): boolean {
    // Another name of a file that was told of leads to it as a link from the top of the directory does.
    if (kind === 'symlink' || target !== '') this.#links.set(path, kind === 'symlink' ? target : `/${target}`);
    if (kind !== 'file' || target !== '') return false;
    this.#coming.set(id, { path, pieces: [] });
    return true;
  }

  data(id: number, bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > 2 * maxDockerfileBytes)
      throw new GrpcError(codes.resourceExhausted, `a Dockerfile may have ${maxDockerfileBytes} bytes`);
    this.#coming.get(id)?.pieces.push(Uint8Array.from(bytes));
  }

  end(id: number): void {
    const { path, pieces } = this.#coming.get(id) ?? { path: '', pieces: [] };
    this.texts.set(path, Buffer.concat(pieces).toString());
  }

  /** Gives links the text of the file that they lead to. */
  follow(): void {
    for (const link of this.#links.keys()) {
      const text = this.texts.get(this.#followed(link) ?? '');
      if (text !== undefined) this.texts.set(link, text);
    }
  }

  /** Where a path leads within the directory; null where it leads round. */
  #followed(path: string): string | null {
    let rest = path.split('/');
    let at: string[] = [];
    for (let steps = 0; rest.length > 0; steps++) {
      if (steps > maxPathSteps) return null;
      const [part = '', ...after] = rest;
      const target = this.#links.get([...at, part].join('/'));
      if (target?.startsWith('/')) at = [];
      else if (target === undefined && part === '..') at = at.slice(0, -1);
      else if (target === undefined && part !== '' && part !== '.') at = [...at, part];
      rest = target === undefined ? after : [...target.split('/'), ...after];
    }
    return at.join('/');
  }
}

/** Small files by their paths, and the vertex that told of them. */
export interface Texts {
  readonly texts: ReadonlyMap<string, string>;
  readonly vertex: string;
}

/** `session`: who has them; null for the build's own. Progress shows `name`, and that `what` comes. */
export async function receiveTexts(
  build: Build<Result>,
  { name, what, session: id }: { readonly name: string; readonly what: string; readonly session: string | null },
  wanted: FilesWanted,
): Promise<Texts> {
  const vertex = build.progress.vertex({ digest: digestOf(`${newId()} ${name}`), name, inputs: [] });
  vertex.start();
  try {
    const receiver = new TextReceiver();
    const session = await build.session(id);
    const status = vertex.status(`transferring ${what}:`, 'transferring');
    let received = 0;
    const onBytes = (bytes: number): void => {
      received = bytes;
    };
    await receiveFiles(session, wanted, receiver, { onBytes, signal: build.signal });
    receiver.follow();
    status.done(received);
    vertex.complete();
    return { texts: receiver.texts, vertex: vertex.digest };
  } catch (error) {
    vertex.fail(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
