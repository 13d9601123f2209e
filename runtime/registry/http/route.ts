// Which of a registry's end points a path names. Names hold slashes, so paths are read from their end.

import { isRepository } from '../names.ts';

export type Route =
  | { readonly kind: 'base' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'uploads'; readonly repository: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly id: string }
  | { readonly kind: 'referrers'; readonly repository: string; readonly digest: string }
  /** As one of the others, with a name that can be none. */
  | { readonly kind: 'bad-name'; readonly repository: string };

/** `path` is decoded. Null where it is no end point. */
export function routeOf(path: string): Route | null {
  if (path === '/v2' || path === '/v2/') return { kind: 'base' };
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  if (!path.startsWith('/v2/')) return null;
  const parts = path.slice('/v2/'.length).split('/');
  const route = fromEnd(parts);
  return route && 'repository' in route && !isRepository(route.repository)
    ? { kind: 'bad-name', repository: route.repository }
    : route;
}

function fromEnd(parts: readonly string[]): Route | null {
  const [third = '', second = '', last = ''] = [parts.at(-3), parts.at(-2), parts.at(-1)];
  const before = (many: number): string => parts.slice(0, -many).join('/');
  if (parts.length > 3 && third === 'blobs' && second === 'uploads')
    return last === ''
      ? { kind: 'uploads', repository: before(3) }
      : { kind: 'upload', repository: before(3), id: last };
  if (parts.length > 2 && second === 'blobs')
    return last === 'uploads'
      ? { kind: 'uploads', repository: before(2) }
      : { kind: 'blob', repository: before(2), digest: last };
  if (parts.length > 2 && second === 'manifests') return { kind: 'manifest', repository: before(2), reference: last };
  if (parts.length > 2 && second === 'referrers') return { kind: 'referrers', repository: before(2), digest: last };
  if (parts.length > 2 && second === 'tags' && last === 'list') return { kind: 'tags', repository: before(2) };
  return null;
}
