// A place in a container where something is mounted, as it is stored and as `docker inspect` shows it.

import { z } from 'zod';
import type { Shape } from '../../store/record-kind.ts';
import { volumeDriver, volumesDirectory } from '../../volumes/volumes.ts';

/** How far `:ro` goes: what is mounted below the place too, as far as the kernel can, or not. */
export type ReadOnly = 'no' | 'top' | 'all';

export interface MountPoint {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'image';
  /** The volume's, or the image's as it was given; else empty. */
  readonly name: string;
  /** Of a bind: a path as the workspace sees it. Of an image: its ID. Else empty. */
  readonly source: string;
  /** Absolute, in its shortest form. */
  readonly destination: string;
  /** As `-v` gave it: `ro,z`. */
  readonly mode: string;
  readonly readOnly: ReadOnly;
  /** `rprivate` and so on, of a bind; else empty. */
  readonly propagation: string;
  /** The volume was made for this container, without a name. It goes with the container, where `docker rm -v` says so. */
  readonly anonymous: boolean;
  /** Of a volume: what the image has at the destination is copied into it while it is empty. */
  readonly copies: boolean;
  /** Of a bind: a directory is made where there is nothing. */
  readonly makesSource: boolean;
  /** Of a bind: what is mounted below the source is left out. */
  readonly topOnly: boolean;
  /** Of a volume or an image: the part of it that is mounted. Empty for all. */
  readonly subpath: string;
  /** Of a tmpfs, as mount(8) has them. */
  readonly options: string;
}

/** What is so of most. */
export const plainMount = {
  name: '',
  source: '',
  mode: '',
  readOnly: 'no',
  propagation: '',
  anonymous: false,
  copies: false,
  makesSource: false,
  topOnly: false,
  subpath: '',
  options: '',
} as const satisfies Omit<MountPoint, 'type' | 'destination'>;

export const mountPointSchema = z.object({
  type: z.enum(['bind', 'volume', 'tmpfs', 'image']),
  name: z.string(),
  source: z.string(),
  destination: z.string(),
  mode: z.string(),
  readOnly: z.enum(['no', 'top', 'all']),
  propagation: z.string(),
  anonymous: z.boolean(),
  copies: z.boolean(),
  makesSource: z.boolean(),
  topOnly: z.boolean(),
  subpath: z.string(),
  options: z.string(),
} satisfies Shape<MountPoint>);

/** Where Docker keeps the files of a volume. */
export function mountpointOf(volume: string): string {
  return `${volumesDirectory}/${volume}/_data`;
}

/** Where Docker would have mounted an image. */
function mergedOf(imageId: string): string {
  return `/var/lib/docker/overlay2/${imageId.replace(/^.*:/, '')}/merged`;
}

/** An entry of `Mounts` in inspect and in a list. */
export function shownMount(point: MountPoint): object {
  const { type, name, source, destination, mode, readOnly, propagation } = point;
  const isVolume = type === 'volume';
  return {
    Type: type,
    ...(name !== '' && { Name: name }),
    Source: isVolume ? mountpointOf(name) : type === 'image' ? mergedOf(source) : source,
    Destination: destination,
    ...(isVolume && { Driver: volumeDriver }),
    Mode: mode,
    RW: readOnly === 'no',
    Propagation: propagation,
  };
}

/** Parents before what is below them, so that no mount hides another one (moby's `sortMounts`). */
export function inMountOrder<T extends { readonly destination: string }>(points: readonly T[]): T[] {
  const depth = ({ destination }: T): number => destination.split('/').filter((part) => part !== '').length;
  return points.toSorted((a, b) => depth(a) - depth(b));
}

/** The image that a container is made from, and those that it mounts. */
export function imagesOf({ imageId, mounts }: { imageId: string; mounts: readonly MountPoint[] }): string[] {
  return [imageId, ...mounts.filter(({ type }) => type === 'image').map(({ source }) => source)];
}
