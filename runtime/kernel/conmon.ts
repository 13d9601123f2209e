// Starting processes under conmon, which keeps their terminal, log and exit code whatever becomes of the engine.
// conmon(8); the pipes' protocol is that of `--api-version 1`: {"data": N} on success, {"data": -1, "message"} if not.

import fs from 'node:fs';
import type net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../errors.ts';
import { maxLogBytes } from '../limits.ts';
import { charge, monitorsOf, processesIn } from './cgroups.ts';
import { showNodes } from './devices.ts';
import { insideNewMountNamespace, startInPidNamespaceOf } from './namespaces.ts';
import { argumentsOf, setOomScore, signal } from './processes.ts';
import { shortageOr } from './shortage.ts';
import { type Program, type SpawnPlan, start } from './spawn.ts';
import { tailOf } from './tail-of.ts';

/** Where conmon and the OCI runtime are, and where the runtime keeps what it knows. */
export interface OciTools {
  readonly conmon: string;
  readonly runtime: string;
  /** choom(1) starts a program with a score for when memory is short. */
  readonly choom: string;
  /** The runtime's `--root`. */
  readonly stateDirectory: string;
  /** Device nodes that nobody can change: the only ones that conmon and the runtime see (devices.ts). */
  readonly nodes: string;
}

/** One conmon, and the process that it is to start and keep. */
export interface ConmonPlan {
  readonly tools: OciTools;
  /** The OCI container that is created, or that the process is executed in. */
  readonly containerId: string;
  /** Names the process to conmon: the container's or the exec's id. */
  readonly processId: string;
  /** Has `config.json` (create) or `process.json` (exec); gets `pid`, `conmon.pid`, `attach`, `ctl`, `oom`. On tmpfs. */
  readonly bundle: string;
  /** Null for a process whose output is only for who attaches. */
  readonly logPath: string | null;
  /** After so many bytes the log begins anew; the most that any log may have where it is left out. */
  readonly logBytes?: number;
  /** conmon writes the exit code there, into a file named for the container. */
  readonly exitDirectory: string;
  readonly terminal: boolean;
  readonly stdin: boolean;
  /** Stdin stays open when the last client leaves. */
  readonly leaveStdinOpen: boolean;
  /** The host's cgroup: conmon and the runtime are charged to it. */
  readonly group: string;
  /** Start it in the PID namespace of this process (machine's number), or null for the machine's. */
  readonly insidePid: number | null;
  /** A descriptor of ours that conmon holds as long as it lives, as its descriptor `keptDescriptor`. Only to create. */
  readonly keeps?: number;
  /** Called in the new mount namespace before anything starts: mounts made here live as long as the process. */
  readonly prepare: () => void;
}

function runtimeOf(tools: OciTools): string[] {
  return [tools.runtime, `--root=${tools.stateDirectory}`];
}

/**
 * Runs what follows it, and ends when conmon has taken the terminal that came of it, which it shows by removing its console
 * socket. conmon 2.1.6 that learns of the runtime's end before it has looked at the socket gives up, although the process runs.
 */
const untilTerminalIsTaken = [
  '/bin/sh',
  '-c',
  [
    '"$@"; status=$?',
    'while [ $# -gt 1 ] && [ "$1" != --console-socket ]; do shift; done',
    'looks=400; while [ $status = 0 ] && [ -S "$2" ] && [ $((looks -= 1)) -gt 0 ]; do sleep 0.05; done',
    'exit $status',
  ].join('\n'),
  'sh',
];

/** conmon's command, which calls the runtime by the words of `calling`. */
function commandOf(plan: ConmonPlan, calling: readonly string[]): string[] {
  const { tools, bundle } = plan;
  const runtime = plan.terminal ? [...untilTerminalIsTaken, ...calling] : calling;
  return [
    tools.conmon,
    ...['--api-version', '1', '--cid', plan.containerId, '--cuuid', plan.processId, '--name', plan.processId],
    ...['--runtime', runtime[0] ?? '', ...runtime.slice(1).flatMap((word) => ['--runtime-arg', word])],
    ...['--bundle', bundle, '--container-pidfile', `${bundle}/pid`, '--conmon-pidfile', `${bundle}/conmon.pid`],
    ...(plan.logPath === null
      ? ['--log-path', 'none']
      : [
          '--log-path',
          `k8s-file:${plan.logPath}`,
          '--log-size-max',
          String(plan.logBytes ?? maxLogBytes),
          '--no-sync-log',
        ]),
    ...['--log-level', 'error'],
    ...['--exit-dir', plan.exitDirectory, '--socket-dir-path', bundle, '--full-attach'],
    ...(plan.terminal ? ['--terminal'] : []),
    ...(plan.stdin ? ['--stdin'] : []),
    ...(plan.leaveStdinOpen ? ['--leave-stdin-open'] : []),
  ];
}

