// RUN/supervisor.json: which processes make up a running Drydock, for `down`, `status` and the next `up`.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { supervisorFile } from '../paths.ts';
import { identify, isAlive } from '../processes.ts';

const identity = z.strictObject({ pid: z.int().positive(), startTicks: z.number() });
const schema = z.strictObject({
  supervisor: identity,
  engine: identity.nullable(),
  server: identity.nullable(),
  url: z.string(),
  /** True once a student can use it. */
  ready: z.boolean(),
  startedAt: z.string(),
});

export type SupervisorState = z.output<typeof schema>;

/** Null where none has run since the machine started, or where the file is no such thing. */
export function readState(run: string): SupervisorState | null {
  try {
    return schema.parse(JSON.parse(readFileSync(supervisorFile(run), 'utf8')));
  } catch {
    return null;
  }
}

/** Atomic: whoever reads sees the old state or the new. */
export function writeState(run: string, state: SupervisorState): void {
  const file = supervisorFile(run);
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o640 });
  renameSync(`${file}.${process.pid}`, file);
}

/**
 * Makes this process the supervisor of `run`, or says which one is. What a dead supervisor left is returned as `previous`.
 * Of two that try at once one wins, since only one link of a name can be made.
 */
export function claim(run: string, url: string): { taken: SupervisorState } | { previous: SupervisorState | null } {
  const self = identify(process.pid);
  if (!self) throw new Error('/proc shows no process of ours');
  const file = supervisorFile(run);
  const mine = `${file}.${process.pid}`;
  const previous = readState(run);
  if (previous && isAlive(previous.supervisor)) return { taken: previous };
  // The engine and server that it left are carried over, in case that we are killed before we have ended them.
  const state: SupervisorState = {
    supervisor: self,
    engine: previous?.engine ?? null,
    server: previous?.server ?? null,
    url,
    ready: false,
    startedAt: new Date().toISOString(),
  };
  writeFileSync(mine, JSON.stringify(state), { mode: 0o640 });
  rmSync(file, { force: true });
  try {
    linkSync(mine, file);
  } catch (error) {
    const winner = readState(run);
    if (winner) return { taken: winner };
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
  return { previous };
}

export function removeState(run: string): void {
  rmSync(supervisorFile(run), { force: true });
}
