// User namespaces that only carry a map of IDs: a descriptor of one idmaps a mount.

import { once } from 'node:events';
import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { start } from './spawn.ts';

/** Every host's range has this many UIDs and GIDs. */
export const idsPerHost = 65_536;

/** An open descriptor of a new user namespace that maps 0…65535 to `base`…. The caller closes it. Takes about 2 ms. */
export async function openUserNamespace(base: number): Promise<number> {
  // The child waits for its stdin, so it lives until we have opened its namespace, and no longer than we do.
  const program = start(['unshare', '--user', 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [input, output] = [program.pipe(0), program.pipe(1)];
  input.on('error', () => undefined); // its exit code tells
  try {
    input.write('.');
    await Promise.race([once(output, 'data'), program.exited.then(refused)]);
    fs.writeFileSync(`/proc/${program.pid}/uid_map`, `0 ${base} ${idsPerHost}`);
    fs.writeFileSync(`/proc/${program.pid}/gid_map`, `0 ${base} ${idsPerHost}`);
    return fs.openSync(`/proc/${program.pid}/ns/user`, 'r');
  } finally {
    input.destroy();
    output.destroy();
    await program.exited;
  }
}

function refused(exitCode: number): never {
  throw new EngineError('internal', `unshare --user ended with ${exitCode}`);
}