function launch(
  plan: ConmonPlan,
  argv: readonly string[],
  env: Record<string, string>,
  descriptors: SpawnPlan['stdio'],
): Program {
  // conmon leaves word of an end for want of memory in its working directory: a file `oom`.
  const options: SpawnPlan = { cwd: plan.bundle, stdio: ['ignore', 'ignore', 'pipe', ...descriptors], env };
  const program = insideNewMountNamespace(() => {
    showNodes(plan.tools.nodes);
    plan.prepare();
    return plan.insidePid === null ? start(argv, options) : startInPidNamespaceOf(plan.insidePid, argv, options);
  });
  try {
    charge(program.pid, plan.group);
    setOomScore(program.pid, 0); // not the engine's, which the supervisor lowers
  } catch (error) {
    signal(program.pid, 'SIGKILL');
    throw error;
  }
  program.pipe(startPipe).write('.');
  return program;
}

/** conmon's `_OCI_STARTPIPE`: it starts nothing before it has read a word from there, so that its cgroup holds all it starts. */
const startPipe = 4;
/** The first that conmon does not know of when it creates. The OCI runtime has it too, and passes it on to nobody. */
export const keptDescriptor = 5;

const maxComplaintCharacters = 1000;
const lastWordsMs = 200;

/**
 * What conmon itself has to complain of until it has answered; of the runtime it tells by its pipe. Afterwards nobody
 * listens, so that a student who makes it complain without end fills neither memory nor disk (conmon ignores SIGPIPE).
 */
class Complaints {
  readonly #pipe: net.Socket;
  readonly #ended: Promise<void>;
  #text = '';

