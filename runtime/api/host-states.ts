// The part of the engine's own API about a host's states: snapshots, freezing, storing.

import { z } from 'zod';
import type { HostInfo } from '../client.ts';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { freezeHost, thawHost } from '../hosts/freeze.ts';
import type { Host } from '../hosts/host.ts';
import { resetHost } from '../hosts/reset.ts';
import { restoreSnapshot } from '../hosts/restore.ts';
import { removeSnapshot, snapshotsOf, takeSnapshot } from '../hosts/snapshots.ts';
import { startHost } from '../hosts/start.ts';
import { storeHost } from '../hosts/store.ts';
import type { Exchange } from './exchange.ts';
import type { Handler, Routes } from './router.ts';

const snapshotId = z.string().regex(/^[a-z0-9-]{1,64}$/);

function snapshotOf(exchange: Exchange<Engine>): string {
  const id = snapshotId.safeParse(exchange.param('snapshot'));
  if (!id.success) throw new EngineError('invalid', 'a snapshot is named with a-z, 0-9 and -, at most 64 of them');
  return id.data;
}

interface Hosts {
  /** The host that a request names. */
  readonly hostOf: (exchange: Exchange<Engine>) => Host;
  readonly infoOf: (host: Host) => HostInfo;
}

export function hostStateRoutes({ hostOf, infoOf }: Hosts): Routes<Engine> {
  /** Does `verb`, and answers with the host's new state. */
  const becoming =
    (verb: (host: Host, exchange: Exchange<Engine>) => Promise<void>): Handler<Engine> =>
    async (exchange) => {
      const host = hostOf(exchange);
      await verb(host, exchange);
      exchange.answer(200, infoOf(host));
    };
  return {
    'POST /hosts/{host}/start': becoming(startHost),
    'POST /hosts/{host}/reset': becoming(resetHost),
    'POST /hosts/{host}/freeze': becoming(freezeHost),
    'POST /hosts/{host}/thaw': becoming(thawHost),
    'POST /hosts/{host}/store': async (exchange) => {
      await storeHost(hostOf(exchange));
      exchange.end(204);
    },
    'GET /hosts/{host}/snapshots': (exchange) => exchange.answer(200, snapshotsOf(hostOf(exchange))),
    'PUT /hosts/{host}/snapshots/{snapshot}': async (exchange) =>
      exchange.answer(201, await takeSnapshot(hostOf(exchange), snapshotOf(exchange))),
    'POST /hosts/{host}/snapshots/{snapshot}/restore': becoming((host, exchange) =>
      restoreSnapshot(host, snapshotOf(exchange)),
    ),
    'DELETE /hosts/{host}/snapshots/{snapshot}': async (exchange) => {
      await removeSnapshot(hostOf(exchange), snapshotOf(exchange));
      exchange.end(204);
    },
  };
}
