// The hub: the engine's own registry with its accounts, and the official images, as the engine opens it, asks it and closes it.

import type { Logger } from 'pino';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { EngineError } from '../errors.ts';
import { maxSearchedRepositories } from '../limits.ts';
import { hubAddress, hubName } from '../networks/hub-address.ts';
import type { NearPlace, NearRegistry, RegistryClient } from '../registries/client.ts';
import { refusedAs } from '../registries/refusal.ts';
import { told } from '../registries/told.ts';
import { HubAccounts } from '../registry/accounts/hub-accounts.ts';
import type { PullLimits } from '../registry/accounts/pull-limits.ts';
import type { UnpackedLayer } from '../registry/contents/image-source.ts';
import { Knowledge } from '../registry/contents/known/knowledge.ts';
import { defaultQuota } from '../registry/quota.ts';
import { Registry } from '../registry/registry.ts';
import { type WebhookOptions, Webhooks } from '../registry/webhooks/webhooks.ts';
import { Blobs } from '../store/blobs.ts';
import { sourceOf } from './caller.ts';
import { type HubCertificate, openCertificate } from './certificate.ts';
import { Door } from './door.ts';
import { Mirrors } from './mirrors/mirrors.ts';
import type { Mirror } from './mirrors/mirrors-file.ts';
import { NearClient } from './near-client.ts';
import { Official } from './official.ts';
import { PageShelf } from './pages/shelf.ts';
import { listenForSite } from './site-socket.ts';

export interface HubOptions {
  /** The engine's data: the tables and keys are in it. */
  readonly dataDirectory: string;
  /** The store of the hosts' images, on whose file system the blobs are. */
  readonly storeDirectory: string;
  readonly catalogue: Catalogue;
  readonly pullLimits: PullLimits;
  /** Where webhooks may go to. */
  readonly webhookPlaces: readonly string[];
  /** Registries that the machine may fetch from, and the bytes that are kept of each. */
  readonly mirrors: readonly Mirror[];
  readonly mirrorBytes: number;
  readonly dialLab: WebhookOptions['dialLab'];
  /** Where lists of Debian's packages may be, as apt keeps them. */
  readonly listDirectories: readonly string[];
  /** The feed of known vulnerabilities; where null, it is looked for in the data directory. */
  readonly feedPath: string | null;
  readonly log: Logger;
}

export class Hub implements AsyncDisposable {
  readonly registry: Registry;
  readonly accounts: HubAccounts;
  /** Of Debian's packages. */
  readonly knowledge: Knowledge;
  readonly official: Official;
  readonly webhooks: Webhooks;
  readonly mirrors: Mirrors;
  /** Shares its files with those of the hosts' images. */
  readonly blobs: Blobs;
  /** For the site's pages. */
  readonly pages: PageShelf;
  /** For the hosts' own pulls and pushes. */
  readonly near: NearRegistry;
  /** For all other programs in hosts. */
  readonly door: Door;
  /** Of the certificate that they see, in PEM. */
  readonly authority: string;
  readonly #log: Logger;
  #site: { close(): void } | null = null;

  private constructor(
    parts: Pick<Hub, 'registry' | 'accounts' | 'official' | 'blobs' | 'webhooks' | 'mirrors' | 'knowledge'>,
    certificate: HubCertificate,
    log: Logger,
  ) {
    this.#log = log;
    this.registry = parts.registry;
    this.accounts = parts.accounts;
    this.knowledge = parts.knowledge;
    this.official = parts.official;
    this.blobs = parts.blobs;
    this.pages = new PageShelf(parts.accounts, parts.official);
    this.webhooks = parts.webhooks;
    this.mirrors = parts.mirrors;
    this.near = nearRegistry(parts);
    this.door = new Door({ ...parts, log }, certificate);
    this.authority = certificate.authority;
  }

