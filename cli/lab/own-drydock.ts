// A Drydock for one run of a command: an engine and, in this process, a server, with directories, user numbers and a port of
// their own, so that what else runs on the machine is not touched. Nothing of it is left when it ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { connectEngine, type EngineClient, type EngineStatus } from '@drydock/runtime';
import { type RunningServer, type Settings as ServerSettings, startServer } from '@drydock/sandbox-server';
import { pino } from 'pino';
import { overlaps, rangesOfOtherEngines } from '../doctor/users.ts';
import { Failure } from '../failure.ts';
import { compiledFolder, engineSocket } from '../paths.ts';
import type { Settings } from '../settings.ts';
import { engineCommand, engineEnvironment } from '../supervisor/commands.ts';
import { prepareRunDirectory, releaseRunDirectory } from '../supervisor/run-directory.ts';
import type { Place } from './student.ts';

/** The first start on a machine builds every image of the catalogue. */
const imagesMs = 20 * 60_000;
const engineMs = 120_000;
const pollMs = 50;
const gibibyte = 1024 ** 3;
/** It grows as it is used; a run of all lessons uses about 2 GiB. */
const storeBytes = 32 * gibibyte;
/** Labs at once. */
const hosts = 16;
/** Past the user numbers that a Drydock takes by default, up to systemd's range for foreign files. */
const firstUid = 1_944_584_192;
const lastUid = 2_147_352_576;
const usersPerHost = 65_536;
/** As many `drydock lab` may start at once. */
const beginnings = 32;
const dayMs = 24 * 60 * 60_000;

/** Where it may be; whoever gives one of these cleans it up. */
export interface OwnPlace {
  /** In the names of cgroups, interfaces and mounts. */
  readonly instance: string;
  /** Short: names of Unix sockets have at most 107 bytes. */
  readonly folder: string;
  readonly uidBase: number;
}

export interface OwnDrydockOptions {
  /** For the cache of images, the limits of a host and the OCI runtime. */
  readonly settings: Settings;
  readonly lessonsFolder: string;
  readonly place?: OwnPlace;
  /** Puts the site's pages into a folder; without it there is one page that says nothing. */
  readonly site?: (folder: string) => Promise<void>;
  /** To listen on; one that is free where it is left out. */
  readonly port?: number;
  /** Waits only until a host can be made, not for the images that students pull. */
  readonly early?: boolean;
  /** How far the engine is, in words. */
  readonly progress?: (detail: string) => void;
  /** Gives the start up. */
  readonly signal?: AbortSignal;
}

export interface OwnDrydock extends Place, AsyncDisposable {
  readonly server: RunningServer;
  /** The folder that the site's pages are served from. */
  readonly siteFolder: string;
}

const emptySite = (folder: string) =>
  writeFile(path.join(folder, 'index.html'), '<!doctype html><title>Drydock</title>');

/** Among the last user numbers, those that no engine has; two processes that start at once begin to look at two places. */
function ownPlace(folder: string): OwnPlace {
  const count = hosts * usersPerHost;
  const taken = rangesOfOtherEngines(path.join(folder, 'run'));
  let uidBase = lastUid - (1 + (process.pid % beginnings)) * count;
  while (overlaps(taken, uidBase, count).length > 0) uidBase -= count;
  if (uidBase < firstUid)
    throw new Failure('The user numbers past those of a Drydock are all taken by engines that run.');
  return { instance: `lab-${process.pid.toString(36)}`, folder, uidBase };
}

