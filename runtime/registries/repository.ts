// One repository of one registry: where its API is, and requests to it with what they need to be let through.

import { maxRegistryErrorBytes } from '../limits.ts';
import { Authorizer } from './authorizer.ts';
import type { Credentials } from './credentials.ts';
import { addressesOf, isFar, isInsecure } from './dial.ts';
import { hubDomain, hubHost } from './docker-hub.ts';
import { readDocument } from './document.ts';
import { RegistryFailure } from './failure.ts';
import { refusalOf } from './refusal.ts';
import { type Incoming, type Outgoing, type Transport, urlIn } from './transport.ts';

export interface RepositoryPlace {
  /** `docker.io`, `localhost:5000` */
  readonly domain: string;
  /** `library/nginx`; empty for the registry as such. */
  readonly path: string;
  readonly credentials: Credentials;
  /** What a token is to allow: `pull`, or `pull,push`. */
  readonly actions: string;
  /** Where the registry is, where that is known: `https://mirror.example.org`. */
  readonly origin?: string;
}

export class Repository {
  readonly #transport: Transport;
  readonly #authorizer: Authorizer;
  readonly #base: URL;
  readonly #path: string;
  readonly #scope: string;

  private constructor(transport: Transport, authorizer: Authorizer, base: URL, place: RepositoryPlace) {
    this.#transport = transport;
    this.#authorizer = authorizer;
    this.#base = base;
    this.#path = place.path;
    this.#scope = `repository:${place.path}:${place.actions}`;
  }

  /** Finds out where the registry is and what it wants. Throws RegistryFailure. */
  static async open(transport: Transport, place: RepositoryPlace): Promise<Repository> {
    const { base, ping } = await findBase(transport, place);
    const authorizer = new Authorizer(transport, place.credentials);
    if (ping.status === 401) authorizer.learn(ping);
    await readDocument(ping, maxRegistryErrorBytes).catch(() => undefined);
    return new Repository(transport, authorizer, base, place);
  }

  /** Asks whether the credentials are good: gives the status, and what is to be kept instead of the password, or empty. */
  async login(): Promise<{ url: string; status: number; identityToken: string }> {
    const url = this.#url('');
    const incoming = await this.#sendWith({ method: 'GET', url }, []);
    incoming.body.destroy();
    return { url: String(url), status: incoming.status, identityToken: this.#authorizer.refreshToken };
  }

  /** `manifests/latest` below the repository, or where an answer's Location points to. */
  at(place: string): URL {
    return this.#url(`${this.#path}/${place}`);
  }

  /** Where an answer says that the next request goes. Throws RegistryFailure. */
  locationIn({ headers, url }: Incoming): URL {
    const found = headers.location === undefined ? null : urlIn(headers.location, url);
    if (!found || (found.protocol === 'http:' && url.protocol === 'https:'))
      throw new RegistryFailure('the registry does not say where the upload goes on', { kind: 'broken' });
    return found;
  }

  /** An answer of one of these statuses. Throws RegistryFailure for any other. `more` are scopes besides the repository's own. */
  async ask(outgoing: Outgoing, statuses: readonly number[], more: readonly string[] = []): Promise<Incoming> {
    const incoming = await this.#sendWith(outgoing, [this.#scope, ...more]);
    if (statuses.includes(incoming.status)) return incoming;
    throw await refusalOf(incoming);
  }

  async #sendWith(outgoing: Outgoing, scopes: readonly string[]): Promise<Incoming> {
    const incoming = await this.#sendOnce(outgoing, scopes);
    if (incoming.status !== 401 || incoming.url.origin !== this.#base.origin) return incoming;
    // A body that is a stream is gone by now.
    const isThere = outgoing.body === undefined || outgoing.body instanceof Uint8Array;
    if (!isThere || !this.#authorizer.learn(incoming)) return incoming;
    this.#authorizer.forgetTokens();
    incoming.body.destroy();
    return await this.#sendOnce(outgoing, scopes);
  }

  async #sendOnce(outgoing: Outgoing, scopes: readonly string[]): Promise<Incoming> {
    const { method, url } = outgoing;
    // An upload may go on elsewhere, with all that it needs in its address.
    const isOwn = url.origin === this.#base.origin;
    let authorization: string | null;
    try {
      authorization = isOwn ? await this.#authorizer.header(scopes) : null;
    } catch (error) {
      throw error instanceof RegistryFailure ? error.of(method, url) : error;
    }
    return await this.#transport.send({ ...outgoing, authorization });
  }

  #url(place: string): URL {
    return new URL(`/v2/${place}`, this.#base);
  }
}

/** As Docker does it: TLS, and where the registry is one that needs none, plain HTTP after that has failed. */
async function findBase(
  transport: Transport,
  { domain, origin }: RepositoryPlace,
): Promise<{ base: URL; ping: Incoming }> {
  if (origin !== undefined) {
    const base = new URL(origin);
    return { base, ping: await transport.send({ method: 'GET', url: new URL('/v2/', base) }) };
  }
  const host = domain === hubDomain ? hubHost : domain;
  const secure = URL.parse(`https://${host}`);
  if (!secure) throw new RegistryFailure(`${host} is no name of a registry`, { kind: 'network' });
  const plain = (await mayBePlain(transport, secure)) ? [new URL(`http://${host}`)] : [];
  let failure: unknown;
  for (const base of [secure, ...plain]) {
    try {
      return { base, ping: await transport.send({ method: 'GET', url: new URL('/v2/', base) }) };
    } catch (error) {
      failure = error;
      if (!(error instanceof RegistryFailure) || error.kind === 'broken') throw error;
    }
  }
  throw failure;
}

async function mayBePlain({ way }: Transport, url: URL): Promise<boolean> {
  if (isFar(way, url.hostname)) return false;
  try {
    return (await addressesOf(way, url.hostname)).some((address) => isInsecure(way, url.host, address));
  } catch (error) {
    throw error instanceof RegistryFailure ? error.of('GET', new URL('/v2/', url)) : error;
  }
}
