// Both generations of clients, each as a shell in a directory of its own: the workspace's docker (26.1, buildx 0.13) from within a host,
// and a current one (28, buildx 0.29) from outside, where it is installed.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { CommandOutcome } from '../../support/docker-command.ts';
import { currentBuildx, makeDockerConfig } from '../../support/docker-config.ts';
import type { RunningEngine } from '../../support/engine.ts';

export type Shell = (script: string) => Promise<CommandOutcome>;

/** One generation's shell, and what its tests say again and again. */
export class Client {
  readonly shell: Shell;
  /** Where it is: for what is asked of the engine itself. */
  readonly host: string;

  constructor(host: string, shell: Shell) {
    this.host = host;
    this.shell = shell;
  }

  /** What a script says that must end well. */
  async said(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.shell(script);
    assert.equal(exitCode, 0, `${script}\n${stdout}${stderr}`);
    return stdout;
  }

  /** What a script says on stderr that must end well: the progress of a build. */
  async told(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.shell(script);
    assert.equal(exitCode, 0, `${script}\n${stdout}${stderr}`);
    return stderr;
  }

  /** What a script says on stderr that must fail. */
  async refused(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.shell(script);
    assert.notEqual(exitCode, 0, `${script}\n${stdout}${stderr}`);
    return stderr;
  }

  /** A directory with these files. */
  async directory(name: string, files: Readonly<Record<string, string>>): Promise<void> {
    const writes = Object.entries(files).map(
      ([file, text]) =>
        `mkdir -p "$(dirname ${name}/${file})" && cat > ${name}/${file} <<'END_OF_FILE'\n${text}END_OF_FILE`,
    );
    await this.said(writes.join('\n'));
  }

  async json(file: string): Promise<Record<string, unknown>> {
    return JSON.parse(await this.said(`cat ${file}`)) as Record<string, unknown>;
  }
}

/** In the home directory of the host's workspace. */
export function insideClient(engine: RunningEngine, host: string): Client {
  return new Client(host, (script) =>
    engine.client.run(host, { argv: ['sh', '-c', `cd; ${script}`], timeoutMs: 60_000 }),
  );
}

/** In the new directory `folder`. Null where no current buildx is installed. */
export async function outsideClient(engine: RunningEngine, host: string, folder: string): Promise<Client | null> {
  if (currentBuildx === null) return null;
  await mkdir(folder);
  const config = path.join(folder, '.docker');
  makeDockerConfig(config);
  await symlink(currentBuildx, path.join(config, 'cli-plugins/docker-buildx'));
  const [root = ''] = fs.globSync('/opt/dockerd*');
  const { dockerSocket } = await engine.client.host(host);
  const env = {
    PATH: `${root}/usr/bin:${process.env.PATH}`,
    HOME: folder,
    DOCKER_CONFIG: config,
    DOCKER_HOST: `unix://${dockerSocket}`,
  };
  return new Client(
    host,
    (script) =>
      new Promise((resolve) =>
        execFile('sh', ['-c', script], { cwd: folder, env, timeout: 60_000 }, (error, stdout, stderr) =>
          resolve({ exitCode: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr }),
        ),
      ),
  );
}
