// What the machine has to give: memory, disk, folders, the port, user numbers.

import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { storeImage } from '../paths.ts';
import { isAlive } from '../processes.ts';
import type { Settings } from '../settings.ts';
import { formatSize } from '../sizes.ts';
import { capacityOf, freeBytes } from '../supervisor/capacity.ts';
import { whyTaken } from '../supervisor/port.ts';
import { readState } from '../supervisor/state.ts';
import { type Finding, good, lacking, poor } from './finding.ts';
import { examineFolders } from './folders.ts';
import { examineUsers } from './users.ts';

const gibibyte = 1024 ** 3;

function examineMemory(settings: Settings): Finding {
  const found = `${formatSize(os.totalmem())}, ${os.cpus().length} CPUs: ${capacityOf(settings)} students at once`;
  if (os.totalmem() >= 2 * gibibyte) return good('memory', found);
  return poor('memory', found, 'Under 2 GiB only a few students fit.');
}

function examineDisk(settings: Settings): Finding {
  const name = 'disk';
  let folder = settings.data;
  while (!existsSync(folder)) folder = path.dirname(folder);
  const free = freeBytes(folder);
  const found = `${formatSize(free)} free for ${settings.data}`;
  const least = existsSync(storeImage(settings.data)) ? gibibyte / 2 : 4 * gibibyte;
  if (free >= 10 * gibibyte) return good(name, found);
  if (free >= least) return poor(name, found, 'The whole catalogue and a class want 10 GiB or more.');
  return lacking(
    name,
    found,
    `Drydock needs ${formatSize(least)} to start. Make room, or put DRYDOCK_DATA on a larger disk.`,
  );
}

async function examinePort(settings: Settings): Promise<Finding> {
  const name = 'port';
  const at = `${settings.listen} port ${settings.port}`;
  const state = readState(settings.run);
  if (state && isAlive(state.supervisor)) return good(name, `${at}: in use by this Drydock`);
  const taken = await whyTaken(settings.listen, settings.port);
  if (!taken) return good(name, `${at} is free`);
  return lacking(name, `${at}: ${taken}`, 'Stop that, or set DRYDOCK_PORT to another port.');
}

export async function examineMachine(settings: Settings): Promise<Finding[]> {
  return [
    examineMemory(settings),
    examineDisk(settings),
    await examineFolders(settings),
    await examinePort(settings),
    examineUsers(settings),
  ];
}
