// After the engine has started: starts the hosts that ran when the old engine was shut down or the machine went down.

import type { Engine } from '../engine.ts';
import { Turnstile } from '../turnstile.ts';
import { untilDone } from './adopt.ts';
import type { Host } from './host.ts';
import { startStoppedHost } from './start.ts';
import { shownHosts } from './workshop-name.ts';

/** A start takes a CPU for some 60 ms. A student who opens a lab meanwhile must not wait behind a whole class. */
const startsAtOnce = 2;

/** Returns before the hosts run; meanwhile `startHost` starts any of them at once. Throws nothing. */
export function returnHosts(engine: Engine): void {
  const several = new Turnstile({ perKey: startsAtOnce, inAll: startsAtOnce });
  for (const host of shownHosts(engine.hosts)) {
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
  // After an upgrade the workspace's image may have to be built first. That takes minutes; no other host waits for it.
  await host.engine.catalogue.whenBuilt(host.record.workspace);
  await several.pass('', () =>
    untilDone(host, 'start again', () =>
      host.whileThere(async () => {
        // The host may have been started or stored meanwhile.
        if (!host.running && host.record.returns) await startStoppedHost(host);
      }),
    ),
  );
}
