// Published ports, as a lab file writes them (as `docker run -p` does) and as the engine tells them.

import { shown } from './shown.ts';

export interface PublishedPort {
  /** Empty for all addresses of the host. */
  readonly address: string;
  /** Null where Docker is to choose it. */
  readonly host: number | null;
  readonly container: number;
  readonly protocol: string;
}

/** As an engine tells it: `0.0.0.0` and `::` are all addresses of their kind. */
export function addressOf(told: string): string {
  return told === '0.0.0.0' || told === '::' ? '' : told;
}

const form = /^(?:(?:(\[[^\]]*\]|[\d.]+):)?(\d+):)?(\d+)(?:\/(tcp|udp))?$/;

/** `sameAddress` null: at any. Null where the text is none, such as a parameter without a value. */
function parse(text: string): (PublishedPort & { readonly anyAddress: boolean }) | null {
  const [, address, host, container, protocol = 'tcp'] = form.exec(text) ?? [];
  if (container === undefined) return null;
  return {
    anyAddress: address === undefined,
    address: addressOf((address ?? '').replace(/^\[|\]$/g, '')),
    host: host === undefined ? null : Number(host),
    container: Number(container),
    protocol,
  };
}

/** Whether a port is as a lab file wants it. `80` means any port of the host, or with `chosen` one that Docker is to choose. */
export function isPort(wanted: string, has: PublishedPort, { chosen = false } = {}): boolean {
  const want = parse(wanted);
  if (want === null || want.container !== has.container || want.protocol !== has.protocol) return false;
  if (want.host === null ? chosen && has.host !== null : want.host !== has.host) return false;
  return want.anyAddress || want.address === has.address;
}

function portInWords({ address, host, container, protocol }: PublishedPort): string {
  const at = address === '' ? '' : `${address.includes(':') ? `[${address}]` : address}:`;
  const places = host === null ? `${container}` : `${at}${host}:${container}`;
  return shown(`${places}${protocol === 'tcp' ? '' : `/${protocol}`}`);
}

/** `8080:80` each, as in `docker run -p`; the first three. */
export function portsInWords(ports: readonly PublishedPort[]): string {
  return ports.slice(0, 3).map(portInWords).join(', ');
}
