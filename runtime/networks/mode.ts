// What `--network X`, the API's NetworkMode, means. It is decided here and nowhere else.

import { defaultBridge } from './bridge.ts';

export type NetworkMode =
  /** An endpoint in the bridge network of that name. */
  | { readonly kind: 'bridged'; readonly network: string }
  /** The network namespace of the host's workspace. */
  | { readonly kind: 'host' }
  /** A network namespace with a loopback and nothing else. */
  | { readonly kind: 'none' }
  /** The network namespace of another container, which `reference` names. */
  | { readonly kind: 'container'; readonly reference: string };

const joining = 'container:';

/** Any other word than Docker's own is the name of a network, which need not be there. */
export function parseNetworkMode(mode: string): NetworkMode {
  if (mode === '' || mode === 'default') return { kind: 'bridged', network: defaultBridge.network };
  if (mode === 'host' || mode === 'none') return { kind: mode };
  if (mode.startsWith(joining)) return { kind: 'container', reference: mode.slice(joining.length) };
  return { kind: 'bridged', network: mode };
}

/** As `docker inspect` shows it: `parseNetworkMode` backwards, with the default network by its name. */
export function networkModeInWords(mode: NetworkMode): string {
  if (mode.kind === 'container') return joining + mode.reference;
  return mode.kind === 'bridged' ? mode.network : mode.kind;
}

/** The name of the network that a container with this mode is on; null where it shares another container's. */
export function networkNameIn(mode: NetworkMode): string | null {
  return mode.kind === 'container' ? null : networkModeInWords(mode);
}
