// Signals as Docker's clients and images write them: 9, KILL, SIGKILL, RTMIN+3.

import os from 'node:os';
import { EngineError } from '../errors.ts';

const lastSignal = 64;
const firstRealTime = 34;

/** The signal's number. A signal that is given as a number has no `SIG` before it. Throws invalid in moby's words. */
export function signalNumber(text: string): number {
  if (/^[+-]?\d{1,9}$/.test(text) && Number(text) !== 0) {
    const number = Number(text);
    if (number >= 1 && number <= lastSignal) return number;
    throw new EngineError('invalid', `the linux daemon does not support signal ${number}`);
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realTime = /^RT(MIN|MAX)([+-]\d{1,2})?$/.exec(name);
  if (realTime) {
    const number = (realTime[1] === 'MIN' ? firstRealTime : lastSignal) + Number(realTime[2] ?? 0);
    if (number >= firstRealTime && number <= lastSignal) return number;
  }
  const known = Object.entries(os.constants.signals).find(([key]) => key === `SIG${name}`);
  if (!known) throw new EngineError('invalid', `invalid signal: ${text.slice(0, 80)}`);
  return known[1];
}

/** The signal that asks a container to end: its own or, if its image names an unknown one, SIGTERM, as in moby. */
export function stopSignalOf({ StopSignal }: { readonly StopSignal?: string }): number {
  try {
    return signalNumber(StopSignal || 'SIGTERM');
  } catch {
    return os.constants.signals.SIGTERM;
  }
}
