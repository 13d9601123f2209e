// What this machine has and lacks to run Drydock.

import process from 'node:process';
import { Failure } from '../failure.ts';
import type { Settings } from '../settings.ts';
import { examineCgroups } from './cgroups.ts';
import { examineGate, examineProxy, gateFinding } from './exposure.ts';
import type { Finding } from './finding.ts';
import { examineKernel } from './kernel.ts';
import { examineMachine } from './machine.ts';
import { examinePreviews, previewsFinding } from './previews.ts';
import { examineSystemPrograms, runtimeFinding } from './programs.ts';
import { examineStorage } from './storage.ts';
import { examineTables } from './tables.ts';

/** Throws Failure where it may not look: not root, or not Linux. Takes some hundred milliseconds, and leaves nothing behind. */
export async function examine(settings: Settings): Promise<Finding[]> {
  requireRoot();
  const parts = [
    examineKernel(),
    examineCgroups(),
    examineStorage(),
    examineSystemPrograms(settings),
    examineMachine(settings),
    examinePreviews(settings),
    examineTables(settings),
    examineGate(settings),
    examineProxy(settings),
  ];
  return (await Promise.all(parts)).flat();
}

/** What is worth a line at every start: it is the safety of students that is poor. */
const toldAtStart = new Set([runtimeFinding, previewsFinding, gateFinding]);

/**
 * Throws Failure with a sentence for all that is lacking here. The port is not looked at: an old server may still have it.
 * Resolves to what whoever starts Drydock has to know, a line each.
 */
export async function refuseUnfitMachine(settings: Settings): Promise<string[]> {
  const findings = await examine(settings);
  const lacking = findings.filter(({ state, name }) => state === 'lacking' && name !== 'port');
  if (lacking.length > 0)
    throw new Failure(lacking.map(({ name, found, advice }) => `${name}: ${found}. ${advice}`).join('\n'));
  return findings.filter(({ state, name }) => state === 'poor' && toldAtStart.has(name)).map(inShort);
}

function inShort({ name, found, advice }: Finding): string {
  return `${name}: ${found}. ${advice.split('. ', 1)[0]}; drydock doctor says what that means.`;
}

function requireRoot(): void {
  if (process.platform !== 'linux')
    throw new Failure('Drydock needs Linux. Run it on a Linux machine, or in a virtual machine.');
  if (process.getuid?.() !== 0)
    throw new Failure('Only root may make namespaces, mounts and cgroups. Run this as root, with sudo.');
}
