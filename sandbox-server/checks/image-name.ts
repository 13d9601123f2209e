// Compares image names as Docker understands them: `nginx`, `nginx:latest` and `docker.io/library/nginx` are one.

interface ImageName {
  readonly repository: string;
  readonly tag: string | null;
}

function parse(name: string): ImageName {
  const [withoutDigest = ''] = name.split('@');
  const colon = withoutDigest.lastIndexOf(':');
  const hasTag = colon > withoutDigest.lastIndexOf('/');
  const repository = hasTag ? withoutDigest.slice(0, colon) : withoutDigest;
  return {
    repository: repository.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, ''),
    tag: hasTag ? withoutDigest.slice(colon + 1) : null,
  };
}

/**
 * What a container was made from, by the name that a check knows it by where `docker run` was given an image's id, or the
 * beginning of it; `ids` are those of the names that checks know.
 */
export function namedImage(found: string, ids: Iterable<readonly [name: string, id: string]>): string {
  const digits = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(found)?.[1];
  if (digits === undefined) return found;
  return [...ids].find(([, id]) => id.replace(/^sha256:/, '').startsWith(digits))?.[0] ?? found;
}

/** Whether two names mean the same image, spelled out or not. */
export function isSameName(one: string, other: string): boolean {
  const [a, b] = [parse(one), parse(other)];
  return a.repository === b.repository && (a.tag ?? 'latest') === (b.tag ?? 'latest');
}

/** Whether a container's image is the wanted one; a wanted name without a tag means any tag. */
export function isImage(wanted: string, found: string): boolean {
  const [want, has] = [parse(wanted), parse(found)];
  return want.repository === has.repository && (want.tag === null || want.tag === (has.tag ?? 'latest'));
}
