// After the engine was killed: ends processes that no record names, and removes their bundles from the run directory.

import fs from 'node:fs';
import { charge, processesIn } from '../kernel/cgroups.ts';
import { argumentsOf, signal, startTicksOf, untilGone } from '../kernel/processes.ts';
import { removeBundle } from '../kernel/remove-bundle.ts';
import type { Host } from './host.ts';
import type { TerminalRecord } from './terminal-record.ts';

/**
 * Kills commands, whose callers are gone, and terminals that no record names, which nobody can attach to. The processes of
 * `docker exec` go on, as with Docker; only their bundles are removed.
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

/** How long conmon may take to end after SIGKILL on a busy machine. */
const conmonMs = 5000;

/**
 * Kills the conmons of the workspace, of terminals and of commands, also those that the old engine had only begun to start:
 * what is started next has the same names. The conmons of containers end with the host's PID namespace.
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

/** Charges the conmons that the old engine started to the host. Idempotent. */
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

/** The PID of a bundle's conmon, in a list; an empty list where it has ended. */
export function conmonOf(bundle: string): number[] {
  const pid = numberIn(`${bundle}/conmon.pid`);
  return pid > 0 && argumentsOf(pid).includes(bundle) ? [pid] : [];
}

/** Kills the process that conmon started with `bundle`; conmon ends with it. Where conmon has started nothing yet, kills conmon. */
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
