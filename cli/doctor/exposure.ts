// Who can reach the site: whether it is for others than this machine, and what keeps strangers out then.

import type { Settings } from '../settings.ts';
import { type Finding, good, poor } from './finding.ts';

export const gateFinding = 'gate';

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** Others can reach it: it listens to them, or a proxy in front does. */
function isForOthers({ listen, origin }: Pick<Settings, 'listen' | 'origin'>): boolean {
  const { hostname } = new URL(origin);
  return !isLoopback(listen) || !(hostname === 'localhost' || isLoopback(hostname.replace(/^\[|\]$/g, '')));
}

export function examineGate(settings: Pick<Settings, 'listen' | 'origin' | 'invite'>): Finding {
  if (settings.invite !== null) return good(gateFinding, 'opens with a code');
  if (!isForOthers(settings)) return good(gateFinding, 'none: for this machine alone');
  return poor(
    gateFinding,
    `none, and others can reach ${settings.origin}`,
    'Whoever finds the address can start labs, and one person with many addresses can keep a class waiting. ' +
      'Set DRYDOCK_INVITE to a code of your own: README, "For others than yourself".',
  );
}

export function examineProxy(settings: Pick<Settings, 'listen' | 'origin' | 'trustedProxy'>): Finding {
  const name = 'proxy';
  if (settings.trustedProxy.length > 0) return good(name, settings.trustedProxy.join(', '));
  if (!isLoopback(settings.listen) || !isForOthers(settings)) return good(name, 'none');
  return poor(
    name,
    `none is named, and ${settings.origin} can only be reached through one`,
    'All students count as one address, and share its limits. Set DRYDOCK_TRUSTED_PROXY to the address that the proxy comes from.',
  );
}
