// The size of a container's or an exec's terminal.

import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import { emit } from './events.ts';
import type { Exec } from './exec.ts';

/** Throws conflict where it does not run: the docker CLI tries again then. */
export function resizeContainer(container: Container, rows: number, columns: number): void {
  if (!container.running || !container.console.resize(rows, columns))
    throw new EngineError('conflict', `container ${container.id} is not running`);
  emit(container, 'resize', { height: String(rows), width: String(columns) });
}

export function resizeExec(exec: Exec, rows: number, columns: number): void {
  if (!exec.running || !exec.console?.resize(rows, columns))
    throw new EngineError('conflict', `exec ${exec.id} is not running`);
}
