// Keys of HostConfig about a container's start, end and logs, and the program that runs it.

import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { maxLabels, maxLogOptions } from '../../limits.ts';
import { mapOf } from '../bounded.ts';
import { checkLabelSize } from '../create-checks.ts';
import { goObject } from '../go-object.ts';
import { checkedLogConfig, logDrivers } from '../log-config.ts';
import { checkedRestartPolicy, restartPolicySchema } from '../restart-policy.ts';
import { flag, ignored, kept, notYet, stored, text, whole } from './row.ts';

const terminalSide = z.number().int().min(0).max(65535);

const restartPolicyGiven = goObject({ Name: text, MaximumRetryCount: whole }).nullish();

function isolationMode(given: string): string {
  if (given === '' || given.toLowerCase() === 'default') return given;
  throw new EngineError('invalid', `invalid isolation (${given.slice(0, 80)}): linux only supports 'default'`);
}

export const lifetime = {
  /** Told by inspect alone: those that OCI runtimes act on must not reach one. */
  Annotations: kept(mapOf(z.string().max(4096), maxLabels).nullish(), {
    stored: z.record(z.string(), z.string()),
    keep(given): Readonly<Record<string, string>> {
      checkLabelSize(given ?? {});
      return given ?? {};
    },
    shown: (annotations) => (Object.keys(annotations).length > 0 ? annotations : undefined),
  }),
  /** Removed when it ends: `--rm`. */
  AutoRemove: kept(flag, { stored: stored.flag, keep: (given) => given ?? false }),
  /** Rows and columns of the terminal at the start; 0 where the client does not know them. */
  ConsoleSize: kept(z.tuple([terminalSide, terminalSide]).nullish(), {
    stored: z.tuple([stored.whole, stored.whole]),
    keep: (given): readonly [number, number] => given ?? [0, 0],
  }),
  ContainerIDFile: ignored(text, ''),
  /** A first process that collects what its children leave. Null as it was sent. */
  Init: kept(flag, {
    stored: stored.flag.nullable(),
    keep: (given) => given ?? null,
    shown: (init) => init ?? undefined,
  }),
  /** As it was sent: empty or `default`. */
  Isolation: kept(text, { stored: stored.text, keep: (given) => isolationMode(given ?? '') }),
  LogConfig: kept(goObject({ Type: text, Config: mapOf(z.string().max(4096), maxLogOptions).nullish() }).nullish(), {
    stored: z.object({ Type: z.enum(logDrivers), Config: z.record(z.string(), z.string()) }),
    keep: (given) => checkedLogConfig(given?.Type ?? '', given?.Config ?? {}),
  }),
  /** Which of its ends the engine starts it after. */
  RestartPolicy: kept(restartPolicyGiven, {
    stored: restartPolicySchema,
    updates: (given) => Boolean(restartPolicyGiven.parse(given)?.Name),
    keep: (given) => checkedRestartPolicy(given?.Name ?? '', given?.MaximumRetryCount ?? 0),
  }),
  // Shown by Docker's name for the one that is there.
  Runtime: notYet('leave --runtime out; there is one', { defaults: ['crun', 'runc'], shown: 'runc' }),
};

/** Throws invalid for what does not go together. */
export function checkLifetime(own: {
  readonly AutoRemove: boolean;
  readonly RestartPolicy: { readonly Name: string };
}): void {
  if (own.AutoRemove && own.RestartPolicy.Name !== 'no')
    throw new EngineError('invalid', "can't create 'AutoRemove' container with restart policy");
}
