// A connection to a registry from the network namespace that this thread is in: TCP, and TLS where the URL says so. What fails is told
// in the words of Go's net package, which Docker's users know.

import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { registryConnectMs } from '../limits.ts';
import { hostPort, isLoopback, isRefused } from './addresses.ts';
import type { IsInsecure } from './daemon-settings.ts';
import { RegistryFailure } from './failure.ts';
import type { Resolve } from './names.ts';

export interface Way {
  readonly resolve: Resolve;
  /** Those that may be asked over plain HTTP, and need no certificate, besides those of the host's loopback; none where left out. */
  readonly isInsecure?: IsInsecure;
  /** The certificate authorities, in PEM, that the host trusts for `HOST:PORT` besides the usual ones; null where it has none. */
  readonly authorities?: (place: string) => string | null;
  /** Whether a connection may be made at all; all that the network lets through where left out. */
  readonly mayReach?: (place: string, address: string) => boolean;
  /** Files are fetched, not images: plain HTTP will do everywhere, and no place is trusted without a certificate. */
  readonly isForFiles?: boolean;
  /** Where the host has no way out but by an HTTP proxy: names that it does not know by itself are asked for there. */
  readonly proxy?: Proxy | null;
}

export interface Proxy {
  readonly address: string;
  readonly port: number;
  /** Whether the host finds a name without the proxy. */
  readonly isNear: (name: string) => boolean;
}

/** Addresses of one name that are tried. */
const maxTried = 4;

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ENETUNREACH: 'connect: network is unreachable',
  EHOSTUNREACH: 'connect: no route to host',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
  EACCES: 'connect: permission denied',
  ECONNRESET: 'read: connection reset by peer',
  ETIMEDOUT: 'i/o timeout',
};

const untrusted = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
];

/** Whether plain HTTP will do for the registry `place`, `dev:5000`, at this address: as Docker has it for those of the own machine. */
export function isInsecure(way: Way, place: string, address: string): boolean {
  if (way.isForFiles) return false;
  return isLoopback(address) || way.isInsecure?.(place, address) === true;
}

/** Without the brackets that a URL has around an IPv6 address. */
const bareHost = (host: string): string => host.replace(/^\[|\]$/g, '');

/** Whether the proxy is to be asked for a host in a URL. */
export function isFar({ proxy }: Way, host: string): boolean {
  const bare = bareHost(host);
  return proxy != null && net.isIP(bare) === 0 && !proxy.isNear(bare);
}

/** Whether a plain request goes to the proxy itself, which is told the whole URL. */
export function isByPlainProxy(way: Way, host: string, secure: boolean): way is Way & { readonly proxy: Proxy } {
  return !secure && way.isForFiles === true && isFar(way, host);
}

/** The addresses of a host in a URL. Throws RegistryFailure. */
export async function addressesOf(way: Way, host: string): Promise<readonly string[]> {
  const bare = bareHost(host);
  return net.isIP(bare) === 0 ? await way.resolve(bare) : [bare];
}

