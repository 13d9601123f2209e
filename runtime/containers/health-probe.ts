// One check of a container's health: its command, run in the container, its output and its time bounded.

import { finished } from 'node:stream/promises';
import { EngineError } from '../errors.ts';
import { maxHealthOutputBytes, maxStarts } from '../limits.ts';
import type { OutputChunk } from '../processes/streams.ts';
import { Turnstile } from '../turnstile.ts';
import { now } from './clock.ts';
import type { Container } from './container.ts';
import type { Exec } from './exec.ts';
import type { CheckResult } from './health.ts';
import { killExec } from './kill-exec.ts';
import { createExec, startExec } from './start-exec.ts';

const options = {
  user: '',
  workingDir: '',
  env: [],
  tty: false,
  attachStdin: false,
  attachStdout: true,
  attachStderr: true,
  detachKeys: '',
  privileged: false,
};

/** One of a host at a time, so that what its student starts waits for one check at most. */
const starts = new Turnstile({ perKey: 1, inAll: maxStarts });

/** Runs until its command has ended. */
export class HealthProbe {
  readonly #container: Container;
  readonly #timeoutMs: number;
  #exec: Exec | null = null;
  #over = false;
  readonly #output: Buffer[] = [];
  #bytes = 0;

  constructor(container: Container, timeoutMs: number) {
    this.#container = container;
    this.#timeoutMs = timeoutMs;
  }

  /** Ends it as soon as it runs. Idempotent. */
  stop(): void {
    this.#over = true;
    if (this.#exec?.running) killExec(this.#exec);
  }

  /** Throws nothing: what goes wrong is the result. */
  async result(argv: readonly string[]): Promise<CheckResult> {
    const Start = now();
    try {
      return { Start, ...(await this.#run(argv)), End: now() };
    } catch (error) {
      const { log } = this.#container.host.engine;
      if (!(error instanceof EngineError)) log.error({ error, container: this.#container.id }, 'a health check failed');
      const Output = error instanceof EngineError ? error.message : 'the engine failed to start it; its log says why';
      return { Start, End: now(), ExitCode: -1, Output };
    }
  }

  async #run(argv: readonly string[]): Promise<Pick<CheckResult, 'ExitCode' | 'Output'>> {
    const { host, id } = this.#container;
    const exec = createExec(host.execs, this.#container, id, { ...options, argv });
    const timeoutKey = `health check timeout ${id}`;
    let timedOut = false;
    try {
      const attached = await starts.pass(host.name, () => startExec(exec, { detach: false, consoleSize: null }));
      this.#exec = exec;
      if (this.#over) this.stop();
      host.agenda.set(timeoutKey, this.#timeoutMs, () => {
        timedOut = true;
        this.stop();
      });
      if (attached) {
        attached.output.on('data', ({ data }: OutputChunk) => this.#take(data));
        await finished(attached.output, { writable: false });
      }
    } finally {
      host.agenda.cancel(timeoutKey);
      host.execs.forget(exec); // nobody waits for its exit code but us
    }
    if (!timedOut) return { ExitCode: exec.exitCode ?? -1, Output: this.#said() };
    const said = this.#said();
    const late = `Health check exceeded timeout (${goDuration(this.#timeoutMs)})`;
    return { ExitCode: -1, Output: said === '' ? late : `${late}: ${said}` };
  }

  #take(data: Buffer): void {
    const room = maxHealthOutputBytes - this.#bytes;
    if (room > 0) this.#output.push(Buffer.from(data.subarray(0, room)));
    this.#bytes += data.length;
  }

  #said(): string {
    const text = Buffer.concat(this.#output).toString('utf8');
    return this.#bytes > maxHealthOutputBytes ? `${text}...` : text;
  }
}

/** As Go writes it: `1m30s`, `500ms`. */
function goDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const seconds = milliseconds / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${Number((seconds % 60).toFixed(9))}s`;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${rest}`;
}
