// Making a host as it was when it was created.

import { createHost } from './create.ts';
import type { Host } from './host.ts';
import { removeHost } from './remove.ts';

/** A new host of the same name and limits: containers, images and files are gone, terminals are closed. */
export async function resetHost(host: Host): Promise<Host> {
  const { engine, name } = host;
  const { limits } = host.record;
  await removeHost(host);
  return await createHost(engine, name, limits);
}
