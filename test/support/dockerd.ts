// A real dockerd, in namespaces and directories of its own: what the tests of the Docker API are held against, and what the
// bench divides by. It has the catalogue's busybox, under the same ID as ours.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { ask } from '../runtime/api/exchange.ts';
import { makeInstance } from './instance.ts';
import { tarOf } from './tar.ts';
import { until } from './until.ts';

export interface Dockerd extends AsyncDisposable {
  readonly socket: string;
  /** The path of its network namespace. */
  readonly network: string;
  readonly pid: number;
  /** Gives it the catalogue's busybox, which it has at first, again. */
  loadBusybox(): Promise<void>;
}

/** Where its programs may be: unpacked beside the machine's own, or installed. */
const roots = [...fs.globSync('/opt/dockerd*'), ''];

/** The environment in which a dockerd and what belongs to it are found; null where there is none. */
function environment(): NodeJS.ProcessEnv | null {
  const root = roots.find((folder) => fs.existsSync(`${folder}/usr/sbin/dockerd`));
  if (root === undefined) return null;
  const PATH = `${root}/usr/sbin:${root}/usr/bin:${process.env.PATH}`;
  if (root === '') return { ...process.env, PATH };
  const [libraries = ''] = fs.globSync(`${root}/usr/lib/*-linux-gnu`);
  return { ...process.env, PATH, LD_LIBRARY_PATH: libraries, XTABLES_LIBDIR: `${libraries}/xtables` };
}

/** The catalogue's busybox as `docker save` would write it. */
async function busyboxArchive(cache: string): Promise<Buffer> {
  const [layout] = fs.globSync(`${cache}/busybox-*/index.json`);
  if (layout === undefined) throw new Error(`there is no busybox in ${cache}: \`npm start\` builds it`);
  const blob = (digest: string) => path.join(path.dirname(layout), 'blobs', digest.replace(':', '/'));
  const parsed = (file: string) => JSON.parse(fs.readFileSync(file, 'utf8'));
  const { config, layers } = parsed(blob(parsed(layout).manifests[0].digest));
  const [Config, ...Layers] = [config, ...layers].map(({ digest }: { digest: string }) => digest.replace(':', '-'));
  return await tarOf([
    [{ name: 'manifest.json' }, JSON.stringify([{ Config, Layers, RepoTags: ['busybox:latest'] }])],
    ...[config, ...layers].map(
      ({ digest }) => [{ name: digest.replace(':', '-') }, new Uint8Array(fs.readFileSync(blob(digest)))] as const,
    ),
  ]);
}

async function load(socket: string, archive: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { 'Content-Type': 'application/x-tar', 'Content-Length': archive.length };
  const request = http.request({ socketPath: socket, method: 'POST', path: '/images/load', headers }, (response) => {
    response.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject);
  });
  request.once('error', reject);
  request.end(archive);
  const said = await promise;
  if (!said.includes('Loaded image')) throw new Error(`busybox was not loaded: ${said}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  child.kill('SIGTERM');
  await promise;
}

/** False where the directory of a control group is busy. */
function removed(group: string): boolean {
  try {
    fs.rmdirSync(group);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  }
}

export const hasDockerd = environment() !== null;

/** Resolves to null where dockerd is not installed. Disposing ends it and its containers, and removes what it made. */
export async function startDockerd(...flags: readonly string[]): Promise<Dockerd | null> {
  const env = environment();
  if (env === null) return null;
  const instance = await makeInstance();
  const { name, folder } = instance;
  fs.mkdirSync(instance.run);
  const socket = path.join(instance.run, 'docker.sock');
  execFileSync('ip', ['netns', 'add', name]);
  execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  const log = path.join(folder, 'log');
  const output = fs.openSync(log, 'w');
  const child = spawn(
    'nsenter',
    [
      `--net=/run/netns/${name}`,
      ...['unshare', '--mount', '--propagation', 'private', 'dockerd', '--host', `unix://${socket}`],
      ...['--data-root', instance.data, '--exec-root', `${instance.run}/exec`, '--pidfile', `${folder}/pid`],
      ...['--cgroup-parent', `/${name}`, '--log-level', 'error', ...flags],
    ],
    { env, stdio: ['ignore', output, output] },
  );
  fs.closeSync(output);
  const dispose = async (): Promise<void> => {
    const { body } = await ask(socket, 'GET /containers/json?all=1').catch(() => ({ body: [] }));
    // Ended by itself, it would wait ten seconds for each that does not hear its signal.
    for (const { Id } of body as { Id: string }[]) await ask(socket, `DELETE /containers/${Id}?force=1`);
    await ended(child);
    execFileSync('ip', ['netns', 'del', name]);
    // The kernel lets go of what ended there a moment later. A build leaves a group of its own in it.
    const groups = fs.globSync(`/sys/fs/cgroup/{*/,}${name}{,/buildkit}`).toSorted();
    for (const group of groups.reverse()) await until(`${group} is empty`, () => removed(group));
    await instance[Symbol.asyncDispose]();
  };
  try {
    await until('dockerd answers', async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      return await ask(socket, 'GET /_ping').then(
        ({ status }) => status === 200,
        () => false,
      );
    });
    const archive = await busyboxArchive(instance.cache);
    const loadBusybox = (): Promise<void> => load(socket, archive);
    await loadBusybox();
    return { socket, network: `/run/netns/${name}`, pid: child.pid ?? 0, loadBusybox, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    const said = fs.readFileSync(log, 'utf8');
    await dispose();
    throw new Error(`dockerd: ${error instanceof Error ? error.message : error}\n${said}`, { cause: error });
  }
}
