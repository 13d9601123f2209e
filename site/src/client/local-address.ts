/** Addresses of the student's own host in text: `localhost:8080/path`, `http://127.0.0.1:8080`, `0.0.0.0:8080->80/tcp`. */

export interface LocalAddress {
  readonly port: number;
  /** With its leading slash, and what follows it. */
  readonly path: string;
}

export interface FoundAddress extends LocalAddress {
  /** Where it stands in the line, in UTF-16 units. */
  readonly start: number;
  readonly length: number;
}

const local = /(?<![\w.:/-])(?:localhost|127\.0\.0\.1|0\.0\.0\.0):(\d{1,5})(\/[\w\-./%?&=+~#:@]*)?(?!\d)/g;

/** Every address of the host in a line that has no scheme before it. */
export function localAddresses(line: string): FoundAddress[] {
  const found: FoundAddress[] = [];
  for (const match of line.matchAll(local)) {
    const port = Number(match[1]);
    const path = (match[2] ?? '/').replace(/[.,:]+$/, '') || '/';
    if (port >= 1 && port <= 65_535) found.push({ port, path, start: match.index, length: match[0].length });
  }
  return found;
}

/** What a link's address names on the host itself; undefined where it leads elsewhere. */
export function localAddressOf(address: string): LocalAddress | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'http:' || !['localhost', '127.0.0.1', '0.0.0.0'].includes(url.hostname)) return undefined;
  return { port: Number(url.port) || 80, path: `${url.pathname}${url.search}${url.hash}` };
}

/** An address on the web as it truly is, for a question about it: punycode and escapes shown. Undefined for all else. */
export function webAddressOf(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.href : undefined;
}
