// Ending an engine with everything that it keeps in the kernel; what is on disk stays.

import type { Engine } from './engine.ts';
import { releaseLinks } from './hosts/link.ts';
import { shutHost } from './hosts/store.ts';
import { removeGroup } from './kernel/cgroups.ts';
import { detachMount } from './kernel/mounts.ts';
import { Turnstile } from './turnstile.ts';

/** Each is looked at often until its processes have ended: more at once only make each other slower. */
const hostsPutAwayAtOnce = 32;

/** Puts every host away, to be started again by the next engine where it runs; unmounts the store, closes the records. The engine cannot be used afterwards. */
export async function shutdownEngine(engine: Engine): Promise<void> {
  engine.ending.abort(new Error('the engine ends'));
  const several = new Turnstile({ perKey: hostsPutAwayAtOnce, inAll: hostsPutAwayAtOnce });
  await Promise.all([...engine.hosts.values()].map((host) => several.pass('', () => shutHost(host))));
  releaseLinks(engine, { all: true });
  engine.exits.close();
  await removeGroup(engine.group);
  await engine.images.settle().catch((error: unknown) => engine.log.warn({ error }, 'the disk has failed'));
  engine.images.close();
  await engine.hub[Symbol.asyncDispose]();
  engine.records.close();
  try {
    detachMount(engine.paths.store);
  } catch (error) {
    engine.log.warn({ error }, 'the store was not mounted'); // where the data directory is btrfs itself
  }
  engine.ended.resolve();
}
