// tar(1), for directories of the machine that are read as archives.

import { spawn } from 'node:child_process';
import { PassThrough, type Readable } from 'node:stream';
import { EngineError } from '../errors.ts';

/** What is in a directory, as a tar. No link is followed. The stream fails where tar does, and with `signal`. */
export function tarOf(directory: string, signal: AbortSignal): Readable {
  const argv = ['--create', '--format=pax', '--sort=name', '--directory', directory, '.'];
  const tar = spawn('tar', argv, { stdio: ['ignore', 'pipe', 'ignore'], signal });
  // Read from the start: what nobody reads of a program's output is thrown away when it ends.
  const through = new PassThrough();
  tar.stdout.pipe(through, { end: false });
  tar.on('error', (error) => through.destroy(error));
  tar.once('close', (code) => {
    if (code === 0) through.end();
    else through.destroy(new EngineError('unavailable', `tar ended with ${code}`));
  });
  return through;
}
