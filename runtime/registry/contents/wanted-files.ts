// The files of an image that are looked at, and how its layers come together in them: whoever is on top hides what is below.

import type { Content } from './content.ts';
import { packagesOf } from './dpkg-status.ts';
import { releaseOf } from './os-release.ts';

const single = ['etc/os-release', 'usr/lib/os-release', 'var/lib/dpkg/status'] as const;
/** Of images without dpkg: a file for each package, and its checksums in another. */
export const statusDirectory = 'var/lib/dpkg/status.d';

/** `path` without a slash before it. */
export function isWanted(path: string): boolean {
  return single.some((one) => one === path) || isOfStatusDirectory(path);
}

function isOfStatusDirectory(path: string): boolean {
  return (
    path.startsWith(`${statusDirectory}/`) &&
    !path.includes('/', statusDirectory.length + 1) &&
    !path.endsWith('.md5sums')
  );
}

/** The single ones, for who can look them up. */
export const singleFiles: readonly string[] = single;

const ways = new Set(
  [...single, `${statusDirectory}/x`].flatMap((path) =>
    [...path.matchAll(/\//g)].map((slash) => path.slice(0, slash.index)),
  ),
);

/** Whether a wanted file may be below it: it is one of the few directories on the way to one. */
export function isOnTheWay(path: string): boolean {
  return path === '' || ways.has(path);
}

/** All directories on the way to wanted files, each after the one that it is in. */
export const directoriesOnTheWay: readonly string[] = [...ways].sort();

/** What one layer says of wanted files. Paths have no slash before them; the root is the empty one. */
export interface LayerFiles {
  /** What each holds; null where it is no regular file. */
  readonly files: ReadonlyMap<string, string | null>;
  /** What is hidden of the layers below: each path, and what is below it. */
  readonly hidden: ReadonlySet<string>;
}

/** What `layers`, the top one first, show together. Throws tooLarge. */
export function contentOf(layers: Iterable<LayerFiles>): Content {
  const shown = new Map<string, string | null>();
  const hidden = new Set<string>();
  for (const layer of layers) {
    for (const [path, text] of layer.files) if (!shown.has(path) && !isHidden(path, hidden)) shown.set(path, text);
    for (const path of layer.hidden) hidden.add(path);
  }
  const statuses = [...shown].flatMap(([path, text]) => (text !== null && !path.endsWith('os-release') ? [text] : []));
  // The one in /etc is a link to the other as a rule.
  const release = shown.get('etc/os-release') ?? shown.get('usr/lib/os-release') ?? null;
  return { release: release === null ? null : releaseOf(release), packages: packagesOf(statuses) };
}

function isHidden(path: string, hidden: ReadonlySet<string>): boolean {
  if (hidden.has('')) return true;
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
    if (hidden.has(path.slice(0, end))) return true;
  return false;
}
