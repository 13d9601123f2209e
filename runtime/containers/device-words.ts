// How devices are asked for. What becomes of it is in devices.ts.

import { EngineError } from '../errors.ts';

export interface Device {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

export interface DeviceRequest {
  readonly Driver: string;
  readonly Count: number;
  readonly DeviceIDs: readonly string[] | null;
  readonly Capabilities: readonly (readonly string[])[] | null;
  readonly Options: Readonly<Record<string, string>> | null;
}

/** A rule as the kernel's device cgroup has it. Throws invalid in moby's words. */
export function checkDeviceRule(rule: string): void {
  if (!/^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/.test(rule))
    throw new EngineError('invalid', `invalid device cgroup rule format: '${rule.slice(0, 80)}'`);
}
