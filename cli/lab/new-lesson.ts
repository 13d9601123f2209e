// A new lesson to begin from: small, and it passes lint and test as it is.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** `02-ports` -> `Ports`. */
export function titleOf(name: string): string {
  const words = name
    .replace(/^\d+-/, '')
    .replaceAll('-', ' ')
    .replace(/\bdocker\b/, 'Docker');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const labFile = `# The lab of this lesson; lessons/README.md says all that may stand here.
images: [busybox]
tasks:
  - id: run
    expected: A container named box, from the image busybox, runs.
    check:
      container: { name: box, image: busybox, state: running, detached: true }
    slips:
      - when: { container: { name: box, state: created } }
        say: >-
          The container box was made but not started. \`docker run\` does both; or start it with \`docker start box\`.
    solution:
      run: [docker run -d --name box busybox sleep 1000]
    wrong:
      - run: [docker create --name box busybox sleep 1000]
        says: made but not started
`;

const text = (track: string, name: string, number: number) => `---
title: ${titleOf(name)}
lede: What this lesson is about, in a sentence or two.
track: ${titleOf(track)}
number: ${number}
minutes: 10
goals:
  - say what one can do after this lesson
  - say another thing
---

## The first step

A step says one thing, and lets it be tried at once.

<Command run="docker images" />

<Task id="run" goal="Run a container named \`box\` from the image \`busybox\`, in the background.">
  <Hint>The options are \`-d\` and \`--name box\`, and the container needs something to do: \`sleep 1000\`.</Hint>
  <Solution>\`sleep 1000\` is the command that runs in the container; it keeps the container busy.</Solution>
</Task>

<Command run="docker ps" />

## What have you learned?

<Quiz>
  <Question id="ends" asks="When does a container end?">
    <Option id="command" says="When its command ends." right>
      A container is its command. When there is nothing more to do, it has ended.
    </Option>
    <Option id="never" says="Never, until it is stopped.">
      Only one whose command goes on for ever does that, such as a server.
    </Option>
  </Question>
</Quiz>
`;

/** Makes the folder and its two files. Throws what the file system throws: EEXIST where there is such a lesson. */
export async function writeNewLesson(folder: string, track: string, name: string): Promise<void> {
  const lesson = path.join(folder, track, name);
  await mkdir(path.dirname(lesson), { recursive: true });
  await mkdir(lesson);
  await writeFile(path.join(lesson, 'lab.yaml'), labFile);
  await writeFile(path.join(lesson, 'lesson.mdx'), text(track, name, Number(/^\d+/.exec(name)?.[0] ?? 1)));
}
