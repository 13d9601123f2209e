// Runs a process of a host under conmon: its directory, configuration, start and end, and the cleaning up if it does not start. The
// same for a container, `docker exec`, a terminal and a check's command. Callers pass callbacks; this file knows none of them.

import fs from 'node:fs';
import type { Logger } from 'pino';
import { limitSocketMemory, processesIn } from '../kernel/cgroups.ts';
import { type ConmonPlan, conmonCreate, conmonExec, type OciTools } from '../kernel/conmon.ts';
import { checkApart } from '../kernel/namespaces.ts';
import { programOf, setOomScore, startTicksOf, untilExecutes } from '../kernel/processes.ts';
import { removeBundle } from '../kernel/remove-bundle.ts';
import { startCreated } from '../kernel/start-created.ts';
import { notStarted } from './runtime-errors.ts';

/** What a process needs of its host. */
export interface ProcessHost {
  readonly engine: { readonly tools: OciTools; readonly log: Logger };
  /** Its cgroup: conmon and the OCI runtime are charged to it. */
  readonly group: string;
  readonly record: { readonly limits: { readonly memoryBytes: number } };
}

interface CommonPlan
  extends Pick<ConmonPlan, 'bundle' | 'logPath' | 'logBytes' | 'terminal' | 'stdin' | 'leaveStdinOpen' | 'insidePid'> {
  readonly host: ProcessHost;
  /** Names the process to conmon. */
  readonly id: string;
  /** What is to run, as Docker's messages call it. */
  readonly command: string;
  readonly oomScoreAdj: number;
}

/** The first process of a new container. ExitWatch reports its end, even to an engine that was started later. */
export interface ContainerPlan extends CommonPlan {
  readonly kind: 'create';
  /** conmon writes the exit code there, into a file named for `id`. */
  readonly exitDirectory: string;
  /** The container's own cgroup, which its configuration names too. */
  readonly containerGroup: string;
  /** A descriptor of ours that its conmon holds too (`takeListener`). */
  readonly keeps?: number;
  /** Makes the container's mounts, in a mount namespace of their own, and returns its config.json. Must not await. */
  readonly prepare: () => object;
  /** Called when its namespaces exist and nothing has run in them. */
  readonly onReady: (process: HeldProcess) => Promise<void>;
  /** Called when it runs. */
  readonly onRunning: (process: HeldProcess) => void;
}

/** Another process in a container that runs. */
export interface ExecPlan extends CommonPlan {
  readonly kind: 'exec';
  /** The container, as the OCI runtime knows it. */
  readonly containerId: string;
  /** Its process.json. */
  readonly spec: object;
  /** Called when its streams can be connected and nothing has run. A client that connects now misses no output. */
  readonly onReady: () => void;
  /**
   * Called when it runs, always before `onEnd`. `pid` is its number in its PID namespace. If this throws, the process is
   * killed.
   */
  readonly onRunning: (pid: number) => void;
  /** Called once, when it has ended. Null: its conmon was killed (with its host, for example) and left no exit code. */
  readonly onEnd: (exitCode: number | null) => void;
}

/** The first process of a container. It waits to be started, or runs. */
export interface HeldProcess {
  /** Its number in its PID namespace. */
  readonly pid: number;
  /** Its number on the machine. */
  readonly machinePid: number;
  readonly startTicks: number;
}

/**
 * Resolves when the process runs. Throws in Docker's words if it cannot be started. A failed exec leaves nothing behind; the
 * remains of a failed container must be removed with `clearContainer`.
 */
export async function runProcess(plan: ContainerPlan | ExecPlan): Promise<void> {
  try {
    fs.mkdirSync(plan.bundle, { recursive: true, mode: 0o700 });
    if (plan.kind === 'create') await createContainer(plan);
    else await executeIn(plan);
  } catch (error) {
    throw notStarted(error, plan.command, plan.kind);
  }
}

async function createContainer(plan: ContainerPlan): Promise<void> {
  const { host, id, containerGroup, insidePid } = plan;
  const { tools } = host.engine;
  const pid = await conmonCreate({
    ...plan,
    tools,
    group: host.group,
    containerId: id,
    processId: id,
    prepare: () => writeConfiguration(plan.bundle, 'config.json', plan.prepare()),
  });
  const machinePid = processesIn(containerGroup)[0] ?? 0;
  const process = { pid, machinePid, startTicks: startTicksOf(machinePid) };
  checkApart(machinePid);
  setOomScore(machinePid, plan.oomScoreAdj);
  limitSocketMemory(containerGroup, host.record.limits.memoryBytes);
  await plan.onReady(process);
  const runtime = programOf(machinePid);
  await startCreated(tools, insidePid, id);
  await untilExecutes(machinePid, runtime);
  plan.onRunning(process);
}

async function executeIn(plan: ExecPlan): Promise<void> {
  const { host, id, bundle } = plan;
  const { tools, log } = host.engine;
  await using undo = new AsyncDisposableStack();
  undo.defer(() =>
    removeBundle(bundle).catch((error: unknown) => log.error({ error, bundle }, 'a bundle could not be removed')),
  );
  writeConfiguration(bundle, 'process.json', plan.spec);
  const exec = undo.use(
    await conmonExec({
      ...plan,
      tools,
      group: host.group,
      processId: id,
      exitDirectory: bundle,
      prepare: () => undefined,
    }),
  );
  plan.onReady();
  plan.onRunning(await exec.go());
  const left = undo.move();
  const end = async (exitCode: number | null): Promise<void> => {
    await using _left = left;
    plan.onEnd(exitCode);
  };
  exec
    .exited()
    .then(end, () => end(null))
    .catch((error: unknown) => log.error({ error, process: id }, 'the end of a process could not be told'));
}

function writeConfiguration(bundle: string, name: string, configuration: object): void {
  fs.writeFileSync(`${bundle}/${name}`, JSON.stringify(configuration), { mode: 0o600 });
}
