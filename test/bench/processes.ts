// The processes of a Drydock that is measured.

import type { TestDrydock } from '../support/drydock.ts';

/** PIDs. */
export async function processesOf(drydock: TestDrydock): Promise<{ engine: number; server: number }> {
  const { engine, server } = JSON.parse((await drydock.run('status', '--json')).stdout);
  return { engine: engine.pid, server: server.pid };
}
