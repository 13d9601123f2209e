// The webhooks of the hub, as the server and the `drydock` command ask the engine about them. Whoever asks has seen that they may: the
// engine does as it is told.

import type { EngineCall } from './client-hub-people.ts';

export type HubWebhookAction = 'push' | 'delete';

export interface HubWebhook {
  readonly id: string;
  readonly namespace: string;
  /** What its owner calls it; may be empty. */
  readonly name: string;
  /** May hold what is secret: for the namespace's owner alone. */
  readonly url: string;
  readonly actions: readonly HubWebhookAction[];
  /** RFC 3339. */
  readonly createdAt: string;
  /** The key of the header `X-Hub-Signature-256`. For the namespace's owner alone. */
  readonly secret: string;
  /** The newest; null where there was none. */
  readonly lastDelivery: HubDelivery | null;
}

export interface HubDelivery {
  readonly id: number;
  /** As the header `X-Drydock-Delivery` tells it: the same each time that it is sent. */
  readonly key: string;
  /** `ping`: it tells of no event. */
  readonly action: HubWebhookAction | 'ping';
  /** What it tells of; null for a ping. */
  readonly repository: string | null;
  /** The tag; null where it was the digest alone. */
  readonly reference: string | null;
  readonly digest: string | null;
  /** `waiting`: it is sent, or sent again, at `nextAt`. `failed`: it was given up. */
  readonly state: 'waiting' | 'delivered' | 'failed';
  readonly tries: number;
  /** RFC 3339, as those below. */
  readonly createdAt: string;
  readonly triedAt: string | null;
  readonly nextAt: string | null;
  /** Of the last answer; null where none came. */
  readonly status: number | null;
  /** Why it was not delivered; empty where it was. */
  readonly message: string;
  /** The beginning of what a host of the lab answered, a stranger's text; empty for all others. */
  readonly answer: string;
}

/** All throw EngineError: invalid, notFound, forbidden where it may not go there, exhausted where there are as many as may be. */
export interface HubWebhooks {
  /** Where webhooks may go to, besides hosts of the lab (`http://HOST.lab:PORT/`). May be empty. */
  webhookPlaces(): Promise<readonly string[]>;
  /** The oldest first. */
  webhooks(namespace: string): Promise<readonly HubWebhook[]>;
  createWebhook(
    namespace: string,
    webhook: { readonly url: string; readonly name?: string; readonly actions?: readonly HubWebhookAction[] },
  ): Promise<HubWebhook>;
  removeWebhook(namespace: string, id: string): Promise<void>;
  /** The last hundred, the newest first. */
  deliveries(namespace: string, id: string): Promise<readonly HubDelivery[]>;
  /** Sends one that tells of no event; what becomes of it `deliveries` tells. */
  pingWebhook(namespace: string, id: string): Promise<void>;
  redeliver(namespace: string, id: string, delivery: number): Promise<void>;
}

const part = encodeURIComponent;
const pathOf = (namespace: string, id?: string): string =>
  `/hub/webhooks/${part(namespace)}${id === undefined ? '' : `/${part(id)}`}`;

/** Each is a request to the engine. */
export function hubWebhooks(call: EngineCall): HubWebhooks {
  return {
    webhookPlaces: () => call('GET', '/hub/webhook-places'),
    webhooks: (namespace) => call('GET', pathOf(namespace)),
    createWebhook: (namespace, webhook) => call('POST', pathOf(namespace), webhook),
    removeWebhook: (namespace, id) => call('DELETE', pathOf(namespace, id)),
    deliveries: (namespace, id) => call('GET', `${pathOf(namespace, id)}/deliveries`),
    pingWebhook: (namespace, id) => call('POST', `${pathOf(namespace, id)}/ping`),
    redeliver: (namespace, id, delivery) => call('POST', `${pathOf(namespace, id)}/deliveries/${delivery}`),
  };
}
