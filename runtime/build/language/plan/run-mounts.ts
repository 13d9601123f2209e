// What a command has mounted while it runs.

import { baseName, cleanPath, joinPath } from '../go-text.ts';
import type { RunInstruction } from '../instructions.ts';
import { type Mount, parseMount } from '../mounts.ts';
import { LanguageError, type Location } from '../source.ts';
import type { FileOwner, RunMount, Tree } from '../steps.ts';
import { internalStep, type PlanContext } from './context.ts';
import { wordExpander } from './expand-instruction.ts';
import type { Command, Stage } from './stage.ts';

function ownerOf({ uid, gid, mode }: Mount, defaultMode: number): FileOwner {
  return { uid: uid ?? 0, gid: gid ?? 0, mode: mode ?? defaultMode };
}

function secretMount(stage: Stage, mount: Mount, location: Location): RunMount {
  const id = mount.source || mount.id || baseName(mount.target);
  if (!stage.outline.secrets.has(id)) stage.outline.secrets.set(id, { required: mount.required, location });
  const file = mount.target || (mount.env === null ? `/run/secrets/${baseName(id)}` : null);
  return {
    type: 'secret',
    id,
    target: file,
    env: mount.env,
    required: mount.required,
    owner: ownerOf(mount, 0o400),
  };
}

function sshMount(stage: Stage, mount: Mount, location: Location): RunMount {
  if (mount.source !== '') throw new LanguageError('ssh does not support source');
  const id = mount.id || 'default';
  if (!stage.outline.ssh.has(id)) stage.outline.ssh.set(id, { required: mount.required, location });
  return {
    type: 'ssh',
    id,
    target: mount.target || null,
    required: mount.required,
    owner: ownerOf(mount, 0o600),
  };
}

/** Where a mount is seen; a relative path is one from the working directory. */
function targetOf(stage: Stage, { target: written }: Mount): string {
  const target = cleanPath(written).startsWith('/') ? written : joinPath('/', stage.workingDirectory, written);
  if (target === '/') throw new LanguageError(`invalid mount target "${target}"`);
  return target;
}

/** A directory of its own for a cache that says whose it is. */
function ownedDirectory(base: Tree, mount: Mount, stage: Stage, context: PlanContext): Tree {
  const { uid, gid, mode } = ownerOf(mount, 0o755);
  return {
    ...internalStep('[internal] setting cache mount permissions', stage.platform ?? context.platforms.target),
    kind: 'files',
    base,
    actions: [{ kind: 'mkdir', path: '/cache', mode, owner: `${uid}:${gid}` }],
    madeAt: null,
  };
}

function mounted(stage: Stage, mount: Mount, source: Stage | undefined, context: PlanContext): RunMount {
  const isOwn = mount.from === '' && mount.type !== 'cache';
  if (!isOwn && source && !source.isDone)
    throw new LanguageError(
      `cannot mount from stage "${mount.from || 'scratch'}" to "${mount.target}", stage needs to be defined before current command`,
    );
  const { readOnly } = mount;
  const target = targetOf(stage, mount);
  if (mount.type === 'tmpfs') return { type: 'tmpfs', target, sizeBytes: mount.sizeBytes, readOnly };
  const path = joinPath('/', mount.source);
  (isOwn ? stage.contextPaths : (source?.paths ?? new Set<string>())).add(path);
  let from = isOwn ? context.buildContext : (source?.tree ?? null);
  let within = path;
  if (path === '/' && (mount.uid !== null || mount.gid !== null || mount.mode !== null)) {
    from = ownedDirectory(from, mount, stage, context);
    within = '/cache';
  }
  if (mount.type !== 'cache') return { type: 'bind', from, source: within, target, readOnly };
  const id = `${context.options.cacheNamespace}/${mount.id || cleanPath(mount.target)}`;
  return { type: 'cache', id, sharing: mount.sharing ?? 'shared', from, source: within, target, readOnly };
}

/** Throws LanguageError. */
export function runMounts(
  stage: Stage,
  { sources }: Command,
  { mounts, location }: RunInstruction,
  context: PlanContext,
): RunMount[] {
  const expand = wordExpander(stage, location, context);
  // All are read before the first is looked at.
  const parsed = mounts.map((text) => parseMount(text, expand));
  return parsed.map((mount, index) => {
    if (mount.type === 'secret') return secretMount(stage, mount, location);
    if (mount.type === 'ssh') return sshMount(stage, mount, location);
    return mounted(stage, mount, sources[index], context);
  });
}
