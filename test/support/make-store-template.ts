// Makes the template that `store-template.ts` copies, in the directory that the argument names.

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { runDrydock } from './command.ts';
import { settingsFor, startSupervisor, stopSupervisor } from './drydock.ts';
import { freePort, makeInstance } from './instance.ts';
import { keepTemplate } from './store-template.ts';
import { until } from './until.ts';

const [template = ''] = process.argv.slice(2);
await using instance = await makeInstance();
const env = settingsFor(instance, await freePort());
const { supervisor } = await startSupervisor(env);
await stopSupervisor(supervisor);
await runDrydock(env, 'down');
const image = path.join(instance.data, 'store.img');
await until('the store is unmounted', () => execFileSync('losetup', ['--associated', image]).length === 0);
await keepTemplate(instance.data, template);
