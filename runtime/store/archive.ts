// What the makers and readers of layer tars agree on: names of whiteouts and of extended attributes.

/** OCI image-spec layer.md: an empty file of this prefix hides the name that follows it in the layers below. */
export const whiteoutPrefix = '.wh.';
/** An empty file of this name hides everything that the layers below have in its directory. */
export const opaqueWhiteout = '.wh..wh..opq';
/** Other names of this prefix are aufs' own book-keeping and mean nothing here. */
export const whiteoutMetaPrefix = '.wh..wh.';

/** How overlayfs marks a directory that hides what is below it. */
export const overlayOpaque = { name: 'trusted.overlay.opaque', value: Buffer.from('y') } as const;

/** The PAX key under which tar keeps an extended attribute (GNU tar, libarchive, Go). */
export const paxAttributePrefix = 'SCHILY.xattr.';

/** `struct vfs_cap_data` of revision 2: 20 bytes, the revision in the top byte of a little-endian word. */
const capabilityBytes = 20;
const capabilityRevision2 = 2;

/**
 * Whether an extended attribute may come out of an archive or go into one. `user.` ones are data; a revision 2 capability
 * is worth something only under the user namespace that the layer is mounted in. All others steer the kernel.
 */
export function mayCarryAttribute(name: string, value: Uint8Array): boolean {
  if (name.startsWith('user.')) return !name.startsWith('user.overlay.');
  return name === 'security.capability' && value.length === capabilityBytes && value[3] === capabilityRevision2;
}

/** `struct vfs_ns_cap_data`: revision 3 names the user namespace's root, in four bytes more. */
const capabilityBytes3 = 24;
const capabilityRevision3 = 3;

/**
 * The value of a file's extended attribute as an archive may carry it; null where none may. What a container gives a file by
 * setcap(8) belongs to the root of its user namespace, `rootId` on the machine: in an archive it belongs to whoever is root.
 */
export function portableAttribute(name: string, value: Buffer, rootId: number): Buffer | null {
  const isOwn =
    name === 'security.capability' &&
    value.length === capabilityBytes3 &&
    value[3] === capabilityRevision3 &&
    value.readUInt32LE(capabilityBytes) === rootId;
  if (isOwn) {
    const portable = Buffer.from(value.subarray(0, capabilityBytes));
    portable[3] = capabilityRevision2;
    return portable;
  }
  return mayCarryAttribute(name, value) ? value : null;
}
