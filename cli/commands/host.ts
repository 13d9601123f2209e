// `drydock host …`: an operator's own Docker hosts.

import { formatSize } from '../sizes.ts';
import { formatTable } from '../table.ts';
import { withEngine } from './engine.ts';

/** The last line is the path of the host's Docker socket, for `docker -H unix://PATH`. */
export async function createHost(name: string): Promise<void> {
  const host = await withEngine((engine) => engine.createHost(name));
  console.log(host.dockerSocket);
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
