// A builder that fetches: ours or a real dockerd's BuildKit, with a server that it reaches.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createDockerHost } from '../../support/docker-host.ts';
import { hasDockerd, startDockerd } from '../../support/dockerd.ts';
import { startEngine } from '../../support/engine.ts';
import { Buildx } from './buildx.ts';
import { FileServer } from './file-server.ts';

export const fetchingKinds: readonly string[] = ['drydock', ...(hasDockerd ? ['dockerd'] : [])];

/** What commands have said, and not what fetched a repository. */
export function saidByCommands(progress: string): string[] {
  const commands = new Set(Array.from(progress.matchAll(/^#(\d+) \[[^\]]*\] RUN /gm), ([, step]) => step));
  return Array.from(progress.matchAll(/^#(\d+) \d+\.\d+ (.*)$/gm)).flatMap(([, step, line = '']) =>
    commands.has(step) ? [line] : [],
  );
}

export class Fetching implements AsyncDisposable {
  readonly buildx: Buildx;
  readonly server: FileServer;
  readonly socket: string;
  readonly #owned: AsyncDisposableStack;
  #count = 0;

  private constructor(buildx: Buildx, server: FileServer, socket: string, owned: AsyncDisposableStack) {
    this.buildx = buildx;
    this.server = server;
    this.socket = socket;
    this.#owned = owned;
  }

  /** `kind`: one of `fetchingKinds`. */
  static async start(kind: string): Promise<Fetching> {
    await using owned = new AsyncDisposableStack();
    const { socket, network } = await (kind === 'drydock' ? host(owned) : reference(owned));
    const buildx = owned.use(await Buildx.make());
    const server = owned.use(await FileServer.start(network));
    return new Fetching(buildx, server, socket, owned.move());
  }

  /** Of a Dockerfile that begins with busybox. */
  build(text: string, ...options: string[]) {
    const context = this.buildx.context(`c${++this.#count}`, (folder) =>
      fs.writeFileSync(`${folder}/Dockerfile`, `FROM busybox\n${text}\n`),
    );
    return this.buildx.build(this.socket, context, ...options);
  }

  /** What the commands of a build say that must end well. */
  async said(text: string, ...options: string[]): Promise<string[]> {
    const { exitCode, stderr } = await this.build(text, ...options);
    assert.equal(exitCode, 0, stderr);
    return saidByCommands(stderr);
  }

  /** The last line of a build that must fail. */
  async failure(text: string): Promise<string> {
    const { exitCode, stderr } = await this.build(text);
    assert.equal(exitCode, 1, stderr);
    return /ERROR: failed to build: failed to solve: (.*)/.exec(stderr)?.[1] ?? stderr;
  }

  /** What the commands of a build say whose context is elsewhere, or how it ends. */
  async ofContext(url: string, ...options: string[]): Promise<string[] | string> {
    const { exitCode, stderr } = await this.buildx.build(this.socket, url, ...options);
    return exitCode === 0 ? saidByCommands(stderr) : (/failed to solve: (.*)/.exec(stderr)?.[1] ?? stderr);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

interface Reached {
  readonly socket: string;
  /** The path of the network namespace that its builds are in. */
  readonly network: string;
}

async function host(owned: AsyncDisposableStack): Promise<Reached> {
  const engine = owned.use(await startEngine());
  owned.defer(async () => assert.deepEqual(await engine.client.check(), { ok: true, findings: [] }));
  const { info } = await createDockerHost(engine, 'dev');
  return { socket: info.dockerSocket, network: `/proc/${info.pid}/ns/net` };
}

async function reference(owned: AsyncDisposableStack): Promise<Reached> {
  const dockerd = await startDockerd();
  assert.ok(dockerd);
  return owned.use(dockerd);
}
