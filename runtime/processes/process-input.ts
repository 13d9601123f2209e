// What a container's processes get: the user, environment, directory and capabilities, from what was asked for the container.

import path from 'node:path';
import { EngineError } from '../errors.ts';
import { leastOomScore } from '../limits.ts';
import { capabilitiesOf } from '../oci/capabilities.ts';
import type { ProcessInput } from '../oci/spec.ts';
import { resolveUser, type UserFiles } from './users.ts';

/** Settings of a container that hold for all its processes, as the Docker Engine API names them. A container's record has them. */
export interface ContainerChoice {
  readonly config: { readonly Hostname: string; readonly Env: readonly string[] };
  readonly hostConfig: {
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly GroupAdd: readonly string[] | null;
    readonly OomScoreAdj: number;
    readonly Privileged: boolean;
    readonly SecurityOpt: readonly string[] | null;
    readonly Ulimits: ProcessInput['ulimits'];
  };
}

/** Settings of one process: an exec chooses them itself, a container's first process has them from the container's record. */
export interface ProcessChoice {
  readonly args: readonly string[];
  readonly user: string;
  /** What the container's environment has of others, beneath its own variables. */
  readonly linkedEnv: readonly string[];
  /** What an exec changes in the environment that its container has. */
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly terminal: boolean;
  readonly consoleSize: readonly [number, number] | null;
  /** It has all capabilities, also where its container has not. */
  readonly privileged: boolean;
}

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * CVE-2024-21626: a directory reached through a process's descriptors may lie outside the container. The OCI runtime has no
 * descriptor of a directory. In addition, paths that only such an attack would use are refused here. Throws invalid.
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
 * An environment with changes, by moby's rule (`ReplaceOrAppendEnvValues`): `NAME=value` replaces NAME, a bare `NAME` removes
 * it.
 */
function changed(env: readonly string[], changes: readonly string[]): string[] {
  const bare = new Set(changes.filter((entry) => !entry.includes('=')));
  const kept = env.filter((entry) => !bare.has(nameOf(entry)));
  const added = changes.filter((entry) => entry.includes('='));
  return [...new Map([...kept, ...added].map((entry) => [nameOf(entry), entry])).values()];
}

/** `--oom-score-adj`, but at least `leastOomScore`: the kernel then kills a host's process before one of the machine's. */
export function oomScoreOf({ OomScoreAdj }: { readonly OomScoreAdj: number }): number {
  return Math.max(leastOomScore, OomScoreAdj);
}

/** Throws invalid for a bad user or working directory. */
export function processInputOf(container: ContainerChoice, choice: ProcessChoice, files: UserFiles): ProcessInput {
  const { config, hostConfig } = container;
  const { ids, home } = resolveUser(choice.user, files, hostConfig.GroupAdd ?? []);
  const defaults = [
    defaultPath,
    `HOSTNAME=${config.Hostname}`,
    ...(choice.terminal ? ['TERM=xterm'] : []),
    ...choice.linkedEnv,
  ];
  const env = changed(changed(defaults, config.Env), choice.env);
  return {
    args: choice.args,
    env: env.some((entry) => nameOf(entry) === 'HOME') ? env : [...env, `HOME=${home}`],
    cwd: checkWorkingDir(choice.workingDir),
    user: ids,
    terminal: choice.terminal,
    consoleSize: choice.consoleSize,
    capabilities: capabilitiesOf(hostConfig.CapAdd, hostConfig.CapDrop, choice.privileged || hostConfig.Privileged),
    noNewPrivileges: (hostConfig.SecurityOpt ?? []).some((option) => /^no-new-privileges(:true|=true)?$/.test(option)),
    oomScoreAdj: oomScoreOf(hostConfig),
    ulimits: hostConfig.Ulimits,
  };
}
