// What a start makes in a container's own layer for what is mounted there: it is nobody's change. moby has these in a layer of their own.

/** As in `networks/files.ts`, which threads do not import: it leads to the descriptors of the main thread. */
const networkFileNames = ['hosts', 'hostname', 'resolv.conf'];

const mountPoints: ReadonlySet<string> = new Set([
  ...['dev', 'proc', 'sys'],
  ...networkFileNames.map((name) => `etc/${name}`),
]);

/** `path` is without a slash in front. */
export function isMountPoint(path: string): boolean {
  return mountPoints.has(path);
}

/** Those of a layer that hold nothing, for `ReadOptions.leftOut`. `isEmpty` tells of each, and is false for what is not there. */
export function emptyMountPoints(isEmpty: (path: string) => boolean): Set<string> {
  return new Set([...mountPoints].filter(isEmpty));
}
