// Makes the template that `store-template.ts` copies, in the directory that the argument names.

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { startDrydock, stopSupervisor } from './drydock.ts';
import { keepTemplate } from './store-template.ts';
import { until } from './until.ts';

const [template = ''] = process.argv.slice(2);
await using drydock = await startDrydock();
await stopSupervisor(drydock.supervisor);
await drydock.run('down');
const { data } = drydock.instance;
const image = path.join(data, 'store.img');
await until('the store is unmounted', () => execFileSync('losetup', ['--associated', image]).length === 0);
await keepTemplate(data, template);
