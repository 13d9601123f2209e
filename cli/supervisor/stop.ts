// Ends a server and an engine that are known by their identity, whether or not they are children of this process.

import { connectEngine } from '@drydock/runtime';
import { type ProcessIdentity, signalProcess, waitUntilGone } from '../processes.ts';

/** A server lets requests finish. X17: ten seconds at most. */
const serverGraceMs = 10_000;
/** What an engine takes to end once its hosts have. */
const engineGraceMs = 5_000;
const killedMs = 5_000;

/** Idempotent. */
export async function stopServer(server: ProcessIdentity): Promise<void> {
  if (!signalProcess(server, 'SIGTERM') || (await waitUntilGone(server, serverGraceMs))) return;
  signalProcess(server, 'SIGKILL');
  await waitUntilGone(server, killedMs);
}

/**
 * Stops every host, then the engine. Stopping hundreds of hosts may take a while, and it is not hurried. Where the engine
 * does not answer it is killed, and hosts may still run.
 */
export async function stopEngine(engine: ProcessIdentity, socket: string): Promise<void> {
  const stopped = await connectEngine(socket)
    .shutdown()
    .then(
      () => true,
      () => false,
    );
  if (stopped && (await waitUntilGone(engine, engineGraceMs))) return;
  // A terminated engine leaves its hosts alone, which is right where it could not stop them.
  signalProcess(engine, 'SIGTERM');
  if (await waitUntilGone(engine, engineGraceMs)) return;
  signalProcess(engine, 'SIGKILL');
  await waitUntilGone(engine, killedMs);
}

/** Ends the engine at once and leaves its hosts running, for the next one to adopt. */
export async function killEngine(engine: ProcessIdentity): Promise<void> {
  signalProcess(engine, 'SIGKILL');
  await waitUntilGone(engine, killedMs);
}
