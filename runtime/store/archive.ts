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
