// What of the machine is hidden from containers.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { test } from 'vitest';
import { maskedPaths, thermalPathsOf } from '../../../runtime/oci/machine-paths.ts';

test('the heat of each processor is hidden where the machine tells it', () => {
  const processors = mkdtempSync('/tmp/drydock-processors-');
  try {
    for (const folder of ['cpu0/thermal_throttle', 'cpu1', 'cpu12/thermal_throttle', 'cpufreq/thermal_throttle'])
      mkdirSync(`${processors}/${folder}`, { recursive: true });
    const hidden = ['cpu0', 'cpu12'].map((name) => `${processors}/${name}/thermal_throttle`);
    assert.deepEqual(thermalPathsOf(processors).sort(), hidden);
  } finally {
    rmSync(processors, { recursive: true });
  }
  for (const path of thermalPathsOf('/sys/devices/system/cpu')) assert.ok(maskedPaths.includes(path));
});
