// What a pull, a push or a login holds while it talks to a registry: its place among the others, its thread, its files.

import { nobody } from '../registries/credentials.ts';
import { RegistryThread } from '../registries/thread.ts';
import type { RegistryOptions } from './image.ts';
import { familiarName, type Reference } from './reference.ts';
import { Upload } from './upload.ts';
import type { HostView } from './view.ts';

export interface RegistrySession extends AsyncDisposable {
  readonly thread: RegistryThread;
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
  const { domain, path } = reference;
  const shown = familiarName(reference);
  const thread = new RegistryThread({ reach: view.owner.reach(), domain, path, shown, credentials, actions }, signal);
  // First of all to go: it writes the files.
  stack.use(thread);
  const held = stack.move();
  let files = 0;
  return {
    thread,
    newFile: () => `${upload.directory}/${++files}`,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
