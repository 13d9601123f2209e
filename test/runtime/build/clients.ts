// Both generations of clients, each as a shell in a directory of its own: the workspace's docker (26.1, buildx 0.13) from within a host,
// and a current one (28, buildx 0.29) from outside, where it is installed.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { CommandOutcome } from '../../support/docker-command.ts';
import { currentBuildx, makeDockerConfig } from '../../support/docker-config.ts';
import { hasDockerd, startDockerd } from '../../support/dockerd.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { expect } from '../api/exchange.ts';

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
  const { dockerSocket } = await engine.client.host(host);
  return await clientOf(dockerSocket, host, folder);
}

/** A current one of any Docker API, in the new directory `folder`. Null where no current buildx is installed. */
export async function clientOf(socket: string, host: string, folder: string): Promise<Client | null> {
  if (currentBuildx === null) return null;
  await mkdir(folder);
  const config = path.join(folder, '.docker');
  makeDockerConfig(config);
  await symlink(currentBuildx, path.join(config, 'cli-plugins/docker-buildx'));
  const [root = ''] = fs.globSync('/opt/dockerd*');
  const env = {
    PATH: `${root}/usr/bin:${process.env.PATH}`,
    HOME: folder,
    DOCKER_CONFIG: config,
    DOCKER_HOST: `unix://${socket}`,
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

/** One generation, as its tests have it. */
export interface Generation {
  readonly client: Client;
  /** On the hub, for this generation's own repositories. */
  readonly namespace: string;
}

/** A shared engine with hosts of one account of the hub, each with busybox: `inside`, `outside`, and `others`. */
export class ClientLab {
  #engine: RunningEngine | undefined;
  #account = '';
  #folder = '';

  /** Call it at the top of a test file: the lab is there from the first test to the last. */
  constructor(...others: readonly string[]) {
    beforeAll(async () => {
      const engine = await sharedEngine();
      this.#engine = engine;
      this.#account = (await engine.client.hub.session()).name;
      this.#folder = await mkdtemp(path.join(tmpdir(), `${process.env.TEST_RUN ?? 'clients'}-`));
      for (const name of ['inside', 'outside', ...others]) {
        const { dockerSocket } = await engine.client.createHost(name, { hubAccount: this.#account });
        await expect(dockerSocket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
      }
    });
    afterAll(async () => {
      assert.deepEqual(await this.#engine?.client.check(), { ok: true, findings: [] });
      if (this.#account !== '') await this.#engine?.client.hub.removeAccount(this.#account);
      await this.#engine?.[Symbol.asyncDispose]();
      if (this.#folder !== '') await rm(this.#folder, { recursive: true, force: true });
    });
  }

  get engine(): RunningEngine {
    return this.#engine ?? assert.fail('it is there once the tests begin');
  }

  /** The workspace's client of one of the hosts. */
  of(host: string): Client {
    return insideClient(this.engine, host);
  }

  /** What opens each, by its name: once the tests begin. Without an installed current client there is one. */
  get generations(): Readonly<Record<string, () => Promise<Generation>>> {
    const open = async (client: Client | null): Promise<Generation> => {
      if (client === null) assert.fail('there is no such client');
      return { client, namespace: `hub.drydock/${this.#account}/${client.host}` };
    };
    return {
      'the workspace’s client': () => open(this.of('inside')),
      ...(currentBuildx !== null && {
        'a current client': async () =>
          open(await outsideClient(this.engine, 'outside', path.join(this.#folder, 'outside'))),
      }),
    };
  }
}

/** What builds can be asked of: our builder, and a real dockerd's BuildKit where it is installed. */
export const builderKinds = ['drydock', ...(hasDockerd && currentBuildx !== null ? ['dockerd'] : [])];

/** A client of one of them, with busybox. What was started for it goes with `owned`. */
export async function clientOfBuilder(kind: string, owned: AsyncDisposableStack): Promise<Client> {
  if (kind === 'drydock') {
    const engine = owned.use(await sharedEngine());
    const { dockerSocket } = await engine.client.createHost('builds', {});
    await expect(dockerSocket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
    return insideClient(engine, 'builds');
  }
  const folder = await mkdtemp(path.join(tmpdir(), `${process.env.TEST_RUN ?? 'builds'}-`));
  owned.defer(() => rm(folder, { recursive: true, force: true }));
  const dockerd = owned.use((await startDockerd()) ?? assert.fail('there is no dockerd'));
  return (await clientOf(dockerd.socket, kind, path.join(folder, kind))) ?? assert.fail('there is no client');
}
