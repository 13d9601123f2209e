// The deliveries of webhooks in the tables: what waits, what became of it, what is forgotten. A delivery is written down in the
// transaction of its event, and what became of it when it is known: whoever dies in between leaves it to be sent once more.

import { maxDeliveriesPerWebhook } from '../../limits.ts';
import type { RegistryEvent } from '../audit.ts';
import type { Database, Row } from '../database.ts';
import type { Receipt } from './post.ts';

export type DeliveryState = 'waiting' | 'delivered' | 'failed';

export interface Delivery {
  readonly id: number;
  /** The receiver sees the same one where it is sent more than once. */
  readonly key: string;
  /** `ping` for one that tells of no event. */
  readonly action: string;
  readonly repository: string | null;
  readonly reference: string | null;
  readonly digest: string | null;
  /** Milliseconds since 1970, as those below. */
  readonly created: number;
  readonly tries: number;
  readonly tried: number | null;
  readonly next: number | null;
  readonly state: DeliveryState;
  readonly status: number | null;
  readonly message: string;
  readonly answer: string;
}

/** One that waits, with all that it takes to send it. */
export interface DueDelivery extends Delivery {
  readonly next: number;
  readonly webhook: string;
  readonly namespace: string;
  readonly url: string;
  readonly body: string;
}

export type DeliveryOf = Pick<RegistryEvent, 'repository' | 'reference' | 'digest'> | null;

export class Deliveries {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the transaction of its event. The oldest of the webhook's go, also such as wait. */
  add(webhook: string, key: string, action: string, of: DeliveryOf, body: string, now: number): void {
    this.#database.run(
      `INSERT INTO delivery (webhook, key, action, repository, reference, digest, created, tries, next, state, message, answer, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 'waiting', '', '', ?)`,
      ...[webhook, key, action, of?.repository ?? null, of?.reference ?? null, of?.digest ?? null, now, now, body],
    );
    this.#database.run(
      `DELETE FROM delivery WHERE webhook = ?1 AND id <=
         (SELECT id FROM delivery WHERE webhook = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
      ...[webhook, maxDeliveriesPerWebhook],
    );
  }

  /** The newest first. */
  list(webhook: string, most: number): Delivery[] {
    return this.#database
      .all('SELECT * FROM delivery WHERE webhook = ? ORDER BY id DESC LIMIT ?', webhook, most)
      .map((row) => deliveryOf(row));
  }

  /** Of each namespace that has such: when its next one is to be tried. */
  times(): Map<string, number> {
    const rows = this.#database.all(
      `SELECT namespace, min(next) AS next FROM delivery JOIN webhook ON webhook.id = delivery.webhook
         WHERE next IS NOT NULL GROUP BY namespace`,
    );
    return new Map(rows.map(({ namespace, next }) => [String(namespace), Number(next)]));
  }

  /** The one of a namespace that is to be tried first; null where nothing waits. */
  next(namespace: string): DueDelivery | null {
    const row = this.#database.get(
      `SELECT delivery.*, url FROM delivery JOIN webhook ON webhook.id = delivery.webhook
         WHERE namespace = ? AND next IS NOT NULL ORDER BY next, delivery.id LIMIT 1`,
      namespace,
    );
    if (!row) return null;
    const [webhook, url, body] = [String(row.webhook), String(row.url), String(row.body)];
    return { ...deliveryOf(row), next: Number(row.next), webhook, namespace, url, body };
  }

  /** `next`: when it is tried again; null where it is not. Nothing where it is gone. */
  tried(id: number, receipt: Receipt, now: number, next: number | null): void {
    const state: DeliveryState = receipt.message === '' ? 'delivered' : next === null ? 'failed' : 'waiting';
    this.#database.run(
      'UPDATE delivery SET tries = tries + 1, tried = ?, next = ?, state = ?, status = ?, message = ?, answer = ? WHERE id = ?',
      ...[now, next, state, receipt.status, receipt.message, receipt.answer, id],
    );
  }

  /** Sends it once more, at once. False where the webhook has no such delivery. */
  again(webhook: string, id: number, now: number): boolean {
    return (
      this.#database.run(
        "UPDATE delivery SET tries = 0, next = ?, state = 'waiting' WHERE id = ? AND webhook = ?",
        ...[now, id, webhook],
      ) > 0
    );
  }

  get waiting(): number {
    const row = this.#database.get('SELECT count(*) AS many FROM delivery WHERE next IS NOT NULL');
    return Number(row?.many ?? 0);
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const number = (value: unknown): number | null => (value === null ? null : Number(value));

function deliveryOf(row: Row): Delivery {
  return {
    id: Number(row.id),
    key: String(row.key),
    action: String(row.action),
    repository: text(row.repository),
    reference: text(row.reference),
    digest: text(row.digest),
    created: Number(row.created),
    tries: Number(row.tries),
    tried: number(row.tried),
    next: number(row.next),
    state: row.state === 'delivered' || row.state === 'failed' ? row.state : 'waiting',
    status: number(row.status),
    message: String(row.message),
    answer: String(row.answer),
  };
}
