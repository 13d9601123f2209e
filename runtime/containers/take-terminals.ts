// Which of its host's devpts file systems a container uses while it runs. Its bundle tells the number, also to the next engine.

import fs from 'node:fs';
import { parentOf } from '../kernel/processes.ts';
import { mountTerminals, mountTerminalsAt, type TerminalPlaces } from '../kernel/terminals.ts';
import { maxContainersPerHost, maxTerminalsPerContainer } from '../limits.ts';
import type { Container } from './container.ts';

const fileOf = (container: Container): string => `${container.bundle}/terminals`;

/** Mounts the container's devpts on the stage. Only in `prepare` of a start, so that no two containers choose at once. */
export function takeTerminals(container: Container): void {
  const { host } = container;
  const plan = {
    directory: host.engine.stage.terminals,
    owner: host.record.uidBase,
    most: maxTerminalsPerContainer,
  };
  const places = placesFor(container);
  if (places === null) mountTerminals(plan);
  else fs.writeFileSync(fileOf(container), String(mountTerminalsAt(places, plan)));
}

/** Null where the workspace has lost its conmon, as by a fault: then nobody keeps them. */
function placesFor(container: Container): TerminalPlaces | null {
  const { host } = container;
  const keeper = parentOf(host.record);
  if (keeper?.name !== 'conmon') return null;
  const used = new Set<number>();
  for (const other of host.containers.values()) {
    const file = fileOf(other);
    if (other !== container && fs.existsSync(file)) used.add(Number(fs.readFileSync(file, 'latin1')));
  }
  const all = Array.from({ length: maxContainersPerHost }, (_, place) => place);
  const directory = host.engine.stage.terminalPlaces;
  return { keeper: keeper.pid, directory, free: all.filter((place) => !used.has(place)) };
}
