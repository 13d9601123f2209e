// `drydock doctor`: what this machine has and lacks to run Drydock, and what that costs.

import { examine } from '../doctor/doctor.ts';
import type { Finding } from '../doctor/finding.ts';
import { Failure } from '../failure.ts';
import { loadSettings } from '../load-settings.ts';

const marks: Record<Finding['state'], string> = { good: '✓', poor: '!', lacking: '✗' };

/** Throws Failure, after printing, where Drydock cannot run. */
export async function doctor(options: { readonly json: boolean }): Promise<void> {
  const { settings, warnings } = loadSettings(process.env);
  for (const warning of warnings) console.error(`drydock: ${warning}`);
  const findings = await examine(settings);
  const lacking = findings.filter(({ state }) => state === 'lacking');
  if (options.json) {
    console.log(JSON.stringify({ ok: lacking.length === 0, findings }, null, 2));
  } else {
    const width = Math.max(...findings.map(({ name }) => name.length));
    for (const { name, state, found, advice } of findings) {
      console.log(`${marks[state]} ${name.padEnd(width)}  ${found}`);
      if (advice) console.log(`  ${' '.repeat(width)}  ${advice}`);
    }
    console.log(lacking.length === 0 ? '\nDrydock can run here.' : '');
  }
  if (lacking.length > 0)
    throw new Failure(`Drydock cannot run here yet: ${lacking.map(({ name }) => name).join(', ')}.`);
}
