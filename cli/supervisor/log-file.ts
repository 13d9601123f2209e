// A bounded log: children write to it by themselves, so that they go on when the supervisor is gone.

import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';

/** Then what there is moves to NAME.1, and what was there is dropped: at most twice this on disk. */
const maxLogBytes = 10 * 1024 * 1024;
const checkEveryMs = 10_000;

export class LogFile implements Disposable {
  readonly path: string;
  /** To be given to a child as its standard output and error; opened for appending. */
  readonly fd: number;
  #timer: NodeJS.Timeout;

  constructor(path: string) {
    this.path = path;
    this.fd = openSync(path, 'a+', 0o640);
    this.#timer = setInterval(() => this.rotate(), checkEveryMs).unref();
  }

  /** Where the log ends now; to be given to `since`. */
  mark(): number {
    return fstatSync(this.fd).size;
  }

  /** What was written after the mark, the last 64 KiB of it. */
  since(mark: number): string {
    const end = this.mark();
    const start = Math.max(mark <= end ? mark : 0, end - 64 * 1024);
    const buffer = Buffer.alloc(end - start);
    return buffer.subarray(0, readSync(this.fd, buffer, 0, buffer.length, start)).toString();
  }

  rotate(): void {
    if (this.mark() <= maxLogBytes) return;
    copyFileSync(this.path, `${this.path}.1`);
    ftruncateSync(this.fd, 0);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    closeSync(this.fd);
  }
}

/** The last error in lines of pino's JSON, else the last line: what a child that died has to say for itself. */
export function lastComplaint(text: string): string | null {
  const lines = text.split('\n').filter(Boolean);
  for (const line of lines.toReversed()) {
    try {
      const { level, msg, err } = JSON.parse(line);
      if (typeof level === 'number' && level >= 50)
        return err?.message && !String(msg).includes(err.message) ? `${msg}: ${err.message}` : String(msg);
    } catch {
      // Node says `TypeError: …`; mount, unshare and setpriv say `mount: …`.
      if (/^(\w*Error|error|\w+): /.test(line)) return line;
    }
  }
  return null;
}
