// Builds the site where its sources have changed since it was built.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Step } from '../../bin/progress.mjs';
import { Failure } from '../failure.ts';
import { cloneFolder } from '../paths.ts';

/** What the pages are made from. */
const sources = ['site/**/*', 'lessons/**/*', 'sandbox-server/protocol.ts', 'package-lock.json'];
const notSources = ['site/dist', 'site/.astro', 'site/node_modules', 'lessons/images'];
const page = path.join(cloneFolder, 'site/dist/index.html');
/** Beside the packages, not in dist: that is served. */
const stampFile = path.join(cloneFolder, 'node_modules/.cache/drydock/site');
const maxKeptOutput = 64 * 1024;

async function hashOfSources(): Promise<string> {
  const files: string[] = [];
  const exclude = (entry: { parentPath: string; name: string }) => {
    const file = path.relative(cloneFolder, path.join(entry.parentPath, entry.name));
    return notSources.includes(file);
  };
  for await (const entry of glob(sources, { cwd: cloneFolder, withFileTypes: true, exclude })) {
    if (entry.isFile()) files.push(path.join(entry.parentPath, entry.name));
  }
  const hash = createHash('sha256');
  for (const file of files.sort())
    hash
      .update(file)
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  return hash.digest('hex');
}

/** Throws Failure with the end of what the build said. */
export async function buildSite(step: () => Step, signal: AbortSignal): Promise<void> {
  const hash = await hashOfSources();
  const stamp = await readFile(stampFile, 'utf8').catch(() => '');
  if (stamp === hash && existsSync(page)) return;
  const shown = step();
  await mkdir(path.dirname(stampFile), { recursive: true });
  const output = await new Promise<string>((resolve, reject) => {
    // Two Drydocks of one clone that start at once do not build into each other's files.
    const child = spawn('flock', ['--no-fork', `${stampFile}.lock`, 'npm', 'run', 'build', '--workspace', 'site'], {
      cwd: cloneFolder,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    let said = '';
    const take = (chunk: Buffer) => {
      said = (said + chunk).slice(-maxKeptOutput);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(said) : reject(new Failure(`The site cannot be built:\n${said.trim()}`)),
    );
  }).catch((error: unknown) => {
    shown.failed();
    throw error;
  });
  if (!existsSync(page)) throw new Failure(`The site was built, but there is no ${page}:\n${output.trim()}`);
  await writeFile(stampFile, hash);
  shown.done();
}
