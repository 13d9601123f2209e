// Webhooks: where the pushes and deletions of a namespace are told to. Knows nobody's rights: whoever calls has asked first.

import { randomBytes, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { EngineError } from '../../errors.ts';
import {
  maxDeliveriesPerWebhook,
  maxWebhookNameLength,
  maxWebhooksPerNamespace,
  maxWebhookUrlLength,
  webhookPaceMs,
  webhookPausesMs,
} from '../../limits.ts';
import { Places } from '../../outside/places.ts';
import { hubItself, type RegistryEvent } from '../audit.ts';
import type { Row } from '../database.ts';
import { namespaceOf } from '../names.ts';
import type { Registry } from '../registry.ts';
import { Deliveries, type Delivery, type DueDelivery } from './deliveries.ts';
import { Delivering } from './delivering.ts';
import { OutsideCourier } from './outside-courier.ts';
import { emptyPayload, eventsType, isWebhookAction, payload, signature, type WebhookAction } from './payload.ts';
import { type Connect, type Letter, post, type Receipt } from './post.ts';

export interface Webhook {
  readonly id: string;
  readonly namespace: string;
  /** What its owner calls it. */
  readonly name: string;
  readonly url: string;
  readonly actions: readonly WebhookAction[];
  /** Milliseconds since 1970. */
  readonly created: number;
}

export interface WebhookOptions {
  readonly registry: Pick<Registry, 'database' | 'audit'>;
  /** Throws notFound where there is no such namespace. */
  readonly needNamespace: (name: string) => unknown;
  /** The same for the same text, and told by nobody else: secrets are made of it, so that no table holds one. */
  readonly derive: (text: string) => string;
  /** Where they may go to, as `Places` takes them. */
  readonly places: readonly string[];
  /** To a port of the lab that a namespace is of: `http://HOST.lab:PORT/`. */
  readonly dialLab: (namespace: string, hostname: string, port: number, signal: AbortSignal) => ReturnType<Connect>;
  readonly pausesMs?: readonly number[];
  readonly paceMs?: number;
  readonly log: Logger;
}

export interface DeliveryCounts {
  readonly delivered: number;
  /** Each try. */
  readonly failed: number;
  readonly waiting: number;
}

const labName = /^([a-z0-9-]{1,63})\.lab$/;
const listLength = 10;

export class Webhooks implements AsyncDisposable {
  readonly #options: WebhookOptions;
  readonly #places: Places;
  readonly #deliveries: Deliveries;
  readonly #courier: OutsideCourier;
  readonly #ending = new AbortController();
  readonly #silent: () => void;
  readonly #delivering: Delivering;

  /** Writes deliveries down from now on; sends them when it is started. Throws invalid for places that are none. */
  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#places = new Places(options.places);
    this.#deliveries = new Deliveries(options.registry.database);
    this.#courier = new OutsideCourier(options.places);
    const { registry, pausesMs = webhookPausesMs, paceMs = webhookPaceMs, log } = options;
    this.#delivering = new Delivering({
      ...{ database: registry.database, deliveries: this.#deliveries, pausesMs, paceMs, log },
      deliver: (due) => this.#deliver(due),
    });
    this.#silent = options.registry.audit.listen((event) => this.#write(event));
  }

  /** Sends what waits, and what comes. */
  start(): void {
    this.#delivering.start();
  }

  /** Where webhooks may go to, besides the lab's own hosts. */
  get places(): readonly string[] {
    return this.#places.texts;
  }

  /** Throws notFound, invalid, forbidden where it may not go there, exhausted. */
  add(namespace: string, { name, url, actions }: Pick<Webhook, 'name' | 'url' | 'actions'>): Webhook {
    const { registry, needNamespace } = this.#options;
    needNamespace(namespace);
    if (name.length > maxWebhookNameLength || /\p{C}/u.test(name))
      throw new EngineError('invalid', `a webhook is named with ${maxWebhookNameLength} printable characters at most`);
    if (actions.length === 0) throw new EngineError('invalid', 'a webhook that is told of nothing is of no use');
    this.#checkUrl(url);
    if (this.list(namespace).length >= maxWebhooksPerNamespace)
      throw new EngineError(
        'exhausted',
        `${namespace} has ${maxWebhooksPerNamespace} webhooks, as many as it may; remove one and try again`,
      );
    const id = randomBytes(8).toString('hex');
    registry.database.run(
      'INSERT INTO webhook (id, namespace, name, url, actions, created) VALUES (?, ?, ?, ?, ?, ?)',
      ...[id, namespace, name, url, [...new Set(actions)].join(','), Date.now()],
    );
    return this.need(namespace, id);
  }

  #checkUrl(text: string): void {
    const url = text.length <= maxWebhookUrlLength ? URL.parse(text) : null;
    if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
      throw new EngineError(
        'invalid',
        `a webhook has an address of http or https, without a password, of ${maxWebhookUrlLength} characters at most`,
      );
    if (labName.test(url.hostname)) {
      if (url.protocol === 'http:') return;
      throw new EngineError('invalid', 'a host of the lab is reached by http');
    }
    if (this.#places.admits(url)) return;
    const told = this.#places.texts.slice(0, listLength).join(', ');
    throw new EngineError(
      'forbidden',
      told === ''
        ? 'webhooks go to the lab’s own hosts alone here, http://HOST.lab:PORT/: who runs this Drydock has allowed no other place'
        : `webhooks may go to ${told} and to the lab’s own hosts, http://HOST.lab:PORT/`,
    );
  }

  /** The oldest first. */
  list(namespace: string): Webhook[] {
    return this.#options.registry.database
      .all('SELECT * FROM webhook WHERE namespace = ? ORDER BY created, id', namespace)
      .map(webhookOf);
  }

  /** Throws notFound. */
  need(namespace: string, id: string): Webhook {
    const { database } = this.#options.registry;
    const row = database.get('SELECT * FROM webhook WHERE id = ? AND namespace = ?', id, namespace);
    if (row) return webhookOf(row);
    throw new EngineError('notFound', `${namespace.slice(0, 80)} has no webhook ${id.slice(0, 40)}`);
  }

  /** What its deliveries are signed with. */
  secret({ id }: Webhook): string {
    return this.#options.derive(`webhook ${id}`);
  }

  /** With its deliveries. Throws notFound. */
  remove(namespace: string, id: string): void {
    this.need(namespace, id);
    this.#options.registry.database.run('DELETE FROM webhook WHERE id = ?', id);
  }

  /** The newest first. Throws notFound. */
  deliveries(namespace: string, id: string, most = maxDeliveriesPerWebhook): Delivery[] {
    return this.#deliveries.list(this.need(namespace, id).id, most);
  }

  /** Sends one that tells of no event. Throws notFound. */
  ping(namespace: string, id: string): void {
    this.#deliveries.add(this.need(namespace, id).id, randomUUID(), 'ping', null, emptyPayload, Date.now());
    this.#delivering.expect(namespace, Date.now());
  }

  /** Throws notFound. */
  redeliver(namespace: string, id: string, delivery: number): void {
    if (!this.#deliveries.again(this.need(namespace, id).id, delivery, Date.now()))
      throw new EngineError('notFound', `the webhook has no delivery ${delivery}`);
    this.#delivering.expect(namespace, Date.now());
  }

  get counts(): DeliveryCounts {
    return { ...this.#delivering.counts, waiting: this.#deliveries.waiting };
  }

  /** In the transaction of the event. */
  #write(event: RegistryEvent): void {
    const { action, repository, digest } = event;
    // Whoever is told of a push looks into it: it is one push, though the hub adds an SBOM.
    if (!isWebhookAction(action) || event.who === hubItself) return;
    const wanting = this.list(namespaceOf(repository)).filter(({ actions }) => actions.includes(action));
    if (wanting.length === 0) return;
    const mediaType = this.#mediaType(repository, digest);
    for (const { id } of wanting) {
      const key = randomUUID();
      this.#deliveries.add(id, key, action, event, payload(key, event, mediaType), event.at);
    }
    this.#delivering.expect(namespaceOf(repository), event.at);
  }

  #mediaType(repository: string, digest: string | null): string | null {
    const row = this.#options.registry.database.get(
      'SELECT media_type FROM manifest WHERE repository = (SELECT id FROM repository WHERE name = ?) AND digest = ?',
      ...[repository, digest],
    );
    return row ? String(row.media_type) : null;
  }

  async #deliver({ webhook, namespace, key, action, url, body }: DueDelivery): Promise<Receipt> {
    const headers = {
      'Content-Type': eventsType,
      'User-Agent': 'drydock-webhook',
      'X-Drydock-Delivery': key,
      'X-Drydock-Event': action,
      'X-Hub-Signature-256': signature(this.#options.derive(`webhook ${webhook}`), body),
    };
    const letter: Letter = { url, headers, body };
    const hostname = labName.exec(URL.parse(url)?.hostname ?? '')?.[1];
    if (hostname === undefined) return await this.#courier.deliver(letter);
    const connect: Connect = (to, signal) =>
      this.#options.dialLab(namespace, hostname, to.port === '' ? 80 : Number(to.port), signal);
    return await post(letter, connect, { keepsAnswer: true, signal: this.#ending.signal });
  }

  /** What is under way is sent again by whoever opens the tables next. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new EngineError('unavailable', 'the hub ends'));
    this.#silent();
    await Promise.all([this.#delivering[Symbol.asyncDispose](), this.#courier[Symbol.asyncDispose]()]);
  }
}

function webhookOf(row: Row): Webhook {
  return {
    id: String(row.id),
    namespace: String(row.namespace),
    name: String(row.name),
    url: String(row.url),
    actions: String(row.actions).split(',').filter(isWebhookAction),
    created: Number(row.created),
  };
}
