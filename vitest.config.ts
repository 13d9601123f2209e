// How the tests are run: Node imports the files itself, in processes forked for them, and a project holds the files of
// one kind (test/kinds.ts).

import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { filesAtATime, testFiles } from './test/kinds.ts';
import { SlowFirst } from './test/slow-first.ts';
import { fileTimeoutMs, TimeLimit } from './test/time-limit.ts';

const files = await testFiles();
/** `npm test -- --against dockerd`: what asks a Docker API, and asks a real one; with `docker-registry`, what asks a registry. */
const against = process.env.TEST_AGAINST;

/** Files of these kinds have a process each, so that they disturb neither each other nor a time. All others share `filesAtATime` processes. */
const isolated: readonly (keyof typeof files)[] = ['own-process', 'timed'];

/** Projects with the same `turn` run together. Timed files run one by one, last. */
const project = (name: keyof typeof files, turn: number): TestProjectInlineConfiguration => ({
  extends: true,
  test: {
    name,
    include: files[name],
    isolate: isolated.includes(name),
    maxWorkers: name === 'timed' ? 1 : filesAtATime,
    sequence: { groupOrder: turn },
  },
});

export default defineConfig({
  // Vite's own conditions, such as `module`, are none of Node's.
  ssr: { resolve: { conditions: [] } },
  test: {
    projects: against
      ? [project(against === 'docker-registry' ? 'registry' : 'api', 0)]
      : [
          project('unit', 0),
          project('registry', 0),
          project('own-process', 0),
          project('engine', 1),
          project('api', 1),
          project('browser', 1),
          project('timed', 2),
        ],
    pool: 'forks',
    experimental: { viteModuleRunner: false, nodeLoader: false },
    globalSetup: 'test/setup.ts',
    runner: './test/runner.ts',
    // A test has no limit but its file's.
    testTimeout: fileTimeoutMs,
    hookTimeout: fileTimeoutMs,
    // What looks for leftovers waits for processes that are ending.
    teardownTimeout: 60_000,
    sequence: { hooks: 'list', sequencer: SlowFirst },
    // What tests print goes straight out.
    disableConsoleIntercept: true,
    reporters: ['default', new TimeLimit()],
  },
});