/** A TCP port of the loopback address that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}

async function until(
  engine: EngineClient,
  child: ChildProcess,
  timeoutMs: number,
  ready: (status: EngineStatus) => boolean,
  said: () => string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (signal?.aborted) throw new Failure('Interrupted.');
    if (child.exitCode !== null) throw new Failure(`The engine ended with ${child.exitCode}: ${said().slice(-2000)}`);
    const status = await engine.status().catch(() => null);
    if (status !== null && ready(status)) return;
    if (performance.now() > deadline) throw new Failure(`The engine is not ready after ${timeoutMs / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function serverSettings(folder: string, port: number, lessonsDirectory: string): ServerSettings {
  return {
    version: '0.1.0',
    engineSocket: engineSocket(path.join(folder, 'run')),
    dataDirectory: path.join(folder, 'server'),
    siteDirectory: path.join(folder, 'site'),
    lessonsDirectory,
    listenAddress: '127.0.0.1',
    port,
    publicOrigin: `http://localhost:${port}`,
    otherOrigins: [],
    previewOrigin: null,
    capacity: hosts,
    spareHosts: 0,
    freezeMs: dayMs,
    idleMs: dayMs,
    keepMs: dayMs,
    operatorSocket: null,
    invite: null,
    metricsToken: null,
    maxPerNetwork: null,
    yieldMs: 45_000,
    trustedProxies: [],
  };
}

/** Ends everything in the reverse order; each step is tried, whatever the one before said. */
async function endAll(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failed: unknown[] = [];
  for (const step of steps.toReversed()) await step().catch((error: unknown) => failed.push(error));
  if (failed.length > 0) throw failed[0];
}

/** Resolves when every image of the catalogue is there and a lesson can be opened. Throws Failure. */
export async function startOwnDrydock(options: OwnDrydockOptions): Promise<OwnDrydock> {
  const { settings, lessonsFolder, progress = () => undefined, signal } = options;
  const ends: (() => Promise<unknown>)[] = [];
  try {
    const made = options.place === undefined ? await mkdtemp(path.join(os.tmpdir(), 'drydock-lab-')) : null;
    if (made !== null) ends.push(() => rm(made, { recursive: true, force: true }));
    const { instance, folder, uidBase } = options.place ?? ownPlace(made ?? '');
    await chmod(folder, 0o711);
    const [data, run] = [path.join(folder, 'data'), path.join(folder, 'run')];
    await mkdir(compiledFolder(data), { recursive: true, mode: 0o700 });
    const siteFolder = path.join(folder, 'site');
    await mkdir(siteFolder, { recursive: true });
    await (options.site ?? emptySite)(siteFolder);
    ends.push(() => releaseRunDirectory(run));
    await prepareRunDirectory(run);

    const own: Settings = { ...settings, instance, data, run, uidBase, uidRanges: hosts, catalogue: 'all' };
    const argv = engineCommand(own, { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }, storeBytes);
    // In a session of its own: Ctrl-C is for us, who end it in order.
    const child = spawn(argv[0], argv.slice(1), {
      env: engineEnvironment(own, process.env),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said = (said + chunk).slice(-64 * 1024);
      });
    const engine = connectEngine(engineSocket(run));
    ends.push(() => endEngine(engine, child));
    progress('starting the engine');
    await until(
      engine,
      child,
      engineMs,
      () => true,
      () => said,
      signal,
    );
    await until(
      engine,
      child,
      imagesMs,
      ({ catalogue, ready }) => {
        if (options.early) return ready;
        const failed = catalogue.find(({ state }) => state === 'failed');
        if (failed !== undefined) throw new Failure(`The image ${failed.reference} cannot be built: ${failed.step}`);
        const waiting = catalogue.filter(({ state }) => state !== 'ready');
        const [now] = waiting.filter(({ state }) => state === 'building');
        if (now !== undefined) progress(`${waiting.length} images to go; ${now.reference}: ${now.step}`);
        return waiting.length === 0;
      },
      () => said,
      signal,
    );

    const port = options.port ?? (await freePort());
    await mkdir(path.join(folder, 'server'), { recursive: true });
    // What goes wrong in the server itself is the operator's to see.
    const log = pino({ level: 'error' }, pino.destination(2));
    const server: RunningServer = await startServer(serverSettings(folder, port, lessonsFolder), engine, log);
    ends.push(() => server.close());
    return {
      url: server.url,
      origin: `http://localhost:${port}`,
      server,
      siteFolder,
      [Symbol.asyncDispose]: () => endAll(ends),
    };
  } catch (error) {
    await endAll(ends).catch(() => undefined); // the first error tells more
    throw error;
  }
}

async function endEngine(engine: EngineClient, child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const all = await engine.hosts();
    await Promise.all(all.map(({ name }) => engine.removeHost(name).catch(() => undefined)));
    await engine.shutdown();
  } catch {
    child.kill('SIGKILL'); // nsenter has become the engine: it execs
  }
  await ended;
}
