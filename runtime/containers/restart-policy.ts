// Whether and when a container that has ended is started again: moby's rules (`restartmanager/restartmanager.go`).

import { z } from 'zod';
import { EngineError } from '../errors.ts';

export const restartPolicySchema = z.object({
  Name: z.enum(['no', 'always', 'on-failure', 'unless-stopped']),
  /** Of `on-failure`; 0 for no limit. */
  MaximumRetryCount: z.int(),
});

export type RestartPolicy = Readonly<z.infer<typeof restartPolicySchema>>;

const names = restartPolicySchema.shape.Name.options;

/** In the one form that is kept. Throws invalid in moby's words. */
export function checkedRestartPolicy(name: string, retries: number): RestartPolicy {
  const known = names.find((each) => each === (name === '' ? 'no' : name));
  const wrong = (what: string) => new EngineError('invalid', `invalid restart policy: ${what}`);
  if (known === undefined) {
    const use = "use one of 'no', 'always', 'on-failure', or 'unless-stopped'";
    throw wrong(`unknown policy '${name.slice(0, 80)}'; ${use}`);
  }
  // Clients before Docker 25 sent no name with any number.
  if (name === '') return { Name: 'no', MaximumRetryCount: 0 };
  const negative = retries < 0 ? ' and cannot be negative' : '';
  if (known !== 'on-failure' && retries !== 0)
    throw wrong(`maximum retry count can only be used with 'on-failure'${negative}`);
  if (retries < 0) throw wrong('maximum retry count cannot be negative');
  return { Name: known, MaximumRetryCount: retries };
}

/** How a run of a container ended. */
export interface RunEnd {
  readonly exitCode: number;
  readonly manualEnd: 'none' | 'signalled' | 'stopped';
  /** How often it was started again since its student started it. */
  readonly restartCount: number;
}

export function startsAgainAfter(policy: RestartPolicy, { exitCode, manualEnd, restartCount }: RunEnd): boolean {
  if (manualEnd === 'stopped') return false;
  switch (policy.Name) {
    case 'no':
      return false;
    case 'always':
      return true;
    case 'unless-stopped':
      return manualEnd === 'none';
    case 'on-failure':
      return exitCode !== 0 && (policy.MaximumRetryCount === 0 || restartCount < policy.MaximumRetryCount);
  }
}

const firstDelayMs = 100;
const longestDelayMs = 60_000;
/** A container that ran for so long had started well. */
const ranWellMs = 10_000;

/** How long to wait before the next start. `beforeMs`: the wait before the last one, 0 for none. */
export function restartDelay(beforeMs: number, ranMs: number): number {
  return beforeMs === 0 || ranMs >= ranWellMs ? firstDelayMs : Math.min(beforeMs * 2, longestDelayMs);
}
