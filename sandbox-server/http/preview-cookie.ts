// The cookie that lets a browser see a preview, and what becomes of the page's own cookies on their way through us.

import { isSecret, type Preview, type Previews } from '../previews/previews.ts';

/** Names that are ours, on the site or on a preview: no container gets or sets them. */
const ours = /^(__host-|__secure-)?drydock/i;

/** `__Host-` where the browser takes it: then no page beside can have set it. */
function nameOf(secure: boolean): string {
  return secure ? '__Host-drydock-preview' : 'drydock-preview';
}

/**
 * Host-only. In a frame of the site it is a third party's, which browsers keep when it is `Partitioned`: then it counts in
 * that site's frames alone, and for a window of its own there is another. Without `Secure` only `Lax` can be had, which is
 * enough where the site and its previews are the same site.
 */
export function previewCookie({ name, secret }: Preview, secure: boolean): string {
  const rest = secure ? 'Secure; SameSite=None; Partitioned' : 'SameSite=Lax';
  return `${nameOf(secure)}=${name}.${secret}; Path=/; HttpOnly; ${rest}`;
}

function pairs(header: string | undefined): string[] {
  return (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The preview that a cookie lets into; `name` where it must be that one. Null where there is no good cookie. */
export function admitted(
  previews: Previews,
  header: string | undefined,
  { name, secure }: { readonly name: string | null; readonly secure: boolean },
): Preview | null {
  const start = `${nameOf(secure)}=`;
  for (const pair of pairs(header).slice(0, 100)) {
    if (!pair.startsWith(start)) continue;
    const [given = '', secret = ''] = pair.slice(start.length).split('.');
    const preview = previews.find(given);
    if (preview !== null && (name === null || preview.name === name) && isSecret(preview, secret)) return preview;
  }
  return null;
}

/** A Cookie header without what is ours; undefined where nothing is left. */
export function theirCookies(header: string | undefined): string | undefined {
  const left = pairs(header).filter((pair) => !ours.test(pair));
  return left.length === 0 ? undefined : left.join('; ');
}

/**
 * A Set-Cookie header of a container as the browser gets it: for this host alone, and such that it counts in a frame too;
 * null where its name is ours.
 */
export function theirSetCookie(header: string, secure: boolean): string | null {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
  // Browsers take `=name=value` for a cookie without a name, and send its value as if it had one.
  if (ours.test(pair) || /^\s*=/.test(pair) || !pair.includes('=')) return null;
  const dropped = secure ? /^(domain|samesite|secure|partitioned)\b/i : /^(domain|partitioned)\b/i;
  const kept = attributes.filter((attribute) => attribute !== '' && !dropped.test(attribute));
  return [pair, ...kept, ...(secure ? ['Secure', 'SameSite=None', 'Partitioned'] : [])].join('; ');
}
