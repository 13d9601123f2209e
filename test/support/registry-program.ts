// A registry in a process of its own, to be killed: `registry-program.ts DIRECTORY [collect]` says on which port it listens. With
// `collect` it collects all the time what nobody has used for a moment.

import { OwnRegistry } from './own-registry.ts';

const graceMs = 500;

const [, , directory = '', collects] = process.argv;
const served = await OwnRegistry.open({ directory });
process.stdout.write(`${served.domain}\n`);
while (collects === 'collect') {
  await served.registry.collect(graceMs);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
