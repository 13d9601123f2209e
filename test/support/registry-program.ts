// A registry in a process of its own, to be killed: `registry-program.ts DIRECTORY` says on which port it listens, and collects all the
// time, what nobody has used for a moment.

import { OwnRegistry } from './own-registry.ts';

const graceMs = 500;

const [, , directory = ''] = process.argv;
const served = await OwnRegistry.open({ directory });
process.stdout.write(`${served.domain}\n`);
for (;;) {
  await served.registry.collect(graceMs);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
