// After the engine was killed: ending what was in hand and is in no record, and removing what it left in the run directory.

import fs from 'node:fs';
import { charge, processesIn } from '../kernel/cgroups.ts';
import { argumentsOf, signal, startTicksOf, untilGone } from '../kernel/processes.ts';
import { removeBundle } from '../kernel/remove-bundle.ts';
import type { Host } from './host.ts';
import type { TerminalRecord } from './terminal-record.ts';

/**
 * Commands have lost whoever wanted their output, and terminals that no record names can never be attached to: both are
 * killed. What was executed in a container goes on, as with Docker; only its sockets, which nobody knows any more, go.
 */
export async function clearBundles(host: Host, terminals: readonly TerminalRecord[]): Promise<void> {
  const kept = new Set([
    'workspace',
    ...[...host.containers.values()].map(({ bundle }) => bundle.slice(bundle.lastIndexOf('/') + 1)),
    ...terminals.filter(({ exitCode }) => exitCode === null).map(({ id }) => `t-${id}`),
  ]);
  for (const name of fs.readdirSync(`${host.runDirectory}/b`)) {
    if (kept.has(name)) continue;
    // A container's, whose record could not be read.
    if (!host.engine.records.complete && !/^[rt]-/.test(name)) continue;
    const bundle = host.bundle(name);
    if (/^[rt]-/.test(name)) endProcess(host, bundle);
    await removeBundle(bundle);
  }
}

/** How long a conmon may take to die of SIGKILL on a machine that is busy. */
const conmonMs = 5000;

/**
 * Ends the conmons of the workspace, of terminals and of commands, also of a start that an engine before this one had in hand:
 * what is started next has the same names. Those of containers end with the host's PID namespace.
 */
export async function endConmons(host: Host): Promise<void> {
  if (!fs.existsSync(`${host.runDirectory}/b`)) return;
  const conmons = fs
    .readdirSync(`${host.runDirectory}/b`)
    .filter((name) => /^(workspace$|[rt]-)/.test(name))
    .flatMap((name) => conmonOf(host.bundle(name)));
  for (const pid of conmons) signal(pid, 'SIGKILL');
  await Promise.all(conmons.map((pid) => untilGone(pid, startTicksOf(pid), conmonMs)));
}

/** Those that an engine before this one started are charged to the host as well. Idempotent. */
export function chargeConmons(host: Host): void {
  for (const name of fs.readdirSync(`${host.runDirectory}/b`)) {
    for (const pid of conmonOf(host.bundle(name))) {
      try {
        charge(pid, host.group);
      } catch (error) {
        host.engine.log.warn({ error, host: host.name, pid }, 'a conmon is not charged to its host'); // it may have ended
      }
    }
  }
}

/** The conmon of a bundle, none or one. */
function conmonOf(bundle: string): number[] {
  const pid = numberIn(`${bundle}/conmon.pid`);
  return pid > 0 && argumentsOf(pid).includes(bundle) ? [pid] : [];
}

/** Kills the process that was started with `bundle`, and so its conmon; the conmon alone where it has started nothing yet. */
function endProcess(host: Host, bundle: string): void {
  const pid = numberIn(`${bundle}/pid`);
  if (pid > 0 && processesIn(host.group, true).includes(pid)) {
    signal(pid, 'SIGKILL');
    return;
  }
  for (const conmon of conmonOf(bundle)) signal(conmon, 'SIGKILL');
}

function numberIn(file: string): number {
  try {
    return Number(fs.readFileSync(file, 'utf8'));
  } catch {
    return 0; // not written yet
  }
}
