// Keys of HostConfig about a container's files: mounts, volumes, the size of its file systems.

import path from 'node:path';
import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { maxMountsPerContainer } from '../../limits.ts';
import { isTmpfsOption } from '../../volumes/tmpfs-options.ts';
import { listOf, mapOf } from '../bounded.ts';
import { type MountSpec, mountSchema, parseMountSpec, shownSpec } from '../mounts/mount-spec.ts';
import { parseVolumeSpec, parseVolumesFrom } from '../mounts/volume-spec.ts';
import { flag, kept, notYet, stored, text, whole } from './row.ts';

/** Docker's default, and conmon's (`--shm-size`). */
const defaultShmSize = 64 * 1024 * 1024;

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

function checkTmpfs(destination: string, options: string): void {
  if (!destination.startsWith('/') || destination.includes('\0') || destination.split('/').includes('..'))
    throw invalid(`invalid mount path: '${destination.slice(0, 200)}' mount path must be absolute`);
  const normal = path.posix.normalize(destination);
  if (normal === '/') throw invalid("invalid specification: destination can't be '/'");
  if (/^\/(proc|sys)(\/|$)/.test(normal)) throw invalid(`invalid specification: destination can't be in '${normal}'`);
  for (const option of options === '' ? [] : options.split(','))
    if (!isTmpfsOption(option)) throw invalid(`invalid tmpfs option "${option.slice(0, 80)}"`);
}

const texts = listOf(maxMountsPerContainer).nullish();
const storedTexts = stored.list.nullable();

export const files = {
  /** `-v`. What comes of it, of the two below and of the image is in the record's `mounts`. */
  Binds: kept(texts, {
    stored: storedTexts,
    keep(given): readonly string[] | null {
      given?.forEach(parseVolumeSpec);
      return given ?? null;
    },
  }),
  /** `--mount`. */
  Mounts: kept(z.array(mountSchema).max(maxMountsPerContainer).nullish(), {
    stored: z.array(mountSchema),
    keep(given): readonly MountSpec[] {
      given?.forEach(parseMountSpec);
      return given ?? [];
    },
    shown: (mounts) => (mounts.length > 0 ? mounts.map(shownSpec) : undefined),
  }),
  /** `root.readonly` of the OCI runtime specification. */
  ReadonlyRootfs: kept(flag, { stored: stored.flag, keep: (given) => given ?? false }),
  /** Bytes of the mount at /dev/shm. */
  ShmSize: kept(whole, {
    stored: stored.whole,
    keep(given) {
      if (given && given < 0) throw invalid('SHM size can not be less than 0');
      return given || defaultShmSize;
    },
  }),
  StorageOpt: notYet('leave --storage-opt out; the whole host has one quota', {}),
  /** Mounts: destination to options. */
  Tmpfs: kept(mapOf(z.string().max(4096), maxMountsPerContainer).nullish(), {
    stored: z.record(z.string(), z.string()),
    keep(given): Readonly<Record<string, string>> {
      for (const [destination, options] of Object.entries(given ?? {})) checkTmpfs(destination, options);
      return given ?? {};
    },
    shown: (tmpfs) => (Object.keys(tmpfs).length > 0 ? tmpfs : undefined),
  }),
  /** Of volumes that the start makes; there is one. */
  VolumeDriver: kept(text, { stored: stored.text, keep: (given) => given ?? '' }),
  VolumesFrom: kept(texts, {
    stored: storedTexts,
    keep(given): readonly string[] | null {
      given?.forEach(parseVolumesFrom);
      return given ?? null;
    },
  }),
};
