// `npm start` on a machine where it cannot work: one sentence, and what to do.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, test } from 'vitest';
import { testRun } from '../support/instance.ts';

const clone = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const folder = await mkdtemp(`/tmp/${testRun}-start-`);
afterAll(() => rm(folder, { recursive: true }));

/** Runs an entry point on a machine whose programs are the real ones, but for those that `programs` replaces by scripts. */
async function start(
  entry: string,
  programs: Readonly<Record<string, string>>,
): Promise<{ code: number; stderr: string }> {
  const own = await mkdtemp(path.join(folder, 'bin-'));
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(path.join(own, name), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(own, name), 0o755);
  }
  return new Promise((resolve) => {
    execFile(
      '/bin/sh',
      [path.join(clone, entry)],
      { env: { PATH: `${own}:/usr/bin:/bin` }, timeout: 10_000 },
      (error, _, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stderr });
      },
    );
  });
}

for (const [what, programs, sentence] of [
  ['not Linux', { uname: 'echo Darwin' }, /^drydock: Drydock needs Linux, and this is Darwin\. Run it on .*\n$/],
  [
    'not root',
    { id: 'echo 1000' },
    /^drydock: .*only root may\. Run it again as root: sudo npm (start|test|run bench)\n$/,
  ],
  [
    'an old Node',
    { node: 'if [ "$1" = --version ]; then echo v16.20.2; else exit 1; fi' },
    /^drydock: Node v16.20.2 is too old .*Install Node 18 or later/,
  ],
] as const) {
  for (const entry of ['bin/start', 'bin/test', 'bin/bench']) {
    test(`${entry} says so where it is run on ${what}, and what to do`, async () => {
      const { code, stderr } = await start(entry, programs);
      assert.equal(code, 1);
      assert.match(stderr, sentence);
    });
  }
}
