// A running Drydock: the engine and the server, started, watched, started again, and ended in order.

import { chown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { lessonsInUse, operatorPaths } from '@drydock/sandbox-server/operator';
import { showProgress } from '../../bin/progress.mjs';
import { type ContentFolder, contentFoldersOf } from '../content/content-folders.ts';
import { followContent } from '../content/follow-content.ts';
import { type ContentServer, ServedContent } from '../content/served-content.ts';
import { Failure } from '../failure.ts';
import { askServer, tellServer } from '../operator.ts';
import {
  cloneFolder,
  compiledFolder,
  engineSocket,
  logFolder,
  operatorFolder,
  operatorSocket,
  serverFolder,
} from '../paths.ts';
import { identify, isAlive } from '../processes.ts';
import type { Settings } from '../settings.ts';
import { capacityOf, storeBytesOf } from './capacity.ts';
import { SupervisedChild } from './child.ts';
import { othersCanRead } from './clone.ts';
import { engineCommand, engineEnvironment, serverCommand, serverEnvironment } from './commands.ts';
import { lockData } from './data-lock.ts';
import { processesOf } from './leftovers.ts';
import { LogFile } from './log-file.ts';
import { whyTaken } from './port.ts';
import { waitForEngine, waitForServer } from './ready.ts';
import { prepareRunDirectory, releaseRunDirectory } from './run-directory.ts';
import { giveToUser } from './server-files.ts';
import { ensureServerUser } from './server-user.ts';
import { claim, removeState, writeState } from './state.ts';
import { killEngine, stopEngine, stopServer } from './stop.ts';

export interface SuperviseOptions {
  readonly settings: Settings;
  /** The children write to our standard error instead of their logs. */
  readonly verbose: boolean;
  /** One line, once a student can use it. */
  readonly onReady: (url: string) => void;
  /** What the operator should know while it runs: a child died, and was started again. */
  readonly onNotice: (sentence: string) => void;
}

/**
 * Runs until `signal` aborts, then ends everything and resolves. Throws Failure, with everything ended, where it cannot
 * start or a child dies too often; hosts that an unstartable engine left stay, for the next one to adopt.
 */
export async function supervise(options: SuperviseOptions, signal: AbortSignal): Promise<void> {
  const { settings, verbose, onNotice } = options;
  const { run, data } = settings;
  const socket = engineSocket(run);
  using lock = await lockData(data, run);
  const storeBytes = await storeBytesOf(settings);
  const user = await ensureServerUser(settings.user);
  await prepareRunDirectory(run);

  const claimed = claim(run, settings.origin);
  if ('taken' in claimed) {
    const { supervisor, url } = claimed.taken;
    throw new Failure(`Drydock already runs here, as process ${supervisor.pid}, at ${url}. drydock down ends it.`);
  }
  if (lock === null) {
    // Its supervisor ends, or has just begun.
    throw new Failure(`Another Drydock of ${run} has ${data} right now. Try again in a moment.`);
  }
  const { previous } = claimed;
  if (previous?.server) await stopServer(previous.server);
  if (previous?.engine && isAlive(previous.engine)) await killEngine(previous.engine);

  const taken = await whyTaken(settings.listen, settings.port);
  if (taken) {
    await release(run);
    throw new Failure(`Port ${settings.port} is taken: ${taken}. Stop that, or set DRYDOCK_PORT to another port.`);
  }

  await mkdir(operatorFolder(run), { recursive: true, mode: 0o700 });
  await chown(operatorFolder(run), user.uid, user.gid);
  await mkdir(logFolder(data), { recursive: true, mode: 0o750 });
  await mkdir(serverFolder(data), { recursive: true, mode: 0o700 });
  await mkdir(compiledFolder(data), { recursive: true, mode: 0o700 });
  await giveToUser(serverFolder(data), user);

  // Aborted by the operator, or with a Failure by a child that died too often.
  const ending = new AbortController();
  const end = () => ending.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();

  const startedAt = new Date().toISOString();
  const self = identify(process.pid);
  let ready = false;
  let over = false;
  const save = () => {
    // What ends at the end is not written down: the run directory may have gone before.
    if (!self || over) return;
    const children = { engine: engine.identity, server: server.identity };
    writeState(run, { supervisor: self, ...children, url: settings.origin, ready, startedAt });
  };
  const child = (name: string, argv: [string, ...string[]], env: NodeJS.ProcessEnv, log: LogFile) =>
    new SupervisedChild({
      name,
      argv,
      env,
      log,
      verbose,
      wasReady: () => ready,
      onChange: () => save(),
      onRestart: (how, delayMs) => onNotice(`${how}. Starting it again in ${delayMs / 1000} s.`),
      onGiveUp: (how) => ending.abort(new Failure(`${how}. It died too often. Its log: ${log.path}`)),
    });
  using engineLog = new LogFile(path.join(logFolder(data), 'engine.log'));
  using serverLog = new LogFile(path.join(logFolder(data), 'server.log'));
  const engineArgv = engineCommand(settings, user, storeBytes);
  const engine = child('engine', engineArgv, engineEnvironment(settings, process.env), engineLog);
  const argv = serverCommand(settings, user, capacityOf(settings), !othersCanRead(cloneFolder));
  const server = child('server', argv, serverEnvironment(settings), serverLog);

  const progress = showProgress();
  const folders = contentFoldersOf(settings);
  const content = new ServedContent(data, folders);
  // From before they are read for the first time; what changes meanwhile is taken over once all is ready.
  const begun = Promise.withResolvers<void>();
  ending.signal.addEventListener('abort', () => begun.resolve(), { once: true });
  const following = followChanges(content, folders, { run, begun: begun.promise, onNotice, signal: ending.signal });
  try {
    engine.start();
    const building = {
      step: () => progress.step('Building the site'),
      signal: ending.signal,
      behind: false,
      server: null,
    };
    await Promise.all([
      waitForEngine(socket, progress, ending.signal),
      content.update(building).then(async ({ notices }) => {
        notices.forEach(onNotice);
        server.start();
        await waitForServer(settings.listen, settings.port, false, progress, ending.signal);
      }),
    ]);
    await waitForServer(settings.listen, settings.port, true, progress, ending.signal);
    ready = true;
    save();
    options.onReady(settings.origin);
    begun.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    if (ending.signal.aborted) resolve();
    ending.signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    if (ending.signal.reason instanceof Failure) throw ending.signal.reason;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    over = true;
    ending.abort();
    signal.removeEventListener('abort', end);
    progress.close();
    await following;
    await stopAll(engine, server, socket, run);
  }
}

/** The running server of this run directory. */
function contentServer(run: string): ContentServer {
  const socket = operatorSocket(run);
  return {
    lessonsInUse: () => askServer(lessonsInUse, 'GET', operatorPaths.lessons, undefined, socket),
    takeLessons: (folder) => tellServer('PUT', operatorPaths.lessons, { folder }, socket),
  };
}

interface Following {
  readonly run: string;
  /** Resolves once the server serves. */
  readonly begun: Promise<void>;
  readonly onNotice: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/** Takes over what changes in the content folders, without a word to those who work. */
async function followChanges(
  content: ServedContent,
  folders: readonly ContentFolder[],
  { run, begun, onNotice, signal }: Following,
): Promise<void> {
  const server = contentServer(run);
  // What was told before, and has not been mended since, is not told again.
  let told: readonly string[] = [];
  const silent = { update: () => undefined, done: () => undefined, failed: () => undefined };
  const update = async () => {
    await begun;
    if (signal.aborted) return;
    try {
      const { changed, notices } = await content.update({ step: () => silent, signal, behind: true, server });
      notices.filter((notice) => !told.includes(notice)).forEach(onNotice);
      told = notices;
      if (changed) onNotice('The lessons were changed: their pages are built, and served from now on.');
    } catch (error) {
      if (!signal.aborted)
        onNotice(`What was changed of the lessons is not served: ${error instanceof Error ? error.message : error}`);
    }
  };
  const failed = (folder: string, { message }: Error) =>
    onNotice(`Changes in ${folder} are not seen until the next start: ${message}`);
  await followContent(folders, signal, update, failed).catch((error: unknown) => failed('the lessons', error as Error));
}

/** The server first, so that no student meets an engine that ends. */
async function stopAll(engine: SupervisedChild, server: SupervisedChild, socket: string, run: string): Promise<void> {
  const progress = showProgress();
  engine.prepareToStop();
  server.prepareToStop();
  if (server.identity) {
    const step = progress.step('Stopping the server');
    await stopServer(server.identity);
    step.done();
  }
  if (engine.identity) {
    const step = progress.step('Stopping the hosts and the engine');
    await stopEngine(engine.identity, socket);
    step.done();
  }
  progress.close();
  await release(run);
}

/** Hosts of an engine that could not end them stay, and so does what they need, for the next engine to adopt. */
async function release(run: string): Promise<void> {
  if (processesOf(run).length > 0) return;
  removeState(run);
  await releaseRunDirectory(run);
}
