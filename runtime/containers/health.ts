// What is known of a container's health, and what the result of a check makes of it: moby's rules (`daemon/health.go`).

import { z } from 'zod';
import type { Shape } from '../store/record-kind.ts';
import { checkCommandOf, type HealthConfig } from './health-config.ts';

export interface CheckResult {
  /** RFC 3339 with nanoseconds. */
  readonly Start: string;
  readonly End: string;
  /** -1 where the check did not end by itself, or could not be started. */
  readonly ExitCode: number;
  readonly Output: string;
}

export interface Health {
  readonly Status: 'starting' | 'healthy' | 'unhealthy';
  /** Checks that failed since the last good one. */
  readonly FailingStreak: number;
  /** The last ones, oldest first. */
  readonly Log: readonly CheckResult[];
}

export const healthSchema = z.object({
  Status: z.enum(['starting', 'healthy', 'unhealthy']),
  FailingStreak: z.int(),
  Log: z.array(
    z.object({
      Start: z.string(),
      End: z.string(),
      ExitCode: z.int(),
      Output: z.string(),
    } satisfies Shape<CheckResult>),
  ),
} satisfies Shape<Health>);

const maxResults = 5;
const msPerNs = 1e-6;
const defaults = { intervalMs: 30_000, timeoutMs: 30_000, startIntervalMs: 5000, retries: 3 };

/** Of a container that starts; null where nothing is checked. The results of its last run are still told. */
export function healthAtStart(config: HealthConfig | undefined, before: Health | null): Health | null {
  return checkCommandOf(config) ? { Status: 'starting', FailingStreak: 0, Log: before?.Log ?? [] } : null;
}

const inMs = (ns: number | undefined, otherwiseMs: number): number => (ns ? ns * msPerNs : otherwiseMs);
export const timeoutMsOf = (config: HealthConfig): number => inMs(config.Timeout, defaults.timeoutMs);
const startPeriodMsOf = (config: HealthConfig): number => inMs(config.StartPeriod, 0);

/** From the end of one check to the start of the next. `runsForMs`: how long the container has been running. */
export function pauseMsBeforeCheck(config: HealthConfig, { Status }: Health, runsForMs: number): number {
  const isStarting = Status === 'starting' && runsForMs < startPeriodMsOf(config);
  return isStarting ? inMs(config.StartInterval, defaults.startIntervalMs) : inMs(config.Interval, defaults.intervalMs);
}

/** `startedAt`: of the container. A check that fails in the start period says nothing yet. */
export function healthAfter(config: HealthConfig, health: Health, result: CheckResult, startedAt: string): Health {
  const Log = [...health.Log, result].slice(-maxResults);
  if (result.ExitCode === 0) return { Status: 'healthy', FailingStreak: 0, Log };
  const sinceStartMs = Date.parse(result.Start) - Date.parse(startedAt);
  if (health.Status === 'starting' && sinceStartMs < startPeriodMsOf(config)) return { ...health, Log };
  const FailingStreak = health.FailingStreak + 1;
  const isUnhealthy = FailingStreak >= (config.Retries || defaults.retries);
  return { Status: isUnhealthy ? 'unhealthy' : health.Status, FailingStreak, Log };
}
