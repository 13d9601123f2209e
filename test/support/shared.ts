// Engines and Drydocks that outlive a test file: those of a run of all tests, started once (test/setup.ts) and had by one file
// at a time. A file that is run alone starts its own. What a file made in one is removed when the file lets go of it.

import assert from 'node:assert/strict';
import process from 'node:process';
import { operatorPaths, sessionReport } from '@drydock/sandbox-server/operator';
import { z } from 'zod';
import { operatorSocket } from '../../cli/paths.ts';
import { connectEngine } from '../../runtime/index.ts';
import { filesAtATime } from '../kinds.ts';
import { ask } from '../runtime/api/exchange.ts';
import { claim } from './claim.ts';
import { runDrydock } from './command.ts';
import { dockerCommand } from './docker-command.ts';
import { type RunningDrydock, startDrydock } from './drydock.ts';
import { type RunningEngine, removeHosts, startEngine } from './engine.ts';
import { type InstancePlace, testRun } from './instance.ts';
import { until } from './until.ts';

/** Of the environment of test files: `Shared` as JSON. */
const variable = 'TEST_SHARED';

interface EngineShare {
  readonly instance: InstancePlace;
  readonly socket: string;
  readonly pid: number;
}

interface DrydockShare {
  readonly port: number;
  readonly engineSocket: string;
  readonly env: NodeJS.ProcessEnv;
}

interface Shared {
  readonly engines: readonly EngineShare[];
  readonly drydocks: readonly DrydockShare[];
}

/** Starts them for the files of this run, until it is disposed of. */
export async function startShared(): Promise<AsyncDisposable> {
  const things: AsyncDisposable[] = [];
  const dispose = async (): Promise<void> => {
    await Promise.all(things.map((thing) => thing[Symbol.asyncDispose]()));
  };
  const start = <T extends AsyncDisposable>(starter: () => Promise<T>): Promise<T>[] =>
    Array.from({ length: filesAtATime }, async () => {
      const thing = await starter();
      things.push(thing);
      return thing;
    });
  const starting = [start(startEngine), start(() => startDrydock({ DRYDOCK_CATALOGUE: 'all' }))] as const;
  try {
    const [engines, drydocks] = await Promise.all([Promise.all(starting[0]), Promise.all(starting[1])]);
    const shared: Shared = {
      engines: engines.map(({ instance, socket, pid }) => ({ instance, socket, pid })),
      drydocks: drydocks.map(({ port, engineSocket, env }) => ({ port, engineSocket, env })),
    };
    process.env[variable] = JSON.stringify(shared);
  } catch (error) {
    // Those that are still about to start would be left behind.
    await Promise.allSettled(starting.flat());
    await dispose();
    throw error;
  }
  return { [Symbol.asyncDispose]: dispose };
}

async function claimOne<T>(kind: keyof Shared, shares: readonly T[]) {
  for (const [n, share] of shares.entries()) {
    const claimed = await claim(`${testRun}-${kind}-${n}`);
    if (claimed) return { share, release: claimed.release };
  }
  return null;
}

function shares(): Shared {
  const text = process.env[variable];
  return text === undefined ? { engines: [], drydocks: [] } : JSON.parse(text);
}

/** An engine with the usual options and without hosts. Disposing removes the hosts that it has then. */
export async function sharedEngine(): Promise<RunningEngine> {
  const claimed = await claimOne('engines', shares().engines);
  if (!claimed) return await startEngine();
  const { share, release } = claimed;
  const client = connectEngine(share.socket);
  assert.deepEqual(await client.hosts(), [], 'the file before has left hosts');
  return {
    ...share,
    client,
    docker: async (host, ...args) => await dockerCommand((await client.host(host)).dockerSocket, ...args),
    async [Symbol.asyncDispose]() {
      await removeHosts(client);
      await release();
    },
  };
}

/** A Drydock with the usual settings, all images and no sessions. Disposing ends the sessions that it has then. */
export async function sharedDrydock(): Promise<RunningDrydock> {
  const claimed = await claimOne('drydocks', shares().drydocks);
  if (!claimed) return await startDrydock({ DRYDOCK_CATALOGUE: 'all' });
  const { share, release } = claimed;
  const socket = operatorSocket(share.env.DRYDOCK_RUN ?? '');
  const sessions = async (): Promise<string[]> => {
    const { body } = await ask(socket, `GET ${operatorPaths.sessions}`);
    return z
      .array(sessionReport)
      .parse(typeof body === 'string' ? JSON.parse(body) : body)
      .map(({ id }) => id);
  };
  return {
    ...share,
    url: `http://localhost:${share.port}`,
    run: (...args) => runDrydock(share.env, ...args),
    async [Symbol.asyncDispose]() {
      await Promise.all((await sessions()).map((id) => ask(socket, `DELETE ${operatorPaths.session}${id}`)));
      await until('its sessions have ended', async () => (await sessions()).length === 0);
      await release();
    },
  };
}
