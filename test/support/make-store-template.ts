// Makes the template that `store-template.ts` copies, in the directory that the argument names.

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { startDrydock, stopSupervisor } from './drydock.ts';
import { startEngine } from './engine.ts';
import { keepCompiledServer, keepStore } from './store-template.ts';
import { until } from './until.ts';

const [template = ''] = process.argv.slice(2);
{
  await using engine = await startEngine();
  await engine.shutdown();
  const image = path.join(engine.instance.data, 'store.img');
  await until('the store is unmounted', () => execFileSync('losetup', ['--associated', image]).length === 0);
  await keepStore(engine.instance.data, template);
}
// Of a whole Drydock the server's code alone: hosts that it has in reserve would come back with its store.
await using drydock = await startDrydock();
await stopSupervisor(drydock.supervisor);
await keepCompiledServer(drydock.instance.data, template);
