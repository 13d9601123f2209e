// The headers that every answer carries: what a browser may do with it.

/**
 * For pages. Scripts only from files of ours. Styles also inline, because xterm writes `<style>` elements and `style`
 * attributes while it draws; a style can read nothing and send nothing while every `*-src` is our own.
 */
const pagePolicy = (previews: string | null) =>
  [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-src ${previews ?? "'none'"}`,
    "frame-ancestors 'none'",
  ].join('; ');

const common = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
} as const;

/** `previews` is where frames may come from; null for nowhere. */
export function securityHeaders(
  kind: 'page' | 'api',
  publicOrigin: string,
  previews: string | null,
): Readonly<Record<string, string>> {
  return {
    ...common,
    'content-security-policy': kind === 'page' ? pagePolicy(previews) : "default-src 'none'; frame-ancestors 'none'",
    ...(kind === 'api' ? { 'cache-control': 'no-store' } : {}),
    ...(publicOrigin.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
}
