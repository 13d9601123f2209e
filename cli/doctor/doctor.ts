// What this machine has and lacks to run Drydock.

import process from 'node:process';
import { Failure } from '../failure.ts';
import type { Settings } from '../settings.ts';
import { examineCgroups } from './cgroups.ts';
import type { Finding } from './finding.ts';
import { examineKernel } from './kernel.ts';
import { examineMachine } from './machine.ts';
import { examineSystemPrograms } from './programs.ts';
import { examineStorage } from './storage.ts';

/** Throws Failure where it may not look: not root, or not Linux. Takes some hundred milliseconds, and leaves nothing behind. */
export async function examine(settings: Settings): Promise<Finding[]> {
  requireRoot();
  const parts = [
    examineKernel(),
    examineCgroups(),
    examineStorage(),
    examineSystemPrograms(settings),
    examineMachine(settings),
  ];
  return (await Promise.all(parts)).flat();
}

/** Throws Failure with a sentence for all that is lacking here. The port is not looked at: an old server may still have it. */
export async function refuseUnfitMachine(settings: Settings): Promise<void> {
  const lacking = (await examine(settings)).filter(({ state, name }) => state === 'lacking' && name !== 'port');
  if (lacking.length === 0) return;
  throw new Failure(lacking.map(({ name, found, advice }) => `${name}: ${found}. ${advice}`).join('\n'));
}

function requireRoot(): void {
  if (process.platform !== 'linux')
    throw new Failure('Drydock needs Linux. Run it on a Linux machine, or in a virtual machine.');
  if (process.getuid?.() !== 0)
    throw new Failure('Only root may make namespaces, mounts and cgroups. Run this as root, with sudo.');
}
