// A student who builds in a host's workspace.

import assert from 'node:assert/strict';
import type { TestEngine } from '../../support/engine.ts';

export class Student {
  readonly #engine: TestEngine;
  readonly #host: string;

  constructor(engine: TestEngine, host: string) {
    this.#engine = engine;
    this.#host = host;
  }

  /** In the home directory. */
  shell(script: string) {
    return this.#engine.client.run(this.#host, { argv: ['sh', '-c', `cd; ${script}`], timeoutMs: 60_000 });
  }

  /** What a script says that must end well. */
  async said(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.shell(script);
    assert.equal(exitCode, 0, `${script}: ${stderr}${stdout}`);
    return stdout;
  }

  /** A directory with these files; gives its path. */
  async directory(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    for (const [file, text] of Object.entries(files))
      await this.said(
        `mkdir -p "$(dirname ${name}/${file})" && cat > ${name}/${file} <<'END_OF_FILE'\n${text}END_OF_FILE`,
      );
    return name;
  }

  build(context: string, ...options: string[]) {
    return this.shell(`docker build --progress=plain ${options.join(' ')} ${context}`);
  }

  /** The lines that the steps of a build say which must end well. */
  async stepsSaid(context: string, ...options: string[]): Promise<string[]> {
    const { exitCode, stderr } = await this.build(context, ...options);
    assert.equal(exitCode, 0, stderr);
    return linesIn(stderr);
  }
}

/** What the processes of steps have said, as buildx prints it. */
export function linesIn(progress: string): string[] {
  return [...progress.matchAll(/^#\d+ \d+\.\d+ (.*)$/gm)].map(([, line = '']) => line);
}
