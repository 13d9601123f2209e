// The execs of one host: those that were created, those that run and, for a while, those that have ended.

import { EngineError } from '../errors.ts';
import { maxExecsPerHost } from '../limits.ts';
import type { Container, OwnExec } from './container.ts';
import type { Exec } from './exec.ts';

export class Execs {
  /** Oldest first. */
  readonly #byId = new Map<string, Exec>();

  get(id: string): Exec | undefined {
    return this.#byId.get(id);
  }

  /** Throws exhausted if the host has as many as it may have, and all of them run. */
  add(exec: Exec): void {
    this.#forgetOld();
    if (this.#byId.size >= maxExecsPerHost) {
      throw new EngineError(
        'exhausted',
        `this host already has ${maxExecsPerHost} execs running; wait until some have ended`,
      );
    }
    this.#byId.set(exec.id, exec);
    exec.container.execIds.add(exec.id);
  }

  /**
   * Ended execs stay known for a while, so that a client can ask for the exit code. When there are many, the oldest are
   * dropped. If all places are still taken, so is the oldest that nobody started.
   */
  #forgetOld(): void {
    for (const exec of this.#byId.values()) {
      if (this.#byId.size < maxExecsPerHost / 2) return;
      if (exec.exitCode !== null) this.forget(exec);
    }
    for (const exec of this.#byId.values()) {
      if (this.#byId.size < maxExecsPerHost) return;
      if (!exec.started) this.forget(exec);
    }
  }

  /** Idempotent. */
  forget(exec: OwnExec): void {
    this.#byId.delete(exec.id);
    exec.container.execIds.delete(exec.id);
  }

  /** Drops the execs of a container that is gone. */
  forgetOf(container: Container): void {
    for (const exec of this.#byId.values()) if (exec.container === container) this.forget(exec);
  }

  /** Drops all, when the host's processes have ended. */
  clear(): void {
    this.#byId.clear();
  }
}
