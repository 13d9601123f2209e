// `drydock check`: whether the engine's store and records agree with the kernel.

import { Failure } from '../failure.ts';
import { withEngine } from './engine.ts';

/** Throws Failure where they disagree. */
export async function check(options: { readonly json: boolean }): Promise<void> {
  const report = await withEngine((engine) => engine.check());
  if (options.json) console.log(JSON.stringify(report, null, 2));
  else if (report.ok) console.log('Store and kernel agree.');
  else console.log(report.findings.join('\n'));
  if (report.ok) return;
  const count = report.findings.length === 1 ? 'one thing' : `${report.findings.length} things`;
  throw new Failure(
    `The check found ${count} that should not be so. Restarting the engine mends most: it removes what belongs to nothing.`,
  );
}
