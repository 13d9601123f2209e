// docker logs: a container's output from conmon's log file and, when following, its further output.

import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Container } from './container.ts';
import { type LogMessage, LogParser, offsetOfTail } from './log-file.ts';
import { type Nanoseconds, parseRfc3339 } from './timestamps.ts';

export interface LogOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly since: Nanoseconds | null;
  readonly until: Nanoseconds | null;
  /** Only this many of the last messages; null for all. */
  readonly tail: number | null;
  /** Go on until the container stops, `until` has come, or `signal` aborts. */
  readonly follow: boolean;
}

/** Wakes a waiting reader when the container's directory, its record or the clock says that there may be more to read. */
class Changes {
  readonly #watcher: FSWatcher;
  readonly #forget: () => void;
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout | null;
  #seen = false;
  #wake: (() => void) | null = null;

  constructor(container: Container, signal: AbortSignal, until: Nanoseconds | null) {
    const tell = () => {
      this.#seen = true;
      this.#wake?.();
    };
    this.#watcher = watch(container.directory, (_event, name) => {
      if (name === null || name === 'log') tell();
    });
    this.#watcher.on('error', tell);
    this.#forget = container.onChange(tell);
    signal.addEventListener('abort', tell);
    this.#stopListening = () => signal.removeEventListener('abort', tell);
    const wait = until === null ? null : Math.min(Number(until / 1_000_000n) - Date.now(), 2 ** 31 - 1);
    this.#timer = wait === null ? null : setTimeout(tell, Math.max(wait, 0));
  }

  async next(): Promise<void> {
    if (!this.#seen) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#seen = false;
    this.#wake = null;
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
    this.#forget();
    this.#stopListening();
    if (this.#timer) clearTimeout(this.#timer);
  }
}

/** The log as a growing file. conmon starts it anew at its size limit. Reads on from there; the bytes need not be whole lines. */
class LogReader {
  readonly #path: string;
  #file: FileHandle | null = null;
  #inode = 0;
  #position = 0;
  readonly #buffer = Buffer.alloc(64 * 1024);

  constructor(path: string) {
    this.#path = path;
  }

  /** False where there is no log yet. */
  async open(tail: number | null): Promise<boolean> {
    try {
      this.#file = await open(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    const { ino, size } = await this.#file.stat();
    this.#inode = ino;
    this.#position = tail === null ? 0 : await offsetOfTail(this.#file, size, tail);
    return true;
  }

  /** The next bytes, valid until the next call; null where there are none now. */
  async read(): Promise<Buffer | null> {
    if (!this.#file && !(await this.open(null))) return null;
    const { bytesRead = 0 } = (await this.#file?.read(this.#buffer, 0, this.#buffer.length, this.#position)) ?? {};
    this.#position += bytesRead;
    if (bytesRead > 0) return this.#buffer.subarray(0, bytesRead);
    return (await this.#startedAnew()) ? await this.read() : null;
  }

  async #startedAnew(): Promise<boolean> {
    const now = await stat(this.#path).catch(() => null);
    if (!now || (now.ino === this.#inode && now.size >= this.#position)) return false;
    await this.#file?.close();
    this.#file = null;
    this.#position = 0;
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
  }
}

/** The messages that are there now, a block at a time. The parser keeps incomplete ones. */
async function* present(reader: LogReader, parser: LogParser): AsyncGenerator<LogMessage[]> {
  for (let bytes = await reader.read(); bytes; bytes = await reader.read()) yield parser.push(bytes);
}

/** The last `count` messages that are there now. With `all`, one without a newline counts too. */
async function last(reader: LogReader, parser: LogParser, count: number, all: boolean): Promise<LogMessage[]> {
  const kept: LogMessage[] = [];
  for await (const messages of present(reader, parser)) {
    kept.push(...messages);
    if (kept.length > 2 * count + 1024) kept.splice(0, kept.length - count);
  }
  if (all) kept.push(...parser.end());
  return count === 0 ? [] : kept.slice(-count);
}

async function* everything(
  container: Container,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<LogMessage[]> {
  const parser = new LogParser();
  await using reader = new LogReader(container.logPath);
  const follow = options.follow && container.running;
  const { startedAt } = container.state;
  using changes = follow ? new Changes(container, signal, options.until) : null;
  if (await reader.open(options.tail)) {
    if (options.tail === null) yield* present(reader, parser);
    else yield await last(reader, parser, options.tail, !follow);
  }
  while (changes && !signal.aborted) {
    // Ask before reading: when the container is seen stopped, all its output is in the file already.
    // Its restart policy may have started it again already.
    const again = container.state.startedAt !== startedAt;
    const stopped = again || !container.running || !container.host.containers.has(container.id);
    if (options.until !== null && BigInt(Date.now()) * 1_000_000n >= options.until) break;
    yield* present(reader, parser);
    if (stopped) break;
    await changes.next();
  }
  if (!follow || !container.running) yield parser.end();
}

/**
 * The messages of a container's log that `options` ask for, oldest first, as many at once as were read at once; never
 * none. Nothing where it never ran. The reader is never ahead of the caller by more than one block.
 */
export async function* readLogs(
  container: Container,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<LogMessage[]> {
  const { since, until } = options;
  for await (const messages of everything(container, options, signal)) {
    const timeOf = ({ time }: LogMessage) => parseRfc3339(time) ?? 0n;
    const over = until === null ? -1 : messages.findIndex((message) => timeOf(message) > until);
    const chosen = (over < 0 ? messages : messages.slice(0, over)).filter(
      (message) =>
        (message.stream === 1 ? options.stdout : options.stderr) && (since === null || timeOf(message) >= since),
    );
    if (chosen.length > 0) yield chosen;
    if (over >= 0) return;
  }
}
