// A place for one Drydock of a test's own: its name, directories, user numbers and port. All that it makes on the machine
// carries the name of this test run, which is how test/leftovers.ts finds what was left behind.

import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { type Claim, claim } from './claim.ts';

/** `t-` and four hex digits: one for all files of a run, from test/setup.ts. */
export const testRun = process.env.TEST_RUN ?? `t-${randomBytes(2).toString('hex')}`;

/** For what a process of test files keeps until its last file has run; test/setup.ts removes it. */
export const keptFolder = `/tmp/${testRun}-kept`;

/** The numbers past those that a Drydock takes by default, up to systemd's range for foreign files at 2,147,352,576. */
const firstUid = 1_944_584_192;
const usersPerHost = 65_536;
const rangesPerInstance = 16;
/** The rest is for `drydock lab`, which begins at the other end. */
const instances = 150;

let made = 0;

/** A place among the user numbers that no other test of this machine has while it is held. */
async function claimSlot(): Promise<Claim & { readonly slot: number }> {
  for (let tried = 0; tried < instances; tried++) {
    const slot = (process.pid + tried) % instances;
    const claimed = await claim(`drydock-test-slot-${slot}`);
    if (claimed) return { slot, ...claimed };
  }
  throw new Error(`all ${instances} places for a Drydock of a test are taken`);
}

export interface InstancePlace {
  /** For DRYDOCK_INSTANCE; at most 20 characters. */
  readonly name: string;
  /** Holds the other two. Short: names of Unix sockets have at most 107 bytes. */
  readonly folder: string;
  readonly data: string;
  readonly run: string;
  /** Shared by everything on the machine, so that images are built once. */
  readonly cache: string;
  readonly uidBase: number;
  readonly uidRanges: number;
}

export interface TestInstance extends InstancePlace, AsyncDisposable {}

/** `data` is a path in its folder. Disposing removes the directories; what was mounted and started in them must have ended before. */
export async function makeInstance(data = 'data'): Promise<TestInstance> {
  const number = made++;
  const folder = await mkdtemp(`/tmp/${testRun}-`);
  // The server's user has to get through to its own directories.
  await chmod(folder, 0o711);
  const { slot, release } = await claimSlot();
  return {
    name: `${testRun}-${process.pid.toString(36)}-${number}`,
    folder,
    data: path.join(folder, data),
    run: path.join(folder, 'run'),
    cache: '/var/cache/drydock',
    uidBase: firstUid + slot * rangesPerInstance * usersPerHost,
    uidRanges: rangesPerInstance,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
      await release();
    },
  };
}

/** Below those that the kernel gives to whoever connects, or asks for any: such a one may have been taken before it is listened on. */
const firstPort = 20_000;
const ports = 12_000;

let given = 0;

/** A TCP port of the loopback address that is free now, and that no other test of this machine is given while this process lives. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < ports; tried++) {
    const port = firstPort + ((process.pid + given++) % ports);
    if ((await claim(`drydock-test-port-${port}`)) && (await isFree(port))) return port;
  }
  throw new Error(`none of the ports ${firstPort} to ${firstPort + ports - 1} is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  const listens = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (listens) await new Promise((closed) => server.close(closed));
  return listens;
}
