// `npm run conform -- --contexts FOLDER`: builds each context of buildah's conformance tests, of whose checkout FOLDER is the root, by
// an engine of ours and by a real dockerd's BuildKit, and compares files, configuration and history, or the error. Without internet:
// the images that the contexts are built on are the catalogue's busybox under their names, with the users and shells that they expect.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { diff } from 'node:util';
import { expect } from '../../runtime/api/exchange.ts';
import { Buildx } from '../../runtime/build/buildx.ts';
import { errorIn, imageBeside, type Recorded } from '../../runtime/build/contexts/outcome.ts';
import { type SavedImage, savedImage } from '../../runtime/build/contexts/saved-image.ts';
import { createDockerHost } from '../../support/docker-host.ts';
import { startDockerd } from '../../support/dockerd.ts';
import { startEngine } from '../../support/engine.ts';
import { type ContextCase, readBuildahCases } from './buildah-cases.ts';
import { reasonOf } from './reasons.ts';

const standIn = `FROM busybox
RUN for n in docker lp sync; do grep -q "^$n:" /etc/passwd || echo "$n:x:10$(echo $n | wc -c):100:::/bin/sh" >>/etc/passwd; done
RUN mkdir -p /usr/bin /usr/sbin /root /tmp && printf '#!/bin/sh\\nexec /bin/sh "$@"\\n' >/bin/bash && chmod 755 /bin/bash && touch /etc/os-release
`;

/** Under which the contexts look for an image. */
const names = ['mirror.gcr.io/busybox', 'mirror.gcr.io/alpine', 'quay.io/libpod/centos:7', 'quay.io/fedora/python-311'];

/** A frontend of its own would be fetched, and an image by its digest is no other's. */
const prepared = (text: string): string =>
  text.replace(/^# *syntax=/gm, '# asked: ').replace(/(mirror\.gcr\.io\/\w+)@sha256:\w{64}/g, '$1');

class Side implements AsyncDisposable {
  readonly socket: string;
  readonly #buildx: Buildx;
  #base: SavedImage | null = null;

  constructor(socket: string, buildx: Buildx) {
    this.socket = socket;
    this.#buildx = buildx;
  }

  async prepare(folder: string): Promise<void> {
    const { exitCode, stderr } = await this.#buildx.buildIn(
      folder,
      this.socket,
      ...names.flatMap((name) => ['-t', name]),
    );
    if (exitCode !== 0) throw new Error(stderr);
    this.#base = await savedImage(this.socket, 'mirror.gcr.io/busybox');
  }

  async outcome(folder: string, { dockerfile, buildArgs }: ContextCase): Promise<Recorded> {
    const options = Object.entries(buildArgs).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
    const { exitCode, stderr } = await this.#buildx.buildIn(
      folder,
      this.socket,
      '-f',
      dockerfile,
      '-t',
      'made',
      ...options,
    );
    if (exitCode !== 0 || this.#base === null) return { error: errorIn(stderr), image: null };
    const image = await imageBeside(this.#base, this.socket, 'made');
    await expect(this.socket, 'DELETE /images/made?force=1', 200);
    return { error: null, image };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#buildx[Symbol.asyncDispose]();
  }
}

function makeContext(folder: string, { folder: from, dockerfile, text, ignore, make }: ContextCase): void {
  if (from !== null) execFileSync('cp', ['-a', `${from}/.`, folder]);
  if (ignore) {
    writeFileSync(`${folder}/.dockerignore`, ignore.text);
    chmodSync(`${folder}/.dockerignore`, Number.parseInt(ignore.mode, 8));
  }
  execFileSync('sh', ['-euc', `umask 022\n${make}`], { cwd: folder });
  const file = path.join(folder, dockerfile);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, prepared(text));
}

/** Of an object its keys in order: in which they come is no matter. */
const sorted = (_key: string, value: unknown): unknown =>
  value === null || typeof value !== 'object' || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The lines of both that differ: theirs with -, ours with +. */
function difference(theirs: Recorded, ours: Recorded): string {
  const lines = (one: Recorded): string[] =>
    (one.image ? JSON.stringify(one.image, sorted, 1) : `${one.error}`).split('\n');
  return diff(lines(ours), lines(theirs))
    .flatMap(([from, line]) => (from === 0 ? [] : [`    ${from < 0 ? '-' : '+'} ${line}`]))
    .join('\n');
}

/** Of those with one of `titles` in their names, or of all. False where one differs without a reason that reasons.ts has. */
export async function askContexts(root: string, titles: readonly string[]): Promise<boolean> {
  const cases = readBuildahCases(root).filter(
    ({ name }) => titles.length === 0 || titles.some((part) => name.includes(part)),
  );
  await using buildx = await Buildx.make();
  await using engine = await startEngine();
  await using dockerd = await startDockerd();
  if (!dockerd) throw new Error('no dockerd is installed here, nor unpacked in /opt/dockerd*');
  const { socket } = await createDockerHost(engine, 'contexts');
  const base = buildx.context('base', (folder) => writeFileSync(`${folder}/Dockerfile`, standIn));
  await using ours = new Side(socket, await Buildx.make());
  await using theirs = new Side(dockerd.socket, await Buildx.make());
  await Promise.all([ours, theirs].map((side) => side.prepare(base)));
  const counts = { same: 0, 'the same error': 0, 'differ as it says': 0, differ: 0 };
  for (const [place, each] of cases.entries()) {
    const folder = buildx.context(`c${place}`, (made) => makeContext(made, each));
    const [mine, real] = await Promise.all([ours.outcome(folder, each), theirs.outcome(folder, each)]);
    const shown = difference(real, mine);
    const reason = shown === '' ? null : reasonOf(each, real, mine);
    counts[
      shown === ''
        ? real.error === null
          ? 'same'
          : 'the same error'
        : reason === null
          ? 'differ'
          : 'differ as it says'
    ] += 1;
    if (reason !== null) console.log(`  ${each.name}: ${reason}`);
    else if (shown !== '') console.log(`✖ ${each.name}\n${shown}`);
  }
  console.log(
    Object.entries(counts)
      .map(([what, count]) => `${count} ${what}`)
      .join('; '),
  );
  return counts.differ === 0;
}
