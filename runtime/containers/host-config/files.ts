// What of a container's files its HostConfig chooses: mounts, volumes, the size of its file systems.

import path from 'node:path';
import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { maxMountsPerContainer } from '../../limits.ts';
import { mapOf } from '../bounded.ts';
import { flag, kept, notYet, stored, whole } from './row.ts';

/** Docker's default, and conmon's (`--shm-size`). */
const defaultShmSize = 64 * 1024 * 1024;

const instead = 'copy files into an image or make a tmpfs with --tmpfs';

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

const tmpfsFlags = new Set(
  'rw ro suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime nodiratime relatime norelatime strictatime nostrictatime'.split(
    ' ',
  ),
);

function checkTmpfs(destination: string, options: string): void {
  if (!destination.startsWith('/') || destination.includes('\0') || destination.split('/').includes('..'))
    throw invalid(`invalid mount path: '${destination.slice(0, 200)}' mount path must be absolute`);
  const normal = path.posix.normalize(destination);
  if (normal === '/') throw invalid("invalid specification: destination can't be '/'");
  if (/^\/(proc|sys)(\/|$)/.test(normal)) throw invalid(`invalid specification: destination can't be in '${normal}'`);
  for (const option of options === '' ? [] : options.split(',')) {
    const known =
      tmpfsFlags.has(option) ||
      /^(size=\d{1,15}[kmg%]?|mode=[0-7]{1,4}|(uid|gid)=\d{1,10}|nr_(inodes|blocks)=\d{1,12}[kmg]?)$/i.test(option);
    if (!known) throw invalid(`invalid tmpfs option "${option.slice(0, 80)}"`);
  }
}

export const files = {
  Binds: notYet(`${instead}; volumes and bind mounts (-v) come later`, { shown: null }),
  Mounts: notYet(`${instead}; --mount comes later`, {}),
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
  VolumeDriver: notYet(`${instead}; volumes come later`, { shown: '' }),
  VolumesFrom: notYet(`${instead}; volumes come later`, { shown: null }),
};
