// What `--ipc X`, the API's IpcMode, may be.

import { EngineError } from '../errors.ts';

/** Its normal form. Throws invalid in moby's words. */
export function ipcMode(given: string): string {
  if (given === '') return 'private';
  if (['none', 'private', 'shareable', 'host'].includes(given) || /^container:./.test(given)) return given;
  throw new EngineError('invalid', `invalid IPC mode: ${given.slice(0, 80)}`);
}

/** Whether the IPC namespace of that mode is another's. */
export function sharesIpc(mode: string): boolean {
  return mode === 'host' || mode.startsWith('container:');
}
