// The order of test files: those that take longest first, so that none of them is left over for one process at the end.

import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Short files that take long; of the others the largest come first, and where there was a run before, what took longest in it. */
const slow = ['test/lessons/lab-test.test.ts', 'test/cli/up.test.ts', 'test/faults/hosts-return.test.ts'];

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => slow.some((file) => moduleId.endsWith(`/${file}`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}
