// Letting a created OCI container run: `runc start`, or for crun what its `start` does, without a process of its own.

import fs from 'node:fs';
import path from 'node:path';
import { callRuntime, type OciTools } from './conmon.ts';

/**
 * A container that crun created waits for one byte in `exec.fifo` of its state directory; crun(1) `start` takes the FIFO
 * away and writes it. Doing that here saves a process in the way of every `docker run`. Any other runtime is called.
 */
export async function startCreated(tools: OciTools, insidePid: number | null, id: string): Promise<void> {
  const fifo = path.join(tools.stateDirectory, id, 'exec.fifo');
  if (path.basename(tools.runtime) !== 'crun' || !fs.existsSync(fifo)) {
    await callRuntime(tools, insidePid, ['start', id]);
    return;
  }
  // Its process has the FIFO open, so this does not block; where it has died meanwhile, ENXIO says so.
  const fd = fs.openSync(fifo, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
  try {
    fs.unlinkSync(fifo);
    fs.writeSync(fd, '\0');
  } finally {
    fs.closeSync(fd);
  }
}
