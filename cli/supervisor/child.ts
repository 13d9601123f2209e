// A process that is started again when it dies, later each time, until it dies too often.

import { spawn } from 'node:child_process';
import { identify, type ProcessIdentity } from '../processes.ts';
import { type LogFile, lastComplaint } from './log-file.ts';
import { spare } from './spare.ts';

export interface ChildPlan {
  /** `engine`, as messages name it. */
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  readonly log: LogFile;
  /** It writes to our standard error instead of the log. */
  readonly verbose: boolean;
  /** Whether Drydock has been ready: what dies before is more likely to be wrong for good. */
  readonly wasReady: () => boolean;
  /** Each time it runs anew or has ended. */
  readonly onChange: () => void;
  /** It died and will be started again after `delayMs`. */
  readonly onRestart: (how: string, delayMs: number) => void;
  /** It died too often. */
  readonly onGiveUp: (how: string) => void;
}

/** Waits before each new start; a run of a minute counts as a good one and begins the list again. */
const restartDelaysMs = [100, 500, 1000, 2000, 5000, 10_000];
const goodRunMs = 60_000;
const startsBeforeReady = 3;

export class SupervisedChild {
  readonly #plan: ChildPlan;
  #identity: ProcessIdentity | null = null;
  #deaths = 0;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: ChildPlan) {
    this.#plan = plan;
  }

  /** Null while it does not run. */
  get identity(): ProcessIdentity | null {
    return this.#identity;
  }

  start(): void {
    const { argv, env, log, verbose, onChange, onRestart, onGiveUp, name } = this.#plan;
    const mark = log.mark();
    const startedAt = performance.now();
    // In a session of its own: Ctrl-C is for the supervisor, which ends its children in order.
    const child = spawn(argv[0], argv.slice(1), {
      env,
      detached: true,
      stdio: ['ignore', verbose ? process.stderr : log.fd, verbose ? process.stderr : log.fd],
    });
    this.#identity = child.pid === undefined ? null : identify(child.pid);
    if (child.pid !== undefined) spare(child.pid);
    let ended = false;
    const end = (how: string, wasKilled = false) => {
      if (ended) return;
      ended = true;
      this.#identity = null;
      onChange();
      if (this.#stopping) return;
      if (performance.now() - startedAt > goodRunMs) this.#deaths = 0;
      // A process that was killed could not say why: the last line of its log is about something else.
      const complaint = verbose || wasKilled ? null : lastComplaint(log.since(mark));
      const told = complaint ? `${how}: ${complaint}` : how;
      const delays = this.#plan.wasReady() ? restartDelaysMs : restartDelaysMs.slice(0, startsBeforeReady - 1);
      const delayMs = delays[this.#deaths++];
      if (delayMs === undefined) {
        onGiveUp(told);
        return;
      }
      onRestart(told, delayMs);
      this.#timer = setTimeout(() => this.start(), delayMs);
    };
    child.on('error', (error) => end(`The ${name} could not be started: ${error.message}`));
    child.on('exit', (code, signal) => end(`The ${name} ended with ${signal ?? code}`, signal === 'SIGKILL'));
    onChange();
  }

  /** No more starts from now on. */
  prepareToStop(): void {
    this.#stopping = true;
    clearTimeout(this.#timer);
  }
}
