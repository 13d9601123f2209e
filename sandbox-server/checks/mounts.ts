// The mounts of a container: whether they are what a check wants.

import type { WantedMount } from '../../lessons/schema.ts';
import type { Compared } from './compared.ts';
import { shown } from './shown.ts';

export interface MountFact {
  readonly type: string;
  /** A volume's; else empty. */
  readonly name: string;
  /** Of a bind mount: a path as the host sees it. */
  readonly source: string;
  readonly destination: string;
  readonly readOnly: boolean;
}

/** Docker's name for a volume that was given none. */
const anonymousName = /^[0-9a-f]{64}$/;

function isMount(wanted: WantedMount, { type, name, source, destination, readOnly }: MountFact): boolean {
  return (
    (wanted.type === undefined || wanted.type === type) &&
    (wanted.source === undefined || wanted.source === (type === 'bind' ? source : name || source)) &&
    (wanted.destination === undefined || wanted.destination === destination) &&
    (wanted.readOnly === undefined || wanted.readOnly === readOnly) &&
    (wanted.anonymous === undefined || wanted.anonymous === (type === 'volume' && anonymousName.test(name)))
  );
}

function mountInWords({ type, name, source, destination, readOnly }: MountFact): string {
  const what =
    type === 'volume' ? (anonymousName.test(name) ? 'a volume without a name' : name) : type === 'bind' ? source : type;
  return `${shown(what)} at ${shown(destination)}${readOnly ? ' (read-only)' : ''}`;
}

export function mountsInWords(mounts: readonly MountFact[]): string {
  const told = mounts.slice(0, 3).map(mountInWords).join(', ');
  if (mounts.length === 0) return 'it mounts nothing';
  return mounts.length === 1 ? `its mount is ${told}` : `its mounts are ${told}${mounts.length > 3 ? ', …' : ''}`;
}

export function compareMounts(wanted: 'none' | readonly WantedMount[], has: readonly MountFact[]): Compared {
  const holds = wanted === 'none' ? has.length === 0 : wanted.every((one) => has.some((mount) => isMount(one, mount)));
  return { holds, instead: mountsInWords(has) };
}

function wantedInWords({ type, source, destination, readOnly, anonymous }: WantedMount): string {
  const what = source ?? (anonymous === true ? 'a volume without a name' : (type ?? 'a mount'));
  const where = destination === undefined ? '' : ` at ${destination}`;
  return `${what}${where}${readOnly === undefined ? '' : readOnly ? ' read-only' : ' writable'}`;
}

/** After `with`: `the mount pgdata at /data`. */
export function wantedMounts(wanted: 'none' | readonly WantedMount[]): string {
  if (wanted === 'none') return 'no mounts';
  return `the mount${wanted.length === 1 ? '' : 's'} ${wanted.map(wantedInWords).join(' and ')}`;
}
