// Learning that a process under conmon has ended, and with which code: by the file that conmon leaves, whoever watches.

import fs from 'node:fs';
import { isAlive, type KnownProcess, parentOf } from '../kernel/processes.ts';

/** Of a process that was killed with its host or by the end of its conmon: 128 and SIGKILL, as a shell says it. */
export const killedExitCode = 137;

/** How often a process that could have ended without a word (its conmon killed too) is looked at. */
const sweepMs = 2000;
/** What is told for such a process, as moby tells for a container whose shim is gone. */
const unknownExitCode = 255;

/**
 * So many sweeps pass while its conmon is still there: it may be slow to write, where its host has no memory left. A minute.
 */
const maxMissedByMonitor = 30;

interface Expected extends KnownProcess {
  /** Its conmon; null where the process or its conmon was gone before that could be learnt. */
  readonly monitor: KnownProcess | null;
  readonly tell: (exitCode: number) => void;
  /** Sweeps that found it gone with no file. */
  missed: number;
}

export class ExitWatch {
  readonly #directory: string;
  readonly #expected = new Map<string, Expected>();
  readonly #watcher: fs.FSWatcher;
  readonly #sweep: NodeJS.Timeout;

  /** `directory` is conmon's `--exit-dir`: a file for each process, named for its container. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#watcher = fs.watch(directory, (_kind, name) => {
      if (name !== null) this.#look(name);
    });
    this.#sweep = setInterval(() => this.#lookAtAll(), sweepMs);
    this.#sweep.unref();
  }

  /** Calls `tell` once, when `id` has ended, or at the next turn where it already has. */
  expect(id: string, { pid, startTicks }: KnownProcess, tell: (exitCode: number) => void): void {
    // A process whose conmon was killed has the init of its namespace as parent.
    const parent = parentOf({ pid, startTicks });
    const monitor = parent?.name === 'conmon' ? parent : null;
    this.#expected.set(id, { pid, startTicks, monitor, tell, missed: 0 });
    setImmediate(() => this.#look(id));
  }

  /** Forgets `id` and what was left for it. Idempotent. */
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
    // Of an earlier run with the same name, whose conmon was late.
    if (isAlive(expected.pid, expected.startTicks)) fs.rmSync(`${this.#directory}/${id}`, { force: true });
    else this.#tell(id, Number(text));
  }

  #tell(id: string, exitCode: number): void {
    const expected = this.#expected.get(id);
    this.forget(id);
    expected?.tell(exitCode);
  }

  #lookAtAll(): void {
    for (const [id, expected] of this.#expected) {
      if (isAlive(expected.pid, expected.startTicks)) continue;
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