  constructor(program: Program) {
    this.#pipe = program.pipe(2);
    this.#ended = new Promise((resolve) => this.#pipe.once('close', resolve));
    this.#pipe.setEncoding('utf8').on('error', () => undefined);
    this.#pipe.on('data', (text: string) => {
      this.#text = (this.#text + text).slice(-maxComplaintCharacters);
    });
  }

  /** For a conmon that has ended: its last words may come after its answers' end. What it started may hold the pipe. */
  async whole(): Promise<string> {
    await Promise.race([this.#ended, delay(lastWordsMs, undefined, { ref: false })]);
    return this.#text.trim();
  }

  close(): void {
    this.#pipe.destroy();
  }
}

/** One JSON line of a conmon pipe after the other. */
class Answers {
  readonly #what: string;
  readonly #complaints: Complaints;
  #text = '';
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(what: string, pipe: net.Socket, complaints: Complaints) {
    this.#what = what;
    this.#complaints = complaints;
    pipe.setEncoding('utf8');
    pipe.on('data', (text: string) => {
      this.#text += text;
      this.#wake?.();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    pipe.on('end', end).on('error', end).on('close', end);
  }

  /** The number of the next answer. Throws what conmon or the runtime said, and where the pipe ends without one. */
  async next(): Promise<number> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      const line = end >= 0 ? this.#text.slice(0, end) : this.#ended ? this.#text : '';
      if (line !== '') {
        this.#text = end >= 0 ? this.#text.slice(end + 1) : '';
        return this.#read(line);
      }
      if (this.#ended) {
        const said = await this.#complaints.whole();
        throw new EngineError('internal', `${this.#what}: conmon ended without an answer: ${said}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #read(line: string): number {
    let answer: { data?: unknown; message?: unknown };
    try {
      answer = JSON.parse(line);
    } catch {
      throw new EngineError('internal', `${this.#what}: conmon answered ${JSON.stringify(line.slice(0, 200))}`);
    }
    const data = Number(answer.data);
    if (typeof answer.message === 'string' && answer.message !== '') throw new RuntimeRefusal(data, answer.message);
    return data;
  }
}

/** What the OCI runtime said when it could not create or execute; `status` is its exit code, negative. */
export class RuntimeRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message.replace(/^(\d{4}-\S+Z: )/, '').replace(/\n+$/, ''));
    this.name = 'RuntimeRefusal';
    this.status = status;
  }
}

/** What the runtime wrote into its log before it gave up; null where it wrote nothing. */
function refusalIn(file: string): RuntimeRefusal | null {
  try {
    const said = fs.readFileSync(file, 'utf8').slice(0, 4096).trim();
    return said === '' ? null : new RuntimeRefusal(-1, said);
  } catch {
    return null;
  }
}

/** Creates the container of `plan.bundle`; it waits for the runtime's `start`. Resolves to its PID in its PID namespace. */
export async function conmonCreate(plan: ConmonPlan): Promise<number> {
  const program = launch(plan, commandOf(plan, runtimeOf(plan.tools)), { _OCI_SYNCPIPE: '3', _OCI_STARTPIPE: '4' }, [
    'pipe',
    'pipe',
    ...(plan.keeps === undefined ? [] : [plan.keeps]),
  ]);
  const sync = program.pipe(3);
  program
    .pipe(startPipe)
    .on('error', () => undefined)
    .end();
  const complaints = new Complaints(program);
  try {
    const pid = await new Answers('create', sync, complaints).next();
    if (pid <= 0) throw new EngineError('internal', `create: the runtime gave PID ${pid}`);
    return pid;
  } catch (error) {
    throw shortageOr(error, plan.group);
  } finally {
    sync.destroy();
    complaints.close();
  }
}

export interface ConmonExecPlan extends ConmonPlan {
  /** Given here because conmon 2.1.6 makes it 0, and crun 1.8 sets it for containers but not for what it executes in them. */
  readonly oomScoreAdj: number;
}

/** Kills the conmon of `plan`, which waits for a word that is never said. Its child, which is to become the process, dies with it. */
function endMonitor({ group, bundle }: ConmonPlan): void {
  for (const pid of processesIn(monitorsOf(group))) if (argumentsOf(pid).includes(bundle)) signal(pid, 'SIGKILL');
}

/** Disposed of before its end is known, its conmon is killed, and the process too where it runs. */
export interface ConmonExec extends Disposable {
  /** Lets the process run; resolves to its PID in its PID namespace once it does. Throws RuntimeRefusal. */
  readonly go: () => Promise<number>;
  /** Resolves with the exit code. Throws where conmon dies without telling one. */
  readonly exited: () => Promise<number>;
}

/**
 * Prepares to execute `plan.bundle/process.json` in a running container. When this resolves the attach socket listens and
 * nothing has run yet, so that a client that attaches before `go` misses no byte.
 */
export async function conmonExec(plan: ConmonExecPlan): Promise<ConmonExec> {
  const { tools, oomScoreAdj } = plan;
  // With a terminal conmon does not pass on why the runtime refused, so that is written down.
  const refusals = plan.terminal ? `${plan.bundle}/refusal` : null;
  const log = refusals === null ? [] : [`--log=${refusals}`];
  const runtime = [tools.choom, '--adjust', String(oomScoreAdj), '--', ...runtimeOf(tools), ...log];
  const argv = [
    ...commandOf(plan, runtime),
    '--exec',
    '--exec-attach',
    '--exec-process-spec',
    `${plan.bundle}/process.json`,
  ];
  const pipes = { _OCI_SYNCPIPE: '3', _OCI_STARTPIPE: '4', _OCI_ATTACHPIPE: '5' };
  const program = launch(plan, argv, pipes, ['pipe', 'pipe', 'pipe']);
  using undo = new DisposableStack();
  const complaints = undo.adopt(new Complaints(program), (each) => each.close());
  const sync = undo.adopt(program.pipe(3), (each) => each.destroy());
  const answers = new Answers('exec', sync, complaints);
  // The first word, that has been said, lets conmon set up; the second lets the process run, as the pipe's end would.
  const words = undo.adopt(program.pipe(startPipe), (each) => each.destroy());
  words.on('error', () => undefined); // conmon's end is told by its answers
  undo.defer(() => endMonitor(plan)); // done first
  const attach = program.pipe(5);
  try {
    await new Answers('exec', attach, complaints).next();
  } catch (error) {
    throw shortageOr(error, plan.group);
  } finally {
    attach.destroy();
  }
  const ending = undo.move();
  return {
    go: async () => {
      words.end('.');
      try {
        const pid = await answers.next();
        // With the machine's number it is known from here; else it ends with its container.
        if (plan.insidePid === null) ending.defer(() => signal(pid, 'SIGKILL'));
        return pid;
      } catch (error) {
        throw shortageOr((refusals === null ? null : refusalIn(refusals)) ?? error, plan.group);
      } finally {
        complaints.close();
      }
    },
    exited: async () => {
      try {
        return await answers.next();
      } finally {
        ending.move(); // nothing is left to be killed
      }
    },
    [Symbol.dispose]: () => ending.dispose(),
  };
}

/** Calls the OCI runtime with `args` in the PID namespace of `insidePid`; throws what it said where it fails. */
export async function callRuntime(tools: OciTools, insidePid: number | null, args: readonly string[]): Promise<void> {
  const argv = [...runtimeOf(tools), ...args];
  const plan: SpawnPlan = { stdio: ['ignore', 'ignore', 'pipe'] };
  const program = insideNewMountNamespace(() => {
    showNodes(tools.nodes);
    return insidePid === null ? start(argv, plan) : startInPidNamespaceOf(insidePid, argv, plan);
  });
  const said = await tailOf(program.pipe(2));
  const status = await program.exited;
  if (status !== 0) throw new RuntimeRefusal(status, said.trim() || `${args[0]} ended with ${status}`);
}
