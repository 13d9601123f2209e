// Owner, mode, time and extended attributes of an entry of an archive, as a host can have them.

import type { Header } from 'tar-stream';
import { EngineError } from '../errors.ts';
import { mayCarryAttribute, paxAttributePrefix } from './archive.ts';
import type { Attributes } from './tree.ts';

/** The highest user or group ID that a host's range of 65,536 can show. */
const maxOwner = 65535;
/** Whom a file belongs to whose own owner a host cannot show: nobody, as the kernel shows such owners (`overflowuid`). */
const nobody = 65534;

/** Throws invalid for what can be no owner. */
export function entryAttributes(header: Header): Attributes {
  const mtime = header.mtime instanceof Date && !Number.isNaN(header.mtime.getTime()) ? header.mtime : new Date(0);
  return {
    mode: header.mode & 0o7777,
    uid: ownerOf(ownId(header, 'uid')),
    gid: ownerOf(ownId(header, 'gid')),
    mtime,
    extended: extendedAttributes(header.pax),
  };
}

/** True where a host shows the entry as nobody's, though it is somebody's. */
export function isForeign(header: Header): boolean {
  return ownId(header, 'uid') > maxOwner || ownId(header, 'gid') > maxOwner;
}

/** Owners above 2,097,151 stand in a PAX record, and the header has 0 then: root. tar-stream leaves it there. */
function ownId(header: Header, key: 'uid' | 'gid'): number {
  const { pax } = header;
  const told: unknown = pax !== null && typeof pax === 'object' && key in pax ? Reflect.get(pax, key) : undefined;
  return typeof told === 'string' ? Number(told) : header[key];
}

/** Images made on large networks have owners of any number; Docker without user namespaces takes them, so they load here too. */
function ownerOf(id: number): number {
  if (!Number.isInteger(id) || id < 0) throw new EngineError('invalid', `its owner ${id} is no user or group ID`);
  return id <= maxOwner ? id : nobody;
}

function extendedAttributes(pax: unknown): [string, Buffer][] {
  if (pax === null || typeof pax !== 'object') return [];
  const found: [string, Buffer][] = [];
  for (const [key, value] of Object.entries(pax)) {
    if (!key.startsWith(paxAttributePrefix) || typeof value !== 'string') continue;
    const name = key.slice(paxAttributePrefix.length);
    const bytes = Buffer.from(value);
    if (mayCarryAttribute(name, bytes)) found.push([name, bytes]);
  }
  return found;
}
