// How many threads Node's pool has, in which files are read, written and brought to the disk, and passwords are hashed. Loaded before
// all else: the pool is made when it is used for the first time. A disk that is slow holds up who uses it, and must not hold up others.

import { maxPasswordsAtOnce, maxRegistryReads, maxRegistrySyncs, maxRegistryWrites } from './limits.ts';

/** For everything but the hub: as many as Node has by itself. */
const others = 4;
/** Of the registry's tables, and of its directory. */
const groupSyncs = 2;

process.env.UV_THREADPOOL_SIZE = String(
  others + maxRegistryReads + maxRegistryWrites + maxRegistrySyncs + groupSyncs + maxPasswordsAtOnce,
);
