// Asks a busybox what it is: its version and the names that it answers to.

import { execFileSync } from 'node:child_process';

export interface BusyboxFacts {
  /** `1.35.0` */
  readonly version: string;
  readonly applets: readonly string[];
}

/** Throws where the program cannot be run. */
export function askBusybox(binary: string): BusyboxFacts {
  const ask = (argument: string) => execFileSync(binary, [argument], { encoding: 'utf8' });
  return {
    version: /^BusyBox v(\d+\.\d+\.\d+)/.exec(ask('--help'))?.[1] ?? '1',
    applets: ask('--list').split('\n').filter(Boolean),
  };
}
