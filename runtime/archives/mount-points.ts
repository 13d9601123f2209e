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

/** The names that a directory of a layer has; null where it is no directory, or nothing. */
export type NamesIn = (path: string) => readonly string[] | null;

/**
 * Adds to `leftOut` the places of a step's mounts that hold nothing, and the directories that were made only to hold them: what was
 * there below stays. Paths are without a slash in front.
 */
export function addStepPlaces(
  leftOut: Set<string>,
  places: readonly string[],
  layer: {
    readonly isEmpty: (path: string) => boolean;
    readonly namesIn: NamesIn;
    readonly isBelow: (path: string) => boolean;
  },
): void {
  for (const place of places) {
    if (!layer.isEmpty(place) || layer.isBelow(place)) continue;
    leftOut.add(place);
    for (let cut = place.lastIndexOf('/'); cut > 0; cut = place.lastIndexOf('/', cut - 1)) {
      const above = place.slice(0, cut);
      const names = layer.namesIn(above);
      if (layer.isBelow(above) || !names?.every((name) => leftOut.has(`${above}/${name}`))) break;
      leftOut.add(above);
    }
  }
}
