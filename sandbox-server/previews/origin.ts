// Where previews are served: what the setting DRYDOCK_PREVIEW_ORIGIN means. Knows neither sessions nor ports of containers.

/** `https://*.preview.example.org`: an origin for each preview. `http://host:8081`: one origin, for one preview at a time. */
const pattern = /^(https?):\/\/(\*\.)?([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?$/;
const namePattern = /^[0-9a-f]{32}$/;

export interface PreviewOrigins {
  /** As a source of a content security policy. */
  readonly source: string;
  /** All previews share one origin; a cookie tells which preview is meant. */
  readonly shared: boolean;
  /** Browsers keep cookies with `Secure` there: https, and localhost. */
  readonly secure: boolean;
  /** The port to listen on beside the server's own, where there is one. */
  readonly extraPort: number | null;
  /** Of the preview with this name. */
  originOf(name: string): string;
  /** Is this Host header one of ours, and which preview does it name? A shared origin names none; null where it is not ours. */
  named(host: string | undefined): { readonly name: string | null } | null;
}

function isLocalhost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}

/** Is this text a setting that `previewOrigins` takes? */
export function isPreviewOrigin(text: string): boolean {
  const parts = pattern.exec(text);
  return parts !== null && URL.canParse(text.replace('*.', 'x.'));
}

/** The part of a host's name that somebody can register: its last two labels, or three below `co.uk` and the like. */
function domainOf(hostname: string): string {
  const labels = hostname.split('.');
  const isBelowTwo = /^(co|com|org|net|ac|edu|gov)\.[a-z]{2}$/.test(labels.slice(-2).join('.'));
  return labels.slice(isBelowTwo ? -3 : -2).join('.');
}

/**
 * Whether the site and its previews share a domain, by a simple rule. F08: a preview may then set cookies for that domain, which
 * the site gets too. False for localhost, which has no such cookies, and for addresses, which have no domain.
 */
export function sharesSite(setting: string, publicOrigin: string): boolean {
  const [site, previews] = [new URL(publicOrigin).hostname, new URL(setting.replace('*.', '')).hostname];
  const isName = !isLocalhost(site) && site.includes('.') && !/^[0-9.]+$|^\[/.test(site);
  return isName && domainOf(site) === domainOf(previews);
}

/**
 * `setting` null: on localhost an origin is derived; elsewhere there are no previews, and the result is null. `port` is the
 * server's own. Throws if the setting is invalid, or is the site's own origin, which a preview must not have.
 */
export function previewOrigins(setting: string | null, publicOrigin: string, port: number): PreviewOrigins | null {
  const site = new URL(publicOrigin);
  if (setting === null && site.hostname !== 'localhost' && site.hostname !== '127.0.0.1') return null;
  const own = setting ?? `${site.protocol}//*.preview.localhost${site.port === '' ? '' : `:${site.port}`}`;
  const [, protocol = '', wildcard, hostname = ''] = pattern.exec(own) ?? [];
  if (!isPreviewOrigin(own))
    throw new Error(`preview origin ${own}: write https://*.preview.example.org or http://host:8081`);
  const { origin, host } = new URL(own.replace('*.', ''));
  if (origin === site.origin && wildcard === undefined)
    throw new Error(`preview origin ${own}: it must not be the site's own address`);
  const ownPort = Number(new URL(origin).port);
  const common = {
    shared: wildcard === undefined,
    secure: protocol === 'https' || isLocalhost(hostname),
    // Behind a proxy with TLS all come in through the server's own port.
    extraPort:
      protocol === 'http' && ownPort !== 0 && ownPort !== port && ownPort !== Number(site.port) ? ownPort : null,
  };
  if (wildcard === undefined) {
    return {
      ...common,
      source: origin,
      originOf: () => origin,
      named: (given) => (given?.toLowerCase() === host ? { name: null } : null),
    };
  }
  return {
    ...common,
    source: `${protocol}://*.${host}`,
    originOf: (name) => `${protocol}://${name}.${host}`,
    named: (given) => {
      const lower = given?.toLowerCase() ?? '';
      if (!lower.endsWith(`.${host}`)) return null;
      const name = lower.slice(0, -host.length - 1);
      return { name: namePattern.test(name) ? name : '' };
    },
  };
}
