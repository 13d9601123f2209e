// Starting again, after a start of the engine, the hosts that ran when the one before was shut down or the machine went down.

import type { Engine } from '../engine.ts';
import { Turnstile } from '../turnstile.ts';
import { untilDone } from './adopt.ts';
import type { Host } from './host.ts';
import { begin } from './start.ts';

/** A start takes a CPU for some 60 ms; whoever comes meanwhile is not to wait behind a class. */
const startsAtOnce = 2;

/** Not waited for. A host that is asked for meanwhile (`startHost`) does not wait for its turn. Throws nothing. */
export function returnHosts(engine: Engine): void {
  const several = new Turnstile({ perKey: startsAtOnce, inAll: startsAtOnce });
  for (const host of engine.hosts.values()) {
    if (!host.record.returns) continue;
    host.returning = true;
    void returnHost(host, several)
      .catch((error: unknown) => engine.log.error({ error, host: host.name }, 'a host was not started again'))
      .finally(() => {
        host.returning = false;
      });
  }
}

async function returnHost(host: Host, several: Turnstile): Promise<void> {
  // After an upgrade its image may have to be built first: that takes minutes, and holds up no other.
  await host.engine.catalogue.whenBuilt(host.record.workspace);
  await several.pass('', () =>
    untilDone(host, 'start again', () =>
      host.whileThere(async () => {
        // Started for somebody meanwhile, or put away.
        if (!host.running && host.record.returns) await begin(host);
      }),
    ),
  );
}
