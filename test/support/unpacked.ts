// Programs of other people that tests use where the machine has them: installed, or unpacked from Debian's packages (`dpkg -x`) into
// a folder of /opt, with their libraries.

import { spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import path from 'node:path';

export interface UnpackedProgram {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Null where the machine has none. */
export function unpacked(name: string): UnpackedProgram | null {
  const installed = `/usr/bin/${name}`;
  if (existsSync(installed)) return { file: installed, env: process.env };
  const [file] = globSync(`/opt/*/usr/bin/${name}`);
  if (file === undefined) return null;
  const libraries = globSync(path.join(path.dirname(file), '../lib/*-linux-gnu'));
  return { file, env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') } };
}

/** Those that tests of registries use. */
const registryPrograms = ['skopeo', 'oras', 'buildah', 'docker-registry'];

/** Of these the ones that the machine has not: their tests are skipped. */
export const lackingPrograms = (): string[] => registryPrograms.filter((name) => !unpacked(name));

export interface RunOptions {
  readonly cwd?: string;
  /** What it reads from its standard input; nothing where left out. */
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** What it says, when it has ended well. Throws with what it says where it has not. */
export async function runUnpacked(
  { file, env }: UnpackedProgram,
  args: readonly string[],
  { cwd, input = '', env: more }: RunOptions = {},
): Promise<string> {
  const child = spawn(file, args, { env: { ...env, ...more }, ...(cwd && { cwd }), stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined); // it may not read it
  child.stdin.end(input);
  let said = '';
  let out = '';
  child.stdout.on('data', (piece: Buffer) => (out += piece));
  child.stderr.on('data', (piece: Buffer) => (said += piece));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', resolve);
  if ((await promise) !== 0) throw new Error(`${path.basename(file)} ${args.join(' ')}: ${said}${out}`);
  return out;
}
