// The descriptors that this process was started with, and that nothing it starts may have (CVE-2024-21626).

import { callNumbers, checked, libcCalls } from './libc.ts';

const firstAfterStandard = 3;
const all = 0xffffffff;
const CLOSE_RANGE_CLOEXEC = 4;

/**
 * From now on no program gets a descriptor but those it is given. Node opens its own so already; what the engine inherited
 * (a shell's, a supervisor's) may be a directory of the machine, and a container's working directory could lead there.
 */
export function keepDescriptors(): void {
  checked('close_range', libcCalls.closeRange(callNumbers.closeRange, firstAfterStandard, all, CLOSE_RANGE_CLOEXEC));
}
