// Builds one recipe into an OCI layout. Knows nothing of the cache, of locks or of when to build.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { at, EngineError } from '../errors.ts';
import { installDebian, runInRoot } from '../kernel/debian.ts';
import { detachMount, mountOverlay } from '../kernel/mounts.ts';
import { maxCatalogueLayerBytes, maxLayerEntries } from '../limits.ts';
import { Blobs } from '../store/blobs.ts';
import { layerMediaType } from '../store/compression.ts';
import { pack, unpack } from '../store/layer-work.ts';
import { makeBusyboxRoot } from './busybox.ts';
import { imageConfiguration } from './configuration.ts';
import { keepLists } from './keep-lists.ts';
import { type CatalogueEntry, writeLayout } from './layout.ts';
import { messageProgram } from './message-program.ts';
import type { Recipe } from './recipe.ts';

export interface Build {
  readonly recipe: Recipe;
  /** The image that the recipe is based on, built; null where it is based on none. */
  readonly base: CatalogueEntry | null;
  /** An empty directory on a file system that can be an overlay's upper directory; what is left in it is the caller's. */
  readonly scratch: string;
  /** An empty directory that becomes the image's layout. */
  readonly layout: string;
  /** Where lists of Debian's packages are kept. */
  readonly lists: string;
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
}

/** Throws unavailable where packages cannot be had. On an error both directories hold parts of the image. */
export async function buildImage(build: Build): Promise<void> {
  const { recipe, signal, onStep } = build;
  const root = `${build.scratch}/root`;
  mkdirSync(root, { mode: 0o755 });
  chmodSync(root, 0o755);
  const versionTags = await makeRoot(build, root);
  try {
    copyFiles(`${recipe.directory}/files`, root);
    if (existsSync(`${recipe.directory}/setup.sh`)) {
      onStep('running its set-up');
      await runSetup(recipe, root, signal);
    }
    // The image does without them.
    if (recipe.suite !== null) await keepLists(`${root}/var/lib/apt/lists`, build.lists).catch(() => undefined);
    if (recipe.suite !== null) tidy(root);
    versionTags.push(...packageVersionTags(recipe, root));
  } finally {
    if (build.base) detachMount(root);
  }

  const blobs = new Blobs(`${build.layout}/blobs`);
  const blob = blobs.temporary();
  const directory = build.base ? `${build.scratch}/upper` : root;
  const job = { kind: 'pack', directory, blob, compression: recipe.compression } as const;
  const packed = await pack(job, signal, (bytes) => onStep(`packing, ${Math.round(bytes / 1e6)} MB`));
  await blobs.adopt(blob, packed.digest);
  for (const layer of build.base?.layers ?? []) linkOrCopy(layer.blob, blobs.path(layer.digest));
  writeLayout(build.layout, {
    tags: [...new Set([...recipe.tags, ...versionTags])],
    configuration: imageConfiguration({
      recipe,
      base: build.base,
      diffId: packed.diffId,
      now: new Date(),
      // The last of 8, 8.0 and 8.0.2.
      version: versionTags.at(-1) ?? '',
    }),
    layers: [...(build.base?.layers ?? []), { ...packed, mediaType: layerMediaType[recipe.compression] }],
  });
}

/** Fills `root`. Gives tags for the version that it found. */
async function makeRoot(build: Build, root: string): Promise<string[]> {
  const { recipe, signal, onStep } = build;
  switch (recipe.root.kind) {
    case 'busybox': {
      const version = makeBusyboxRoot(root);
      return [version.split('.').slice(0, 2).join('.'), version];
    }
    case 'message':
      writeFileSync(
        `${root}/hello`,
        messageProgram(readFileSync(`${recipe.directory}/${recipe.root.file}`, 'utf8'), process.arch),
        { mode: 0o755 },
      );
      return [];
    case 'debian':
      await installDebian({
        suite: recipe.root.suite,
        packages: recipe.packages,
        manuals: recipe.manuals,
        root,
        onTop: false,
        signal,
        onStep,
      });
      return [];
    case 'image':
      await mountOnBase(build, root);
      try {
        const { suite, packages, manuals } = recipe;
        if (packages.length > 0 && suite !== null) {
          await installDebian({ suite, packages, manuals, root, onTop: true, signal, onStep });
        }
      } catch (error) {
        detachMount(root);
        throw error;
      }
      return [];
  }
}

