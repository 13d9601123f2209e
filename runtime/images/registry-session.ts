// What a pull, a push or a login holds while it talks to a registry: its place among the others, its thread, its files.

import type { RegistryClient } from '../registries/client.ts';
import { type Credentials, nobody } from '../registries/credentials.ts';
import { RegistryThread } from '../registries/thread.ts';
import type { RegistryOptions } from './image.ts';
import { familiarName, type Reference } from './reference.ts';
import { Upload } from './upload.ts';
import type { HostView } from './view.ts';

export interface RegistrySession extends AsyncDisposable {
  readonly client: RegistryClient;
  /** A new file's name, on the store's file system. The file goes with the session. */
  newFile(): string;
}

/** Waits for a place. Throws unavailable where the host is stopped. */
export async function openSession(
  view: HostView,
  reference: Pick<Reference, 'domain' | 'path'>,
  actions: 'pull' | 'pull,push',
  { signal, credentials = nobody }: RegistryOptions,
): Promise<RegistrySession> {
  await using stack = new AsyncDisposableStack();
  stack.use(await view.registries.enter(view.owner.hostId));
  signal.throwIfAborted();
  const upload = stack.use(new Upload(view.uploads));
  // First of all to go: it writes the files.
  const client = stack.use(connect(view, reference, actions, { signal, credentials }));
  const held = stack.move();
  let files = 0;
  return {
    client,
    newFile: () => `${upload.directory}/${++files}`,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** A registry of the engine's own is asked here; another one by a thread in the host's network. Throws unavailable where the host is stopped. */
export function connect(
  view: HostView,
  reference: Pick<Reference, 'domain' | 'path'>,
  actions: 'pull' | 'pull,push',
  { signal, credentials = nobody }: RegistryOptions,
): RegistryClient {
  const { domain, path } = reference;
  const shown = path === '' ? domain : familiarName(reference);
  const { near, owner } = view;
  const nearPath = isNear(view, reference, actions, credentials) ? near?.pathOf(domain, path) : null;
  if (near && nearPath != null)
    return near.connect({ ...askerOf(view), path: nearPath, shown, credentials, actions }, signal);
  return new RegistryThread({ reach: owner.reach(), domain, path, shown, credentials, actions }, signal);
}

/**
 * Whether the engine's own registry is asked: for what is its own, and for pulls from those that it is a mirror of. Whoever is known to
 * such a registry asks it by themselves.
 */
export function isNear(
  { near }: HostView,
  { domain, path }: Pick<Reference, 'domain' | 'path'>,
  actions: 'pull' | 'pull,push',
  { username, identityToken, registryToken }: Credentials,
): boolean {
  if (!near || domain === near.domain) return near !== null;
  const isNobody = [username, identityToken, registryToken].every((text) => text === '');
  return actions === 'pull' && path !== '' && isNobody && near.pathOf(domain, path) !== null;
}

/** Who the host is to a registry of the engine's own. */
export function askerOf({ owner }: HostView): { readonly hostId: string; readonly account: string | null } {
  return { hostId: owner.hostId, account: owner.hubAccount() };
}
