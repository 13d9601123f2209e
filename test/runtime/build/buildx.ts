// The machine's docker with its buildx, against any Docker API; and what an image that it has built holds.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { extract } from 'tar-stream';
import { expect, expectSending } from '../api/exchange.ts';

const [root = ''] = ['', ...fs.globSync('/opt/dockerd*')].filter((folder) =>
  fs.existsSync(`${folder}/usr/libexec/docker/cli-plugins/docker-buildx`),
);
const program = `${root}/usr/bin/docker`;
const plugin = `${root}/usr/libexec/docker/cli-plugins/docker-buildx`;

/** In whole seconds, as archives tell times. */
const startedAt = Math.floor(Date.now() / 1000) * 1000;

export const hasBuildx = fs.existsSync(program) && fs.existsSync(plugin);

export interface Outcome {
  readonly exitCode: number;
  readonly stderr: string;
}

export interface Made {
  readonly config: unknown;
  readonly history: unknown;
  /** By path: kind, mode, owner, link, size, a digest of the content, and the time, where it is not that of the test. */
  readonly files: Readonly<Record<string, string>>;
}

/** Of one test: its configuration and its contexts are in a folder of its own. */
export class Buildx implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Buildx> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'buildx-'));
    fs.mkdirSync(`${folder}/config/cli-plugins`, { recursive: true });
    fs.symlinkSync(plugin, `${folder}/config/cli-plugins/docker-buildx`);
    return new Buildx(folder);
  }

  /** Makes a context; gives its path. */
  context(name: string, make: (folder: string) => void): string {
    const folder = `${this.folder}/${name}`;
    fs.mkdirSync(folder);
    make(folder);
    return folder;
  }

  /** Starts both programs and nothing else. */
  async version(): Promise<void> {
    const env = { ...process.env, DOCKER_CONFIG: `${this.folder}/config` };
    await promisify(execFile)(program, ['buildx', 'version'], { env });
  }

  build(socket: string, context: string, ...options: string[]): Promise<Outcome> {
    return this.#run(socket, undefined, [...options, context]);
  }

  /** With the context as its working directory. */
  buildIn(context: string, socket: string, ...options: string[]): Promise<Outcome> {
    return this.#run(socket, context, [...options, '.']);
  }

  #run(socket: string, cwd: string | undefined, words: readonly string[]): Promise<Outcome> {
    const env = { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: `${this.folder}/config` };
    const args = ['build', '--progress=plain', '--provenance=false', ...words];
    return new Promise((resolve) => {
      const child = execFile(program, args, { env, cwd, timeout: 120_000 }, (error, _stdout, stderr) =>
        resolve({ exitCode: error ? Number(error.code ?? 1) : 0, stderr }),
      );
      child.stdin?.end();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Directories whose time starting a container changes, on dockerd. */
const startsTouch = /^(dev|etc|proc|sys)$/;
/** What the engine mounts or makes in each container, and its base has not. */
const ofContainers = /^(dev|proc|sys)\/|^(\.dockerenv|etc\/(hosts|hostname|resolv\.conf|mtab))$/;

export async function imageIn(socket: string, name: string): Promise<Made> {
  const { Config } = (await expect(socket, `GET /images/${name}/json`, 200)) as { Config: Record<string, unknown> };
  const history = (await expect(socket, `GET /images/${name}/history`, 200)) as Record<string, unknown>[];
  const sent = { Image: name, Cmd: ['none'] };
  const { Id } = (await expectSending(socket, 'POST /containers/create', sent, 201)) as { Id: string };
  const files = await exported(socket, Id);
  await expect(socket, `DELETE /containers/${Id}?v=1`, 204);
  return {
    config: Config,
    history: history.map(({ CreatedBy, Comment, Size }) => ({ CreatedBy, Comment, isEmpty: Size === 0 })),
    files,
  };
}

async function exported(socketPath: string, id: string): Promise<Record<string, string>> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  http.get({ socketPath, path: `/containers/${id}/export`, agent: false }, resolve).once('error', reject);
  const files: Record<string, string> = {};
  for await (const entry of (await promise).pipe(extract())) {
    const { name, type, mode = 0, uid, gid, size, linkname, mtime } = entry.header;
    const hash = createHash('sha256');
    for await (const piece of entry) hash.update(piece as Buffer);
    const clean = name.replace(/^\.?\//, '').replace(/\/$/, '');
    if (clean === '' || ofContainers.test(clean)) continue;
    const content = type === 'file' ? ` ${size} ${hash.digest('hex').slice(0, 12)}` : '';
    const isTold = !startsTouch.test(clean);
    const time = !isTold ? '' : mtime && mtime.getTime() < startedAt ? mtime.toISOString() : 'now';
    files[clean] =
      `${type} ${(mode & 0o7777).toString(8)} ${uid}:${gid}${linkname ? ` -> ${linkname}` : ''}${content} ${time}`;
  }
  return files;
}
