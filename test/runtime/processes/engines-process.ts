// Runs a process with `runProcess` in a host of an engine that runs, from another process in that engine's mount namespace, as the
// engine itself would, and fails at the step that is asked for. Prints what was thrown and what is left a moment later.

import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { argumentsOf } from '../../../runtime/kernel/processes.ts';
import { processSpec } from '../../../runtime/oci/spec.ts';
import { type ExecPlan, runProcess } from '../../../runtime/processes/run-process.ts';

export interface FailingRun {
  /** The engine's run directory. */
  readonly run: string;
  /** Of the host. */
  readonly group: string;
  readonly containerId: string;
  readonly insidePid: number | null;
  readonly bundle: string;
  readonly args: readonly string[];
  readonly failsAt: 'onReady' | 'onRunning';
}

export interface FailedRun {
  readonly message: string;
  readonly isBundleThere: boolean;
  /** The command lines of the processes that name the bundle. */
  readonly monitors: readonly string[];
}

const { run, args, failsAt, ...wanted } = JSON.parse(process.argv[2] ?? '') as FailingRun;

function fail(step: string): void {
  if (step === failsAt) throw new Error(`failed ${step}`);
}

const plan: ExecPlan = {
  ...wanted,
  kind: 'exec',
  host: {
    engine: {
      tools: {
        conmon: '/usr/bin/conmon',
        runtime: `${run}/runtime/crun`,
        choom: '/usr/bin/choom',
        stateDirectory: `${run}/oci`,
        nodes: `${run}/nodes`,
      },
      log: pino({ enabled: false }),
    },
    group: wanted.group,
    record: { limits: { memoryBytes: 0 } },
  },
  id: 'failing',
  command: args[0] ?? '',
  spec: processSpec({
    args,
    env: ['PATH=/bin:/usr/bin'],
    cwd: '/',
    user: { uid: 0, gid: 0, additionalGids: [] },
    terminal: false,
    consoleSize: null,
    capabilities: [],
    noNewPrivileges: false,
    oomScoreAdj: 100,
    ulimits: [],
  }),
  logPath: null,
  terminal: false,
  stdin: false,
  leaveStdinOpen: false,
  oomScoreAdj: 100,
  onReady: () => fail('onReady'),
  onRunning: () => fail('onRunning'),
  onEnd: () => undefined,
};

const monitors = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map((pid) => argumentsOf(Number(pid)))
    .filter((words) => words.includes(wanted.bundle))
    .map((words) => words.join(' '));

const message = await runProcess(plan).then(
  () => 'it runs',
  (error: Error) => error.message,
);
// What was killed takes a moment to go.
for (const deadline = performance.now() + 15_000; monitors().length > 0 && performance.now() < deadline; )
  await delay(10);
const failed: FailedRun = { message, isBundleThere: existsSync(wanted.bundle), monitors: monitors() };
console.log(JSON.stringify(failed));
process.exit(); // its pipes may keep it
