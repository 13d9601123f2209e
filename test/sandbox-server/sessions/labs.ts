// Lessons for the tests of sessions: small ones that need nothing but busybox.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { testRun } from '../../support/instance.ts';

export const twoHosts = '01-test/01-two-hosts';
export const twoTasks = '01-test/02-two-tasks';
export const plain = '01-test/03-plain';
export const toStop = '01-test/04-to-stop';

const twoHostsLab = `
hosts:
  - { name: dev }
  - { name: prod }
images: [busybox]
tasks:
  - id: there
    expected: A container named there, on prod.
    check: { container: { host: prod, name: there, state: running } }
    solution: { host: prod, run: ["docker run -d --name there busybox sleep 1000"] }
`;

const twoTasksLab = `
images: [busybox]
parameters:
  port: { kind: port, from: 8100, to: 8999 }
  name: { kind: name }
tasks:
  - id: first
    expected: A container named first runs.
    check: { container: { name: first, state: running } }
    solution: { run: ["docker run -d --name first busybox sleep 1000"] }
  - id: second
    expected: A container named {{name}} runs.
    check: { container: { name: "{{name}}", state: running } }
    solution: { run: ["docker run -d --name {{name}} busybox sleep 1000"] }
`;

const plainLab = `
tasks:
  - { id: any, expected: A container is there., check: { containers: { atLeast: 1 } }, solution: { run: ["docker create busybox"] } }
`;

const toStopLab = `
images: [busybox]
tasks:
  - id: stop
    expected: The container web has exited.
    check: { container: { name: web, state: exited } }
    slips: [{ when: { container: { name: web, state: exited, exitCode: 137 } }, say: It was killed. }]
    solution: { run: ["docker stop web"] }
  - id: ran
    expected: A container from busybox has run to its end.
    check: { ran: { image: busybox } }
    solution: { run: ["docker run busybox true"] }
  - id: still
    expected: The container web is there and does not run.
    check:
      all:
        - { container: { name: web } }
        - { not: { any: [{ container: { name: web, state: running } }, { container: { name: web, state: created } }] } }
    solution: { run: ["docker stop web"] }
  - { id: look1, expected: x, check: { container: { name: look1 } }, solution: { run: ["docker create --name look1 busybox"] } }
  - { id: look2, expected: x, check: { container: { name: look2 } }, solution: { run: ["docker create --name look2 busybox"] } }
  - { id: look3, expected: x, check: { container: { name: look3 } }, solution: { run: ["docker create --name look3 busybox"] } }
  - { id: look4, expected: x, check: { container: { name: look4 } }, solution: { run: ["docker create --name look4 busybox"] } }
`;

export interface TestLessons extends AsyncDisposable {
  readonly directory: string;
}

/** Disposing removes them. `more`: ids of lessons besides, each as `plain`. */
export async function testLessons(more: readonly string[] = []): Promise<TestLessons> {
  const directory = await mkdtemp(`/tmp/${testRun}-lessons-`);
  const put = async (file: string, text: string): Promise<void> => {
    const whole = path.join(directory, file);
    await mkdir(path.dirname(whole), { recursive: true });
    await writeFile(whole, text);
  };
  await put(`${twoHosts}/lab.yaml`, twoHostsLab);
  await put(`${twoHosts}/files/prod/where.txt`, 'on prod\n');
  await put(`${twoTasks}/lab.yaml`, twoTasksLab);
  await put(`${twoTasks}/files/notes/today.txt`, 'as it began\n');
  for (const one of [plain, ...more]) await put(`${one}/lab.yaml`, plainLab);
  await put(`${toStop}/lab.yaml`, toStopLab);
  return {
    directory,
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true });
    },
  };
}