/** `8`, `8.0` and `8.0.2` for Debian's version `5:8.0.2-3+deb13u3` of the package that the recipe names. */
function packageVersionTags(recipe: Recipe, root: string): string[] {
  if (recipe.versionFrom === undefined) return [];
  const installed = readFileSync(`${root}/var/lib/dpkg/status`, 'utf8').split('\n\n');
  const entry = installed.find((one) => one.startsWith(`Package: ${recipe.versionFrom}\n`)) ?? '';
  const version = /^Version: (?:\d+:)?(\d+(?:\.\d+)*)/m.exec(entry)?.[1];
  if (version === undefined) {
    throw new EngineError('invalid', `it takes its tags from the version of ${recipe.versionFrom}, which is not in it`);
  }
  const parts = version.split('.');
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
}

/** Unpacks the base and mounts a writable overlay of it on `root`; what is written there is the new layer. */
async function mountOnBase(build: Build, root: string): Promise<void> {
  const lower: string[] = [];
  for (const [i, layer] of (build.base?.layers ?? []).entries()) {
    build.onStep('unpacking what it is based on');
    const directory = `${build.scratch}/base${i}`;
    mkdirSync(directory, { mode: 0o755 });
    const limits = { maxBytes: maxCatalogueLayerBytes, maxEntries: maxLayerEntries };
    await unpack({ kind: 'unpack', ...layer, isHashed: false, directory, ...limits }, build.signal, () => undefined);
    lower.push(directory);
  }
  const [upper, work] = [`${build.scratch}/upper`, `${build.scratch}/work`];
  mkdirSync(upper, { mode: 0o755 });
  mkdirSync(work);
  mountOverlay({ lower, upper, work }, root);
}

/** Copies a recipe's files as root's. Permissions are 644 or, for what is executable, 755: a clone's umask means nothing. */
function copyFiles(from: string, to: string): void {
  if (!existsSync(from)) return;
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory()) {
      if (!existsSync(target)) {
        mkdirSync(target);
        chmodSync(target, 0o755);
      }
      copyFiles(source, target);
    } else {
      copyFileSync(source, target);
      chmodSync(target, statSync(source).mode & 0o100 ? 0o755 : 0o644);
    }
  }
}

async function runSetup(recipe: Recipe, root: string, signal: AbortSignal): Promise<void> {
  const script = '/.setup.sh';
  copyFileSync(`${recipe.directory}/setup.sh`, root + script);
  // It may ask apt for more; `tidy` takes the file away again.
  if (recipe.suite !== null) copyFileSync('/etc/resolv.conf', `${root}/etc/resolv.conf`);
  try {
    await runInRoot(root, ['/bin/sh', '-eu', script], signal);
  } catch (error) {
    throw at('its setup.sh', error);
  } finally {
    rmSync(root + script, { force: true });
  }
}

/** Takes away what the installation needed and a container does not; the runtime gives each container its own /dev. */
function tidy(root: string): void {
  for (const directory of ['dev', 'var/lib/apt/lists', 'var/cache/apt', 'tmp']) emptyDirectory(`${root}/${directory}`);
  mkdirSync(`${root}/var/cache/apt/archives/partial`, { recursive: true });
  mkdirSync(`${root}/var/lib/apt/lists/partial`, { recursive: true });
  for (const file of ['etc/resolv.conf', 'etc/hostname', 'etc/passwd-', 'etc/group-', 'etc/shadow-', 'etc/gshadow-']) {
    rmSync(`${root}/${file}`, { force: true });
  }
  for (const log of [
    'dpkg.log',
    'alternatives.log',
    'bootstrap.log',
    'apt/history.log',
    'apt/term.log',
    'apt/eipp.log.xz',
  ]) {
    rmSync(`${root}/var/log/${log}`, { force: true });
  }
  for (const old of ['dpkg/status-old', 'dpkg/diversions-old', 'dpkg/statoverride-old']) {
    rmSync(`${root}/var/lib/${old}`, { force: true });
  }
}

function emptyDirectory(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) rmSync(`${directory}/${name}`, { recursive: true, force: true });
}

/** Images of one cache share their layers' blobs; a hard link is as good as a copy, for a blob never changes. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
