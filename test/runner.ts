// Runs tests as vitest does. Besides, where `-t` names none of a file's or a group's tests, it lets go of what that has from the moment
// it is read, such as an engine: vitest runs no hook there, and the engine would be left on the machine.

import { type RunnerTestFile, type RunnerTestSuite, TestRunner } from 'vitest';

async function letGo(suite: RunnerTestSuite): Promise<void> {
  for (const task of suite.tasks) if (task.type === 'suite') await letGo(task);
  if (suite.mode !== 'skip') return;
  for (const hook of TestRunner.getSuiteHooks(suite).afterAll) {
    // One whose beforeAll was not run may have nothing to let go of. What is left all the same is told at the end of the run.
    await Promise.try(hook, suite).catch(() => undefined);
  }
}

export default class extends TestRunner {
  override async onAfterRunFiles(files: RunnerTestFile[]): Promise<void> {
    for (const file of files) await letGo(file);
    super.onAfterRunFiles(files);
  }
}
