// `docker login`: POST /auth. Nothing is kept here: the docker command keeps it in the student's home.

import { EngineError } from '../errors.ts';
import { nobody } from '../registries/credentials.ts';
import type { RegistryOptions } from './image.ts';
import { parseReference } from './reference.ts';
import { connect } from './registry-session.ts';
import type { HostView } from './view.ts';

/** Docker Hub's, as clients have called it since before it had this name. */
const hubServers = ['', 'docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** A name of DNS has 253 characters, a port six more. */
const maxServerLength = 259;

/** The registry that a client means by `https://index.docker.io/v1/`, `localhost:5000` or `http://localhost:5000/`. Throws invalid. */
export function registryOf(server: string): string {
  const host = server.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
  if (hubServers.includes(host)) return 'docker.io';
  if (host.length > maxServerLength) throw new EngineError('invalid', 'invalid registry: its name is too long');
  try {
    // What is no domain would be taken for a part of the path.
    const { domain } = parseReference(`${host}/x`);
    if (domain === host) return domain;
  } catch {
    // refused below
  }
  if (/^[a-zA-Z0-9][a-zA-Z0-9-]*$/.test(host)) return host;
  throw new EngineError('invalid', `invalid registry: ${JSON.stringify(host.slice(0, 255))} is no name of a server`);
}

/** Throws refused where the registry does not take the credentials or is not there. */
export async function login(
  view: HostView,
  server: string,
  { signal, credentials = nobody }: RegistryOptions,
): Promise<string> {
  const domain = registryOf(server);
  using _inside = await view.registries.enter(view.owner.hostId);
  await using client = connect(view, { domain, path: '' }, 'pull', { signal, credentials });
  return (await client.ask('login', {})).identityToken;
}
