// Around a run of tests. Before: types, lint, the site, the images, the store that the tests start from and the engines that
// they share, unless files or tests were named. After: nothing may be left on the machine. Its last line is the outcome of it all.

import { mkdir, rm } from 'node:fs/promises';
import process from 'node:process';
import type { TestProject } from 'vitest/node';
import { ownDockerFolder } from '../bin/programs.mjs';
import { leftovers } from './leftovers.ts';
import { countsOf, slowestOf } from './outcome.ts';
import { prepare } from './prepare.ts';
import { keptFolder, testRun } from './support/instance.ts';
import { changesOf, machineDevices } from './support/machine-files.ts';
import { startShared } from './support/shared.ts';
import { isSoak } from './support/soak.ts';
import { lackingPrograms } from './support/unpacked.ts';

export default async function setup({ vitest }: TestProject): Promise<() => Promise<void>> {
  const startedAt = performance.now();
  process.env.TEST_RUN = testRun;
  // A current docker command, where the machine's own is older: see bin/docker-client.mjs.
  process.env.PATH = `${ownDockerFolder}:${process.env.PATH}`;
  await mkdir('test/output', { recursive: true });
  // No test may change a device node of the machine.
  const devices = machineDevices();

  /** `vitest run` and nothing more. */
  const isWhole = process.argv.length === 3 && process.env.TEST_AGAINST === undefined;
  const template = `/tmp/${testRun}-template`;
  const isPrepared = !isWhole || (await prepare(template));
  const shared = isWhole ? await startShared() : null;
  // Nobody looks at those of a whole run, and each takes the processor a third of a second.
  if (isWhole && !isSoak) process.env.TEST_SCREENSHOTS = 'no';

  return async () => {
    await shared?.[Symbol.asyncDispose]();
    for (const folder of [template, keptFolder]) await rm(folder, { recursive: true, force: true });
    const left = [...(await leftovers(testRun)), ...changesOf(devices, machineDevices())];
    console.log(
      left.length === 0
        ? '✔ nothing is left behind'
        : `✖ left behind:\n${left.map((line) => `    ${line}`).join('\n')}`,
    );
    if (isWhole) {
      const lacking = lackingPrograms();
      if (lacking.length > 0)
        console.log(
          `ℹ skipped, for they are not on this machine (README tells how to have them): ${lacking.join(', ')}`,
        );
      console.log(`ℹ slowest: ${slowestOf(vitest)}`);
      const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
      console.log(`${isPrepared ? '✔' : '✖'} types, lint and site; all in ${minutes} min`);
    }
    const counts = countsOf(vitest);
    const failed = counts.failed + (left.length === 0 ? 0 : 1) + (isPrepared ? 0 : 1);
    console.log(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped`);
    if (failed > 0 || counts.passed === 0) process.exitCode = 1;
  };
}
