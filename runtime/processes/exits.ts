// Reports the end and the exit code of processes under conmon, by the file that conmon writes. So any later engine can read it too.

import fs from 'node:fs';
import { isAlive, isNumberTaken, type KnownProcess, parentOf } from '../kernel/processes.ts';

/** For a process that was killed with its host, or whose conmon left no exit code: 128 + SIGKILL, as in a shell. */
export const killedExitCode = 137;

/** How often we look for processes that ended without a file, because their conmon was killed too. */
const sweepMs = 2000;
/** Of a process whose number is taken, every so many sweeps whether it is still that process. */
const sweepsBetweenLooks = 15;
/** For a container that ended without a file, as moby has it where the shim is gone. */
const unknownExitCode = 255;

/** Sweeps to wait while conmon lives, a minute in all: conmon may be slow to write when its host has no memory left. */
const maxMissedByMonitor = 30;

interface Expected extends KnownProcess {
  /** Its conmon; null if the process or conmon was gone before we could read that. */
  readonly monitor: KnownProcess | null;
  readonly tell: (exitCode: number) => void;
  /** Sweeps that found the process gone and no file. */
  missed: number;
}

export class ExitWatch {
  readonly #directory: string;
  readonly #expected = new Map<string, Expected>();
  readonly #watcher: fs.FSWatcher;
  readonly #sweep: NodeJS.Timeout;
  #sweeps = 0;

  /** `directory` is conmon's `--exit-dir`: a file for each process, named for its container. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#watcher = fs.watch(directory, (_kind, name) => {
      if (name !== null) this.#look(name);
    });
    this.#sweep = setInterval(() => this.#lookAtAll(), sweepMs);
    this.#sweep.unref();
  }

  /** Calls `tell` once, when `id` has ended; never before this returns. */
  expect(id: string, { pid, startTicks }: KnownProcess, tell: (exitCode: number) => void): void {
    // A process whose conmon was killed has the init of its namespace as parent.
    const parent = parentOf({ pid, startTicks });
    const monitor = parent?.name === 'conmon' ? parent : null;
    this.#expected.set(id, { pid, startTicks, monitor, tell, missed: 0 });
    setImmediate(() => this.#look(id));
  }

  /** Forgets `id` and removes its file. Idempotent. */
  forget(id: string): void {
    this.#expected.delete(id);
    fs.rmSync(`${this.#directory}/${id}`, { force: true });
  }

  #look(id: string): void {
    const expected = this.#expected.get(id);
    if (!expected) return;
    let text: string;
    try {
      text = fs.readFileSync(`${this.#directory}/${id}`, 'utf8');
    } catch {
      return; // not yet
    }
    if (!/^\d+$/.test(text)) return;
    // While the process lives, the file is from an earlier run of the same name, whose conmon was late.
    if (isAlive(expected.pid, expected.startTicks)) fs.rmSync(`${this.#directory}/${id}`, { force: true });
    else this.#tell(id, Number(text));
  }

  #tell(id: string, exitCode: number): void {
    const expected = this.#expected.get(id);
    this.forget(id);
    expected?.tell(exitCode);
  }

  /** Hosts by the hundred have two each: what lives costs one system call. */
  #lookAtAll(): void {
    this.#sweeps += 1;
    for (const [id, expected] of this.#expected) {
      const { pid, startTicks, missed } = expected;
      const isDue = missed > 0 || (this.#sweeps + pid) % sweepsBetweenLooks === 0;
      if (isDue ? isAlive(pid, startTicks) : isNumberTaken(pid)) continue;
      this.#look(id);
      if (!this.#expected.has(id)) continue;
      const { monitor } = expected;
      const most = monitor !== null && isAlive(monitor.pid, monitor.startTicks) ? maxMissedByMonitor : 1;
      if (++expected.missed > most) this.#tell(id, unknownExitCode);
    }
  }

  close(): void {
    this.#watcher.close();
    clearInterval(this.#sweep);
  }
}
