// docker rename.

import { at, EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import { checkContainerName } from './create-checks.ts';

/** Docker's message for a name that is taken. `create` uses it too. */
export function nameConflict(name: string, ownerId: string): EngineError {
  return new EngineError(
    'conflict',
    `Conflict. The container name "/${name}" is already in use by container "${ownerId}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}

const allocating = 'Error when allocating new name';

function checkNewName(wanted: string): string {
  try {
    return checkContainerName(wanted.startsWith('/') ? wanted : `/${wanted}`);
  } catch (error) {
    throw at(allocating, error);
  }
}

/** Gives a container another name, running or not. Throws invalid for no name at all, conflict where it is taken. */
export function renameContainer(container: Container, wanted: string): void {
  if (wanted === '') throw new EngineError('invalid', 'Neither old nor new names may be empty');
  const name = checkNewName(wanted);
  if (name === container.name)
    throw new EngineError('invalid', 'Renaming a container with the same name as its current name');
  for (const other of container.host.containers.values())
    if (other.name === name) throw at(allocating, nameConflict(name, other.id));
  const oldName = container.name;
  container.save({ name });
  container.host.events.emit('container', 'rename', container.id, {
    ...container.record.config.Labels,
    image: container.record.config.Image,
    name,
    oldName: `/${oldName}`,
  });
}
