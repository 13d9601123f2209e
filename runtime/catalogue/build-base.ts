// Makes a base root, as an OCI layout of one layer. Knows nothing of the cache, of locks or of when to build.

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { goArchitecture } from '../images/architecture.ts';
import { installDebian } from '../kernel/debian.ts';
import { Blobs } from '../store/blobs.ts';
import { layerMediaType } from '../store/compression.ts';
import { pack } from '../store/layer-work.ts';
import type { BaseRoot } from './base-roots.ts';
import { makeBusyboxRoot } from './busybox.ts';
import { keepLists } from './keep-lists.ts';
import { writeLayout } from './layout.ts';

export interface BaseBuild {
  readonly root: BaseRoot;
  readonly tags: readonly string[];
  readonly compression: 'gzip' | 'zstd';
  /** An empty directory; what is left in it is the caller's. */
  readonly scratch: string;
  /** An empty directory that becomes the image's layout. */
  readonly layout: string;
  /** Where lists of Debian's packages are kept. */
  readonly lists: string;
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
}

/** What makes a Debian a small image: nothing is kept for later, and no service is started. */
const containerFiles = {
  'etc/apt/apt.conf.d/90container': {
    mode: 0o644,
    text: `// What apt would keep for a next time only makes layers larger.
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Log::Terminal "";
Dir::Log::History "";
APT::Keep-Downloaded-Packages "false";
APT::AutoRemove::SuggestsImportant "false";
DPkg::Post-Invoke { "rm -f /var/lib/dpkg/*-old /var/log/dpkg.log /var/log/alternatives.log"; };
`,
  },
  'usr/sbin/policy-rc.d': {
    mode: 0o755,
    text: `#!/bin/sh
# Installing a service's package does not start the service: a container runs what it was told to run.
exit 101
`,
  },
} as const;

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Throws unavailable where packages cannot be had, or the machine has no static busybox. */
export async function buildBase(build: BaseBuild): Promise<void> {
  const root = `${build.scratch}/root`;
  mkdirSync(root, { mode: 0o755 });
  chmodSync(root, 0o755);
  const version = await fillRoot(build, root);
  const blobs = new Blobs(`${build.layout}/blobs`);
  const blob = blobs.temporary();
  const job = { kind: 'pack', directory: root, blob, compression: build.compression } as const;
  const packed = await pack(job, build.signal, (bytes) => build.onStep(`packing, ${Math.round(bytes / 1e6)} MB`));
  await blobs.adopt(blob, packed.digest);
  const created = new Date().toISOString();
  writeLayout(build.layout, {
    tags: build.tags,
    version,
    configuration: {
      architecture: goArchitecture,
      os: 'linux',
      created,
      config: { Env: [path] },
      rootfs: { type: 'layers', diff_ids: [packed.diffId] },
      history: [{ created, created_by: describe(build.root) }],
    },
    layers: [{ ...packed, mediaType: layerMediaType[build.compression] }],
  });
}

function describe(root: BaseRoot): string {
  return root.kind === 'busybox' ? 'busybox, as this machine has it' : `Debian ${root.suite}, made of its packages`;
}

/** Gives a version that tags are made of; null where it has none. */
async function fillRoot({ root: base, signal, onStep, lists }: BaseBuild, root: string): Promise<string | null> {
  if (base.kind === 'busybox') return makeBusyboxRoot(root);
  const { suite, manuals } = base;
  await installDebian({ suite, manuals, root, signal, onStep });
  // The image does without them.
  await keepLists(`${root}/var/lib/apt/lists`, lists).catch(() => undefined);
  tidy(root);
  if (manuals) return null;
  for (const [name, { mode, text }] of Object.entries(containerFiles)) {
    writeFileSync(`${root}/${name}`, text);
    chmodSync(`${root}/${name}`, mode);
  }
  return null;
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
