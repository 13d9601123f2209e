/** Paths in a home: relative, `/` between the parts, empty for the home itself. */

/** The longest name that a file can have, in bytes (Linux). */
const maxNameBytes = 255;

export function join(folder: string, name: string): string {
  return folder ? `${folder}/${name}` : name;
}

export function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

export function nameOf(path: string): string {
  return path.split('/').at(-1) ?? '';
}

/** Whether `path` is `folder` or in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Why this cannot be a file's name, in a sentence; undefined where it can. Slashes name folders on the way. */
export function whyNoName(name: string): string | undefined {
  if (!name) return 'A name is needed.';
  const parts = name.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'A name cannot be empty, . or ..';
  if (parts.some((part) => new TextEncoder().encode(part).length > maxNameBytes)) return 'That name is too long.';
  return /\p{Cc}/u.test(name) ? 'A name cannot hold control characters.' : undefined;
}
