// How the images that students pull look to them.

import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'vitest';

const clone = path.resolve(import.meta.dirname, '../..');

/** `docker history` shows 45 letters of a step, and a RUN of several lines begins with these. */
const shown = 45 - 'RUN /bin/sh -c '.length;

test('each step of an image is one line in the table of docker history', async () => {
  let steps = 0;
  for await (const file of glob('lessons/images/*/Dockerfile', { cwd: clone })) {
    const text = await readFile(path.join(clone, file), 'utf8');
    // Students have no image that their own shell is in.
    if (path.basename(path.dirname(file)).startsWith('workspace')) continue;
    for (const [, first = ''] of text.matchAll(/^RUN <<\w+\n(.*)$/gm)) {
      steps++;
      assert.ok(first.length >= shown, `${file}: ${first}`);
    }
  }
  assert.ok(steps > 0);
});