  /** What an earlier engine's death has left half made is removed. Throws conflict where a later Drydock has written the tables. */
  static async open(options: HubOptions): Promise<Hub> {
    const { dataDirectory, storeDirectory, catalogue, pullLimits, listDirectories, feedPath, log } = options;
    const directory = `${storeDirectory}/registry`;
    const blobs = new Blobs(`${directory}/blobs`);
    const mirrored = new Set(options.mirrors.map(({ name }) => name));
    const registry = await Registry.open({
      ...{ databasePath: `${dataDirectory}/registry.db`, directory, blobs, log },
      quotaOf: (namespace) => (mirrored.has(namespace) ? options.mirrorBytes : defaultQuota(namespace)),
    });
    const official = new Official(catalogue);
    const mirrors = new Mirrors({ registry, directory, mirrors: options.mirrors, log });
    const accounts = await HubAccounts.open({
      registry,
      keysPath: `${dataDirectory}/hub-keys.json`,
      pullLimits,
      isOfficial: (repository) => official.has(repository) || mirrors.has(repository),
    });
    const webhooks = new Webhooks({
      registry,
      needNamespace: (name) => accounts.namespaces.need(name),
      derive: (text) => accounts.keys.derive(text),
      places: options.webhookPlaces,
      dialLab: options.dialLab,
      log,
    });
    const certificate = await openCertificate(`${dataDirectory}/hub-tls.json`, [hubName, hubAddress]);
    const knowledge = new Knowledge({
      directory: `${dataDirectory}/hub-known`,
      feed: { directory: dataDirectory, path: feedPath },
      listDirectories,
      log,
    });
    return new Hub({ registry, accounts, official, blobs, webhooks, mirrors, knowledge }, certificate, log);
  }

  /** For the site's server, which owns the socket at `path`. */
  async listenForSite(path: string, owner: { readonly uid: number; readonly gid: number }): Promise<void> {
    this.#site = await listenForSite({ ...this, log: this.#log }, path, owner);
  }

  /** From now on what is in its images is found out, beside what else goes on. */
  lookIntoImages(unpacked: UnpackedLayer): void {
    this.registry.contents.start({ unpacked, official: this.official });
  }

  /** Where its tables and files disagree, a sentence each. Changes nothing. */
  check(): readonly string[] {
    return this.registry.check();
  }

  /** Nobody uses it any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#site?.close();
    await this.webhooks[Symbol.asyncDispose]();
    await this.mirrors[Symbol.asyncDispose]();
    await this.knowledge[Symbol.asyncDispose]();
    await this.registry[Symbol.asyncDispose]();
  }
}

function nearRegistry({ accounts, official, mirrors }: Pick<Hub, 'accounts' | 'official' | 'mirrors'>): NearRegistry {
  const parts = { accounts, official, mirrors, domain: hubName };
  return {
    domain: hubName,
    pathOf: (domain, path) => (domain === hubName ? path : mirrors.pathOf(domain, path)),
    connect: (place, signal): RegistryClient => new NearClient(parts, place, signal),
    officialName: (path) => official.nameOf(path),
    search: ({ account }, term, most) => {
      const person = accounts.login.ofSession(account);
      return accounts.registry.repositories
        .holding(term, maxSearchedRepositories)
        .filter((name) => accounts.rights.allow(person, name, ['pull']))
        .slice(0, most);
    },
    pulledOfficial: ({ hostId, account }: Pick<NearPlace, 'hostId' | 'account'>, repository, reference, digest) => {
      const person = accounts.login.ofSession(account);
      try {
        accounts.pulls.count(person, sourceOf(hostId), true);
      } catch (error) {
        const shown = `${hubName}/${repository}`;
        const { errorKind, message } = told(refusedAs(error), { shown, actions: 'pull' }, `${shown}@${digest}`);
        throw new EngineError(errorKind, message, { cause: error });
      }
      const who = person?.name ?? null;
      accounts.registry.audit.tell({ action: 'pull', who, repository, reference, digest, bytes: null });
    },
  };
}
