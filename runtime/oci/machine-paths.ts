// What of the machine's /proc and /sys is hidden from and read-only in every container, as moby has it (`oci/defaults.go`).
// One list, for the OCI runtime and for what `docker inspect` says.

import fs from 'node:fs';

/** What tells of the heat of each processor that there is, and so of what others compute. */
export function thermalPathsOf(processors: string): string[] {
  return fs
    .readdirSync(processors)
    .filter((name) => /^cpu\d+$/.test(name) && fs.existsSync(`${processors}/${name}/thermal_throttle`))
    .map((name) => `${processors}/${name}/thermal_throttle`);
}

export const maskedPaths: readonly string[] = [
  ...['/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats'],
  ...['/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi'],
  ...['/sys/firmware', '/sys/devices/virtual/powercap'],
  ...thermalPathsOf('/sys/devices/system/cpu'),
];

export const readonlyPaths: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];
