// The pages that a preview's origin shows when the container's page cannot be shown: why, and what to do.

import type { IncomingMessage, ServerResponse } from 'node:http';

/** Paths that are ours on every preview's origin. */
export const ownPaths = { enter: '/__drydock/enter', ready: '/__drydock/ready', wait: '/__drydock/wait.js' } as const;

export interface Notice {
  readonly status: number;
  /** Text, not HTML; nothing in it comes from a container. */
  readonly heading: string;
  readonly sentence: string;
  /** A command that would help. */
  readonly command?: string;
  /** The page polls by itself, and reloads when there is something to see. */
  readonly waits?: boolean;
}

/** Polls each second, and reloads the page on any status but 503. */
export const waitScript = `const lookLater = () => setTimeout(look, 1000);
const look = () => fetch('${ownPaths.ready}', { cache: 'no-store' })
  .then(({ status }) => (status === 503 ? lookLater() : location.replace(location.href)), lookLater);
lookLater();
`;

const style = `
:root { color-scheme: light dark; --paper: light-dark(#f7f5f0, #0e1820); --ink: light-dark(#14212b, #e6edf0);
  --quiet: light-dark(#455560, #a9bac4); --sea: light-dark(#0b6e78, #5cc3c8); --line: light-dark(#dcd8ce, #23384a);
  --steel: light-dark(#0f1c26, #0a1218); --on-steel: #d8e4ea; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
  font: 16px/1.5 "IBM Plex Sans", system-ui, sans-serif; }
main { max-width: 34rem; padding: 24px; }
h1 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 8px; text-wrap: balance; }
p { margin: 0 0 16px; color: var(--quiet); }
pre { margin: 0 0 16px; padding: 8px 12px; border-radius: 6px; background: var(--steel); color: var(--on-steel);
  font: 14px/1.5 "IBM Plex Mono", ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.waits { display: flex; gap: 8px; align-items: center; margin: 0; font-size: 14px; }
.waits::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--sea); }
@media (prefers-reduced-motion: no-preference) {
  .waits::before { animation: breathe 1.6s ease-in-out infinite alternate; }
  @keyframes breathe { to { opacity: .25; } } }
`;

function pageOf({ heading, sentence, command, waits = false }: Notice): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${heading}</title><style>${style}</style>
<main><h1>${heading}</h1><p>${sentence}</p>${command === undefined ? '' : `<pre><code>${command}</code></pre>`}
${waits ? `<p class="waits" role="status">This page looks again every second.</p><script src="${ownPaths.wait}"></script>` : ''}</main></html>`;
}

/** Sends a notice: HTML if the request accepts that, else text. If an answer has begun, it closes the connection instead. */
export function sendNotice(request: IncomingMessage, response: ServerResponse, notice: Notice, framedBy: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const asPage = /\btext\/html\b/.test(request.headers.accept ?? '');
  const body = asPage ? pageOf(notice) : `${notice.heading}. ${notice.sentence}\n`;
  response.writeHead(notice.status, {
    'content-type': asPage ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...ownHeaders(framedBy),
    // The rest of the request's body is not read.
    connection: 'close',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Headers of each answer on a preview's origin that is ours, not a container's. */
export function ownHeaders(framedBy: string): Readonly<Record<string, string>> {
  const policy = ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "style-src 'unsafe-inline'"];
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': [
      ...policy,
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors 'self' ${framedBy}`,
    ].join('; '),
  };
}
