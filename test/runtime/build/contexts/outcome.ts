// What came of a build: the error that the client prints, or the image's configuration, history and files.

import { isDeepStrictEqual } from 'node:util';
import { type SavedImage, savedImage } from './saved-image.ts';

export interface Recorded {
  /** What the client says at the end of a build that failed. */
  readonly error: string | null;
  /** Beside the base: what is there besides or differs, and what is gone. Null as the whole is. */
  readonly image: { readonly config: unknown; readonly history: unknown; readonly files: SavedImage['files'] } | null;
}

/** The last of the lines, without what differs by the client's version and each time. */
export function errorIn(progress: string): string {
  const lines = progress.split('\n').filter((line) => line.startsWith('ERROR: '));
  return (lines.at(-1) ?? progress)
    .replace(/^ERROR: (failed to build: )?(failed to solve: )?/, '')
    .replace(/[0-9a-z-]{12,36}::[0-9a-z]{25}/g, 'REF')
    .replace(/\/\S*\/merged(?=\/)/g, '')
    .replace(/sha256:[0-9a-f]{64}/g, 'sha256:DIGEST');
}

/** As far as it is told beside `base`: what the base's own history says is left out. */
export async function imageBeside(base: SavedImage, socket: string, name: string): Promise<Recorded['image']> {
  const image = await savedImage(socket, name);
  const { config, files } = image;
  const last = image.history.length - base.history.length;
  const isOnBase = last >= 0 && isDeepStrictEqual(image.history.slice(last), base.history);
  const history = isOnBase ? image.history.slice(0, last) : image.history;
  const gone = Object.keys(base.files).filter((file) => !(file in files));
  // One that stands on nothing is told whole.
  if (gone.length > Object.keys(base.files).length / 2) return { config, history, files };
  const others = Object.entries(files).filter(([file, what]) => base.files[file] !== what);
  return {
    config,
    history,
    files: Object.fromEntries([...others, ...gone.map((file) => [file, 'gone'])].sort(byName)),
  };
}

const byName = ([a = '']: string[], [b = '']: string[]): number => (a < b ? -1 : 1);