/** Connected, and verified where it is `secure`. Throws RegistryFailure. */
export async function dialRegistry(way: Way, host: string, port: number, secure: boolean): Promise<net.Socket> {
  const bare = bareHost(host);
  const place = port === (secure ? 443 : 80) ? host : `${host}:${port}`;
  if (isByPlainProxy(way, host, secure)) return await connectTo(way.proxy.address, way.proxy.port);
  if (secure && way.proxy && isFar(way, host)) {
    const socket = await connectThrough(way.proxy, `${bare}:${port}`);
    return await secured(socket, bare, false, authoritiesFor(way, place));
  }
  let failure: unknown;
  for (const address of (await addressesOf(way, host)).slice(0, maxTried)) {
    try {
      if (way.mayReach?.(place, address) === false)
        throw new RegistryFailure(`${place} is at ${address}, which is no address of the internet`, { kind: 'broken' });
      const insecure = isInsecure(way, place, address);
      if (!secure && !insecure && !way.isForFiles)
        throw new RegistryFailure(
          `plain HTTP is for registries of this Docker host alone, and for those of its insecure-registries; ${host} must have TLS`,
          { kind: 'network' },
        );
      const socket = await connectTo(address, port);
      return secure ? await secured(socket, bare, insecure, authoritiesFor(way, place)) : socket;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure ?? new RegistryFailure(`dial tcp: lookup ${host}: no such host`, { kind: 'network' });
}

function connectTo(address: string, port: number): Promise<net.Socket> {
  const failed = (why: string, cause?: unknown): RegistryFailure =>
    new RegistryFailure(`dial tcp ${hostPort(address, port)}: ${why}`, { kind: 'network', cause });
  if (isRefused(address)) throw failed('connect: network is unreachable');
  const socket = net.connect({ host: address, port, noDelay: true });
  return settled(
    socket,
    'connect',
    () => failed('i/o timeout'),
    (error) => failed(reasons[error.code ?? ''] ?? `connect: ${error.code ?? error.message}`, error),
  );
}

/** A connection by CONNECT (RFC 9110 §9.3.6). */
async function connectThrough({ address, port }: Proxy, target: string): Promise<net.Socket> {
  const socket = await connectTo(address, port);
  const request = http.request({
    method: 'CONNECT',
    path: target,
    headers: { Host: target },
    createConnection: () => socket,
  });
  const { promise, resolve, reject } = Promise.withResolvers<net.Socket>();
  const refused = (why: string): void => {
    socket.destroy();
    reject(new RegistryFailure(`proxyconnect tcp ${hostPort(address, port)}: ${why}`, { kind: 'network' }));
  };
  request.setTimeout(registryConnectMs, () => refused('i/o timeout'));
  request.once('connect', ({ statusCode, statusMessage }: http.IncomingMessage) =>
    statusCode === 200 ? resolve(socket) : refused(statusMessage || String(statusCode)),
  );
  request.once('response', ({ statusCode }) => refused(`${statusCode} in answer to CONNECT`));
  request.on('error', (error) => refused(error.message));
  request.end();
  return await promise.finally(() => socket.setTimeout(0));
}

/** Kept under the name that the registry is called by, with its port unless it is that of https. */
function authoritiesFor(way: Way, place: string): string[] {
  const own = way.authorities?.(place) ?? null;
  return own === null ? [] : [own];
}

function secured(
  socket: net.Socket,
  host: string,
  insecure: boolean,
  authorities: readonly string[],
): Promise<net.Socket> {
  const encrypted = tls.connect({
    socket,
    rejectUnauthorized: !insecure,
    ALPNProtocols: ['http/1.1'],
    ...(authorities.length > 0 && { ca: [...tls.rootCertificates, ...authorities] }),
    ...(net.isIP(host) === 0 && { servername: host }),
    checkServerIdentity: checkName,
  });
  return settled(
    encrypted,
    'secureConnect',
    () => new RegistryFailure('net/http: TLS handshake timeout', { kind: 'network' }),
    (error) => new RegistryFailure(wordsForTls(error, host), { kind: 'network', cause: error }),
  );
}

/** As Go does it: a name in the certificate's subject alone is no name. */
function checkName(host: string, certificate: tls.PeerCertificate): Error | undefined {
  if (certificate.subjectaltname) return tls.checkServerIdentity(host, certificate);
  return Object.assign(new Error('the certificate has no alternative names'), { code: 'ERR_TLS_NO_ALTERNATIVE_NAMES' });
}

/** The names in a certificate, which are somebody's words. */
function validFor(error: NodeJS.ErrnoException): string {
  const { cert } = error as { cert?: tls.PeerCertificate };
  const names = [...(cert?.subjectaltname ?? '').matchAll(/\bDNS:([a-z0-9*.-]{1,253})(?:,|$)/gi)].map(
    ([, name]) => name,
  );
  return names.length > 0 && names.length <= 5 ? `valid for ${names.join(', ')}, ` : 'valid for other names, ';
}

function wordsForTls(error: NodeJS.ErrnoException, host: string): string {
  const { code = '', message } = error;
  // The first bytes are `HTTP/`, and no record of TLS.
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(`${code} ${message}`))
    return 'http: server gave HTTP response to HTTPS client';
  if (untrusted.includes(code))
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
  if (code === 'ERR_TLS_NO_ALTERNATIVE_NAMES')
    return 'tls: failed to verify certificate: x509: certificate relies on legacy Common Name field, use SANs instead';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `tls: failed to verify certificate: x509: certificate is ${validFor(error)}not ${host}`;
  return code === 'ECONNRESET' ? 'EOF' : `tls: ${code || message}`;
}

/** The socket, once `event` has happened; destroyed where it fails or takes too long. */
function settled<Socket extends net.Socket>(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  late: () => RegistryFailure,
  failed: (error: NodeJS.ErrnoException) => RegistryFailure,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const fail = (error: RegistryFailure): void => {
    socket.destroy();
    reject(error);
  };
  const timer = setTimeout(() => fail(late()), registryConnectMs);
  const onError = (error: NodeJS.ErrnoException): void => fail(failed(error));
  const onClose = (): void => fail(failed(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  socket.once('error', onError).once('close', onClose);
  socket.once(event, () => {
    socket.off('error', onError).off('close', onClose);
    resolve(socket);
  });
  return promise.finally(() => clearTimeout(timer));
}
