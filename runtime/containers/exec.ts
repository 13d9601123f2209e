// One `docker exec`: what the request asks for, and its state.

import type { ProcessConsole } from '../processes/console.ts';
import type { Container } from './container.ts';

export interface ExecOptions {
  readonly argv: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly env: readonly string[];
  readonly tty: boolean;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  readonly detachKeys: string;
  readonly privileged: boolean;
}

/** Created by `POST /containers/X/exec`, started once. */
export class Exec {
  readonly id: string;
  readonly container: Container;
  readonly options: ExecOptions;
  running = false;
  started = false;
  exitCode: number | null = null;
  /** Its number in the workspace's PID namespace; 0 before it runs. */
  pid = 0;
  /** Its streams; null before it runs. */
  console: ProcessConsole | null = null;

  constructor(id: string, container: Container, options: ExecOptions) {
    this.id = id;
    this.container = container;
    this.options = options;
  }
}
