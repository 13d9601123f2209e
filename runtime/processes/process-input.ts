// What a container's processes get: the user, environment, directory and capabilities, from what was asked for the container.

import path from 'node:path';
import { EngineError } from '../errors.ts';
import { leastOomScore } from '../limits.ts';
import { capabilitiesOf } from '../oci/capabilities.ts';
import type { ProcessInput } from '../oci/spec.ts';
import { resolveUser, type UserFiles } from './users.ts';

/** What counts for all processes of one container, in the words of the Docker Engine API; a container's record is one. */
export interface ContainerChoice {
  readonly config: { readonly Hostname: string; readonly Env: readonly string[] };
  readonly hostConfig: {
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly GroupAdd: readonly string[] | null;
    readonly OomScoreAdj: number;
    readonly SecurityOpt: readonly string[] | null;
    readonly Ulimits: ProcessInput['ulimits'];
  };
}

/** What an exec may choose for itself; a container's own process has it from its record. */
export interface ProcessChoice {
  readonly args: readonly string[];
  readonly user: string;
  /** What an exec changes in the environment that its container has. */
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly terminal: boolean;
  readonly consoleSize: readonly [number, number] | null;
}

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * CVE-2024-21626: a directory reached through a process's descriptors may lie outside the container. The OCI runtime gets
 * three descriptors and none of a directory; this refuses what can only be meant for that.
 */
export function checkWorkingDir(directory: string): string {
  const normal = path.posix.normalize(directory || '/');
  if (!normal.startsWith('/')) {
    throw new EngineError(
      'invalid',
      `the working directory '${directory}' is invalid, it needs to be an absolute path`,
    );
  }
  if (/^\/proc\/(self|thread-self|\d+)(\/|$)/.test(normal)) {
    throw new EngineError(
      'invalid',
      `the working directory '${directory}' is invalid: it belongs to a process, not to the container`,
    );
  }
  return normal.replace(/(.)\/$/, '$1');
}

const nameOf = (entry: string): string => entry.split('=', 1)[0] ?? '';

/**
 * An environment and what is to change in it, by moby's rule (`ReplaceOrAppendEnvValues`): `NAME=value` takes the place of the
 * same name, and a bare `NAME` takes away what was there before.
 */
function changed(env: readonly string[], changes: readonly string[]): string[] {
  const bare = new Set(changes.filter((entry) => !entry.includes('=')));
  const kept = env.filter((entry) => !bare.has(nameOf(entry)));
  const added = changes.filter((entry) => entry.includes('='));
  return [...new Map([...kept, ...added].map((entry) => [nameOf(entry), entry])).values()];
}

/** `--oom-score-adj`, but never below the score that every process of a host has: none goes before what runs the machine. */
export function oomScoreOf({ OomScoreAdj }: { readonly OomScoreAdj: number }): number {
  return Math.max(leastOomScore, OomScoreAdj);
}

/** Throws invalid where the user or the directory is. */
export function processInputOf(container: ContainerChoice, choice: ProcessChoice, files: UserFiles): ProcessInput {
  const { config, hostConfig } = container;
  const { ids, home } = resolveUser(choice.user, files, hostConfig.GroupAdd ?? []);
  const defaults = [defaultPath, `HOSTNAME=${config.Hostname}`, ...(choice.terminal ? ['TERM=xterm'] : [])];
  const env = changed(changed(defaults, config.Env), choice.env);
  return {
    args: choice.args,
    env: env.some((entry) => nameOf(entry) === 'HOME') ? env : [...env, `HOME=${home}`],
    cwd: checkWorkingDir(choice.workingDir),
    user: ids,
    terminal: choice.terminal,
    consoleSize: choice.consoleSize,
    capabilities: capabilitiesOf(hostConfig.CapAdd, hostConfig.CapDrop),
    noNewPrivileges: (hostConfig.SecurityOpt ?? []).some((option) => /^no-new-privileges(:true|=true)?$/.test(option)),
    oomScoreAdj: oomScoreOf(hostConfig),
    ulimits: hostConfig.Ulimits,
  };
}
