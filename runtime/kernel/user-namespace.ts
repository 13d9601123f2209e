// User namespaces that only carry a map of IDs: a descriptor of one idmaps a mount.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { EngineError } from '../errors.ts';

/** Every host's range has this many UIDs and GIDs. */
export const idsPerHost = 65_536;

/** An open descriptor of a new user namespace that maps 0…65535 to `base`…. The caller closes it. Takes about 2 ms. */
export async function openUserNamespace(base: number): Promise<number> {
  // The child waits for its stdin, so it lives until we have opened its namespace, and no longer than we do.
  const child = spawn('unshare', ['--user', 'cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    child.stdin.write('.');
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('error', reject);
      child.once('exit', (code) => reject(new EngineError('internal', `unshare --user ended with ${code}`)));
    });
    fs.writeFileSync(`/proc/${child.pid}/uid_map`, `0 ${base} ${idsPerHost}`);
    fs.writeFileSync(`/proc/${child.pid}/gid_map`, `0 ${base} ${idsPerHost}`);
    return fs.openSync(`/proc/${child.pid}/ns/user`, 'r');
  } finally {
    child.stdin.end();
    await ended;
  }
}
