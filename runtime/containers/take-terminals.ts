// Which of its host's devpts file systems a container uses while it runs. Its bundle tells the number to the next engine.

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
  if (places === null) {
    mountTerminals(plan);
    return;
  }
  const place = mountTerminalsAt(places, plan);
  fs.writeFileSync(fileOf(container), String(place));
  container.terminals = place;
}

/** Null where the workspace has lost its conmon, as by a fault: then nobody keeps them. */
function placesFor(container: Container): TerminalPlaces | null {
  const { host } = container;
  const keeper = parentOf(host.record);
  if (keeper?.name !== 'conmon') return null;
  const used = new Set<number>();
  for (const other of host.containers.values()) {
    const place = placeOf(other);
    if (other !== container && place !== null) used.add(place);
  }
  const all = Array.from({ length: maxContainersPerHost }, (_, place) => place);
  const directory = host.engine.stage.terminalPlaces;
  return { keeper: keeper.pid, directory, free: all.filter((place) => !used.has(place)) };
}

/** The number that a container has. Read from its bundle once: where an engine before this one has chosen it. */
function placeOf(container: Container): number | null {
  if (container.terminals === undefined) {
    const file = fileOf(container);
    container.terminals = fs.existsSync(file) ? Number(fs.readFileSync(file, 'latin1')) : null;
  }
  return container.terminals;
}
