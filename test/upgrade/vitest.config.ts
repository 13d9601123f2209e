// `npm run upgrade-test`: the tests of this folder, which take minutes and so are in no project of `npm test`.

import { defineConfig } from 'vitest/config';
import everyRun from '../../vitest.config.ts';

export default defineConfig({
  ...everyRun,
  test: {
    ...everyRun.test,
    projects: [{ extends: true, test: { name: 'upgrade', include: ['test/upgrade/take-over.ts'] } }],
  },
});
