// The build context of a recipe: its folder as a tar, without what `.dockerignore` leaves out.

import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type Pack, pack } from 'tar-stream';
import { parseIgnoreFile } from '../build/language/ignore-file.ts';
import { PatternMatcher } from '../build/language/pattern-matcher.ts';
import { WorkBudget } from '../work-budget.ts';

/** Files have the mode 644, or 755 where they are executable, and belong to root: a clone's umask and user mean nothing. */
export async function contextOf(directory: string): Promise<Readable> {
  const patterns = await readFile(`${directory}/.dockerignore`, 'utf8').then(parseIgnoreFile, () => []);
  const ignored = patterns.length > 0 ? new PatternMatcher(patterns, new WorkBudget()) : null;
  const tar = pack();
  addAll(tar, directory, '', ignored).then(
    () => tar.finalize(),
    (error: Error) => tar.destroy(error),
  );
  return Readable.from(copies(tar));
}

/** Whoever reads a tar may give its memory back, and tar-stream has pieces that it sends again and again. */
async function* copies(tar: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const piece of tar) if (piece instanceof Uint8Array) yield Buffer.from(piece);
}

/** What the builder itself reads is sent always, as Docker does. */
const always = ['Dockerfile', '.dockerignore'];

async function addAll(tar: Pack, directory: string, prefix: string, ignored: PatternMatcher | null): Promise<void> {
  for (const name of (await readdir(directory)).sort()) {
    const [path, own] = [`${directory}/${name}`, `${prefix}${name}`];
    const stat = await lstat(path);
    const isOut = ignored?.matches(own) === true && !always.includes(own);
    const mtime = stat.mtime;
    if (stat.isDirectory()) {
      if (!isOut) await add(tar, { name: `${own}/`, type: 'directory', mode: 0o755, mtime });
      if (!isOut || ignored?.hasExceptions) await addAll(tar, path, `${own}/`, ignored);
    } else if (isOut) continue;
    else if (stat.isSymbolicLink())
      await add(tar, { name: own, type: 'symlink', linkname: await readlink(path), mode: 0o777, mtime });
    else if (stat.isFile()) {
      const mode = stat.mode & 0o100 ? 0o755 : 0o644;
      await addFile(tar, { name: own, type: 'file', size: stat.size, mode, mtime }, path);
    }
  }
}

function add(tar: Pack, header: Parameters<Pack['entry']>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry(header, (error) => (error ? reject(error) : resolve())).end(null);
  });
}

function addFile(tar: Pack, header: Parameters<Pack['entry']>[0], path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const entry = tar.entry(header, (error) => (error ? reject(error) : resolve()));
    createReadStream(path)
      .once('error', reject)
      .pipe(entry as unknown as NodeJS.WritableStream);
  });
}
