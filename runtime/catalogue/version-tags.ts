// The tags that an image has of a version, and where the version is found.

import { EngineError } from '../errors.ts';
import { readBeneath } from '../kernel/safe-read.ts';

/** The status of thousands of packages. */
const maxStatusBytes = 32 * 1024 * 1024;

/** 8, 8.0 and 8.0.2 for 8.0.2. */
export function tagsOfVersion(version: string): string[] {
  const parts = version.split('.');
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
}

/** `8.0.2` for Debian's version `5:8.0.2-3+deb13u3` of a package. `layers`: unpacked, base first. Throws invalid where it is not installed. */
export function packageVersion(layers: readonly string[], name: string): string {
  for (const layer of layers.toReversed()) {
    const status = readBeneath(layer, 'var/lib/dpkg/status', maxStatusBytes);
    if (status === null) continue;
    const entry = status.split('\n\n').find((one) => one.startsWith(`Package: ${name}\n`)) ?? '';
    const version = /^Version: (?:\d+:)?(\d+(?:\.\d+)*)/m.exec(entry)?.[1];
    if (version !== undefined) return version;
    break;
  }
  throw new EngineError('invalid', `it takes its tags from the version of ${name}, which is not in it`);
}
