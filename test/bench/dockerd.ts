// A real dockerd beside ours, in a network namespace and directories of its own, for ratios in one run.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { docker } from './clock.ts';

export interface Reference extends AsyncDisposable {
  readonly socket: string;
}

/** Null where dockerd is not installed. Its image `busybox` is made of the same layer as ours, in `layerBlob`. */
export async function startDockerd(layerBlob: string): Promise<Reference | null> {
  if (!fs.existsSync('/usr/sbin/dockerd')) return null;
  const folder = await mkdtemp('/tmp/bench-dockerd-');
  const name = `bench${process.pid}`;
  execFileSync('ip', ['netns', 'add', name]);
  execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  const socket = path.join(folder, 'docker.sock');
  const log = fs.openSync(path.join(folder, 'log'), 'w');
  const child = spawn(
    'nsenter',
    [
      `--net=/run/netns/${name}`,
      ...['unshare', '--mount', '--propagation', 'private', 'dockerd', '-H', `unix://${socket}`],
      ...['--data-root', path.join(folder, 'data'), '--exec-root', path.join(folder, 'exec')],
      ...['--cgroup-parent', `/${name}`, '--pidfile', path.join(folder, 'pid'), '--log-level', 'error'],
    ],
    { stdio: ['ignore', log, log] },
  );
  fs.closeSync(log);
  const end = async (): Promise<void> => {
    await ended(child);
    execFileSync('ip', ['netns', 'del', name]);
    for (const group of fs.globSync(`/sys/fs/cgroup/{*/,}${name}`)) fs.rmdirSync(group);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await untilAnswers(socket, child);
    await importLayer(socket, layerBlob);
    return { socket, [Symbol.asyncDispose]: end };
  } catch (error) {
    const said = fs.readFileSync(path.join(folder, 'log'), 'utf8');
    await end();
    throw new Error(`dockerd: ${error instanceof Error ? error.message : error}\n${said}`);
  }
}

async function untilAnswers(socket: string, child: ChildProcess): Promise<void> {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const there = await docker(socket, 'version', '--format', '{{.Server.Version}}').catch(() => null);
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it does not answer after 30 s');
}

function importLayer(socket: string, blob: string): Promise<void> {
  const child = spawn('docker', ['-H', `unix://${socket}`, 'import', '-', 'busybox:latest'], {
    stdio: [fs.openSync(blob, 'r'), 'ignore', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`import ended with ${code}`))));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}
