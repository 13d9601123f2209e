// An engine alone for a test, without server or supervisor: started, killed, started again, and ended with everything it made.

import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiledFolder } from '../../cli/paths.ts';
import { processesOf } from '../../cli/supervisor/leftovers.ts';
import { namespaceFile, prepareRunDirectory, releaseRunDirectory } from '../../cli/supervisor/run-directory.ts';
import { type CatalogueImage, connectEngine, type EngineClient, EngineError } from '../../runtime/index.ts';
import { groupsIn, processesIn, removeGroup } from '../../runtime/kernel/cgroups.ts';
import { signal } from '../../runtime/kernel/processes.ts';
import { type CommandOutcome, dockerCommand } from './docker-command.ts';
import { type InstancePlace, makeInstance, type TestInstance } from './instance.ts';
import { type Catalogue, copyTemplate } from './store-template.ts';
import { until } from './until.ts';

const clone = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const MiB = 1024 * 1024;
/** The first start on a machine builds two images. */
const readyMs = 600_000;

/** What every test may do with an engine, also one that it shares with those after it. */
export interface RunningEngine extends AsyncDisposable {
  readonly instance: InstancePlace;
  readonly client: EngineClient;
  readonly socket: string;
  /** The engine's own process. */
  readonly pid: number;
  /** Runs the machine's docker CLI against a host's socket. Never throws. */
  docker(host: string, ...args: string[]): Promise<CommandOutcome>;
}

export interface TestEngine extends RunningEngine {
  readonly instance: TestInstance;
  /** What the engine logged, JSON lines. */
  log(): string;
  /** `kill -9`, and wait until it is gone. What it kept goes on. */
  kill(): Promise<void>;
  /** Ends it in order, with all that it keeps, and waits until its process is gone. */
  shutdown(): Promise<void>;
  /** Starts it again after `kill` or `shutdown`. */
  start(): Promise<void>;
  /** As if the machine lost its power and came back: no process, mount, cgroup or run directory of it is left. Starts it again. */
  reboot(): Promise<void>;
}

export interface EngineOptions {
  /** Its data directory, a path in the instance's folder; `data` where left out. */
  readonly data?: string;
  readonly uidRanges?: number;
  readonly hostDiskBytes?: number;
  /** `minimal` where left out. */
  readonly catalogue?: Catalogue;
  /** The names that hosts reach, and the file of the network namespace by which they do. */
  readonly egress?: { readonly allow: readonly string[]; readonly network: string };
  /** Folders of images' folders, and where the images are that are made of them; the clone's, and the machine's, where left out. */
  readonly recipes?: readonly string[];
  readonly cache?: string;
  /** Where images of docker.io come from, and the file of other registries; nowhere, and none, where left out. */
  readonly upstream?: string;
  readonly mirrors?: string;
  /** The file of the machine's logins at registries; none where left out. */
  readonly dockerConfig?: string;
  /** Path; crun where left out. */
  readonly ociRuntime?: string;
}

/** All that there are. */
export async function removeHosts(client: EngineClient): Promise<void> {
  const hosts = await client.hosts();
  // A server that has just ended may still be having hosts removed: one that is gone already is what is wanted.
  await Promise.all(hosts.map(({ name }) => removedHost(client, name)));
}

async function removedHost(client: EngineClient, host: string): Promise<void> {
  try {
    await client.removeHost(host);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'notFound') throw error;
  }
}

/** Of an older recipe a host would have what tests do not know. */
const isThereOrLater = ({ reference, state }: CatalogueImage): boolean =>
  !/^(busybox|workspace):/.test(reference) || state === 'ready';

