// The ports of EXPOSE: `80`, `53/udp`, `8000-8010`, and what should not stand there but may: `127.0.0.1:80:80`.

import { maxPortsPerContainer } from '../../limits.ts';
import { cut, quote } from './go-text.ts';
import type { Linter } from './lint.ts';
import { says } from './lint-rules.ts';
import { LanguageError, type Location } from './source.ts';

/** Address, port on the host, port in the container, as far as they are there. */
function partsOf(text: string): readonly [string, string, string] {
  const parts = text.split(':');
  const container = parts.pop() ?? '';
  const host = parts.pop() ?? '';
  return [parts.join(':'), host, container];
}

function portNumber(text: string): number | null {
  if (!/^[+-]?\d+$/.test(text)) return null;
  const port = Number(text);
  return port >= 0 && port <= 65535 ? port : null;
}

/** First and last; null where it is no range. */
function rangeOf(text: string): readonly [number, number] | null {
  const [from, to] = cut(text, '-');
  const first = portNumber(from);
  if (first === null || to === null || to === from) return first === null ? null : [first, first];
  const last = portNumber(to);
  return last === null || last < first ? null : [first, last];
}

/** IPv6 has no zone here, as in Go's `net.ParseIP`. */
function isAddress(text: string): boolean {
  const bytes = text.split('.');
  const isIPv4 = bytes.length === 4 && bytes.every((byte) => /^(0|[1-9]\d{0,2})$/.test(byte) && Number(byte) <= 255);
  return isIPv4 || (text.includes(':') && /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]/`));
}

function checkAddress(address: string): void {
  if (address === '') return;
  const bare = address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
  if (!isAddress(bare)) throw new LanguageError(`invalid IP address: ${bare}`);
}

/** `80/tcp` for each port of one word. Throws LanguageError. */
function parsePort(text: string, location: Location, lint: Linter): string[] {
  const [address, host, container] = partsOf(text);
  const [ports, written] = cut(container, '/');
  if (ports === '') throw new LanguageError(`invalid port: ${quote(text)}: no port specified`);
  const protocol = (written || 'tcp').toLowerCase();
  if (!['tcp', 'udp', 'sctp'].includes(protocol))
    throw new LanguageError(`invalid port: ${quote(text)}: invalid proto: ${written}`);
  if (written && written !== protocol) lint.warn('ExposeProtoCasing', location, says.exposeProtoCasing(text));
  if (address !== '' || host !== '') lint.warn('ExposeInvalidFormat', location, says.exposeInvalidFormat(text));
  checkAddress(address);
  const range = rangeOf(ports);
  if (!range) throw new LanguageError(`invalid containerPort: ${ports}`);
  const [first, last] = range;
  if (host !== '') {
    const hostRange = rangeOf(host);
    if (!hostRange) throw new LanguageError(`invalid hostPort: ${host}`);
    if (last !== first && last - first !== hostRange[1] - hostRange[0])
      throw new LanguageError(`invalid ranges specified for container and host Ports: ${ports} and ${host}`);
  }
  if (last - first >= maxPortsPerContainer)
    throw new LanguageError(`EXPOSE may name ${maxPortsPerContainer} ports, and ${text} is more`);
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol}`);
}

/** Throws LanguageError. */
export const parsePorts = (texts: readonly string[], location: Location, lint: Linter): string[] =>
  texts.flatMap((text) => parsePort(text, location, lint));
