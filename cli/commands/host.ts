// `drydock host …`: an operator's own Docker hosts.

import { EngineError } from '@drydock/runtime';
import { Failure } from '../failure.ts';
import { formatSize } from '../sizes.ts';
import { formatTable } from '../table.ts';
import { withEngine } from './engine.ts';

/** Prints the path of the host's Docker socket, for `docker -H unix://PATH`. Idempotent: one that is there is started where it is stopped. */
export async function createHost(name: string): Promise<void> {
  const host = await withEngine(async (engine) => {
    try {
      return await engine.createHost(name);
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'conflict') throw error;
      const there = await engine.startHost(name);
      console.error(`drydock: There is a host ${name} already.`);
      return there;
    }
  });
  console.log(host.dockerSocket);
}

/** Prints the path of a host's Docker socket. Throws Failure where there is no such host, or nobody answers there. */
export async function hostSocket(name: string): Promise<void> {
  const { state, dockerSocket } = await withEngine((engine) => engine.host(name));
  if (state !== 'running') {
    throw new Failure(`Host ${name} is ${state}: its Docker does not answer. drydock host create ${name} starts it.`);
  }
  console.log(dockerSocket);
}

export async function listHosts(options: { readonly json: boolean }): Promise<void> {
  const hosts = await withEngine((engine) => engine.hosts());
  if (options.json) {
    console.log(JSON.stringify(hosts, null, 2));
    return;
  }
  const rows = hosts.map((host) => [
    ...[host.name, host.state, `${host.containersRunning} of ${host.containers}`, String(host.terminals)],
    ...[
      `${formatSize(host.limits.memoryBytes)}, ${host.limits.cpus} CPU`,
      host.createdAt.slice(0, 19),
      host.dockerSocket,
    ],
  ]);
  console.log(formatTable([['NAME', 'STATE', 'RUNNING', 'TERMINALS', 'LIMITS', 'CREATED', 'DOCKER SOCKET'], ...rows]));
}

export async function removeHost(name: string): Promise<void> {
  await withEngine((engine) => engine.removeHost(name));
  console.log(name);
}

export async function resetHost(name: string): Promise<void> {
  await withEngine((engine) => engine.resetHost(name));
  console.log(name);
}