/** Resolves when hosts can be created. Disposing shuts it down. */
export async function startEngine(options: EngineOptions = {}): Promise<TestEngine> {
  const instance = await makeInstance(options.data);
  await copyTemplate(instance.data, options.catalogue ?? 'minimal');
  fs.mkdirSync(compiledFolder(instance.data), { recursive: true, mode: 0o700 });
  fs.mkdirSync(instance.run, { recursive: true });
  // As `drydock up` does it: a mount namespace that is pinned, so that it outlives the engine.
  await prepareRunDirectory(instance.run);
  const pin = namespaceFile(instance.run);
  const socket = path.join(instance.run, 'engine.sock');
  const client = connectEngine(socket);
  let child: ChildProcess | null = null;
  let said = '';

  const start = async (): Promise<void> => {
    const flags = {
      instance: instance.name,
      data: instance.data,
      run: instance.run,
      cache: options.cache ?? instance.cache,
      'socket-owner': '0:0',
      'uid-base': instance.uidBase,
      'uid-ranges': options.uidRanges ?? instance.uidRanges,
      'store-bytes': 16 * 1024 * MiB,
      'host-memory-bytes': 512 * MiB,
      'host-cpus': 1,
      'host-pids': 512,
      'host-disk-bytes': options.hostDiskBytes ?? 1024 * MiB,
      'egress-allow': options.egress?.allow.join(',') ?? '',
      'egress-network': options.egress?.network ?? '',
      upstream: options.upstream ?? '',
      mirrors: options.mirrors ?? '',
      'docker-config': options.dockerConfig ?? '',
      'oci-runtime': options.ociRuntime ?? '',
      catalogue: options.catalogue ?? 'minimal',
    };
    const recipes = options.recipes ?? [path.join(clone, 'lessons/images')];
    const argv = [
      ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      ...recipes.map((folder) => `--recipes=${folder}`),
    ];
    const main = path.join(clone, 'runtime/main.ts');
    const started = spawn('nsenter', [`--mount=${pin}`, process.execPath, main, ...argv], {
      env: { ...process.env, NODE_COMPILE_CACHE: compiledFolder(instance.data) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (text: Buffer) => (said += text));
    const deadline = performance.now() + readyMs;
    for (;;) {
      const ended = started.exitCode ?? started.signalCode;
      if (ended !== null) throw new Error(`the engine ended with ${ended}: ${said}`);
      const status = await client.status().catch(() => null);
      if (status?.ready && status.catalogue.every(isThereOrLater)) return;
      if (performance.now() > deadline) throw new Error(`the engine is not ready after ${readyMs} ms: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  const kill = async (): Promise<void> => {
    const running = child;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL'); // nsenter has become the engine: it execs
    await gone;
  };

  const shutdown = async (): Promise<void> => {
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    await client.shutdown();
    await ended;
  };

  const reboot = async (): Promise<void> => {
    await kill();
    const group = `drydock/${instance.name}`;
    const left = processesOf(instance.run).concat(groupsIn(group).flatMap((id) => processesIn(`${group}/${id}`, true)));
    for (const pid of left) signal(pid, 'SIGKILL');
    await removeGroup(group);
    await until('its processes have ended', () => processesOf(instance.run).length === 0);
    await releaseRunDirectory(instance.run);
    fs.rmSync(instance.run, { recursive: true, force: true });
    await prepareRunDirectory(instance.run);
    await start();
  };

  const engine: TestEngine = {
    instance,
    client,
    socket,
    reboot,
    get pid() {
      return child?.pid ?? 0;
    },
    log: () => said,
    kill,
    shutdown,
    start,
    docker: async (host, ...args) => await dockerCommand((await client.host(host)).dockerSocket, ...args),
    async [Symbol.asyncDispose]() {
      try {
        if (!child || child.exitCode !== null || child.signalCode !== null) await start();
        await removeHosts(client);
        await shutdown();
      } finally {
        await kill();
        await releaseRunDirectory(instance.run);
        await instance[Symbol.asyncDispose]();
      }
    },
  };
  try {
    await start();
    return engine;
  } catch (error) {
    try {
      await engine[Symbol.asyncDispose]();
    } catch {
      // the first error tells more
    }
    throw error;
  }
}
