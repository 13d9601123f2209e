// How the machine itself reaches a registry, for all who ask: by its own network and names. The registry's own place is the operator's
// word; where it leads to (a server of tokens, of blobs) must be on the internet (B07).

import { isPublic } from '../egress/addresses.ts';
import { authoritiesIn } from './certificates.ts';
import type { Way } from './dial.ts';
import { resolveBy } from './names.ts';
import type { MachineReach } from './reach.ts';

export function machineWay({ origin }: MachineReach): Way {
  const { host, protocol } = new URL(origin);
  return {
    resolve: resolveBy('/etc'),
    isInsecure: (place) => protocol === 'http:' && place === host,
    authorities: authoritiesIn(process.pid),
    mayReach: (place, address) => place === host || isPublic(address),
  };
}
