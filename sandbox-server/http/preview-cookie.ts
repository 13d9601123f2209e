// The cookie that lets a browser see a preview, and how the previewed page's own cookies are rewritten.

import { isSecret, type Preview, type Previews } from '../previews/previews.ts';

/** Names that are ours, on the site or on a preview: no container gets or sets them. */
const ours = /^(__host-|__secure-)?drydock/i;

/** With `__Host-`, which browsers take only with Secure, no sibling origin can have set it. */
function nameOf(secure: boolean): string {
  return secure ? '__Host-drydock-preview' : 'drydock-preview';
}

/**
 * For this host alone. In a frame of the site it is a third-party cookie, which browsers keep only if it is `Partitioned`. It
 * then counts in that site's frames alone, and a window of its own gets another one. Without `Secure` only `Lax` works, which
 * is enough if the site and its previews are the same site.
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

/** The preview that the cookie opens; if `name` is set, only the preview of that name. Null without a valid cookie. */
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

/** A Cookie header without our own cookies; undefined if none is left. */
export function theirCookies(header: string | undefined): string | undefined {
  const left = pairs(header).filter((pair) => !ours.test(pair));
  return left.length === 0 ? undefined : left.join('; ');
}

/**
 * A container's Set-Cookie header as the browser gets it: for this host alone, and kept in a frame too. Null if its name is
 * ours.
 */
export function theirSetCookie(header: string, secure: boolean): string | null {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
  // To browsers `=name=value` is a cookie without a name. They send it back as `name=value`.
  if (ours.test(pair) || /^\s*=/.test(pair) || !pair.includes('=')) return null;
  const dropped = secure ? /^(domain|samesite|secure|partitioned)\b/i : /^(domain|partitioned)\b/i;
  const kept = attributes.filter((attribute) => attribute !== '' && !dropped.test(attribute));
  return [pair, ...kept, ...(secure ? ['Secure', 'SameSite=None', 'Partitioned'] : [])].join('; ');
}
