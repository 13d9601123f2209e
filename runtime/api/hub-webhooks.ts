// The part of the engine's own API about the hub's webhooks. The shapes are those of `client-hub-webhooks.ts`.

import { z } from 'zod';
import type { HubDelivery, HubWebhook } from '../client-hub-webhooks.ts';
import { EngineError } from '../errors.ts';
import type { Database } from '../registry/database.ts';
import type { Delivery } from '../registry/webhooks/deliveries.ts';
import { webhookActions } from '../registry/webhooks/payload.ts';
import type { Webhook, Webhooks } from '../registry/webhooks/webhooks.ts';
import type { Exchange } from './exchange.ts';
import type { Routes } from './router.ts';

const webhookSchema = z.strictObject({
  url: z.string().max(1000),
  name: z.string().max(1000).default(''),
  actions: z
    .array(z.enum(webhookActions))
    .max(10)
    .default([...webhookActions]),
});

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function deliveryInfo({ created, tried, next, action, ...delivery }: Delivery): HubDelivery {
  return {
    ...delivery,
    action: action === 'push' || action === 'delete' ? action : 'ping',
    createdAt: new Date(created).toISOString(),
    triedAt: time(tried),
    nextAt: time(next),
  };
}

function webhookInfo(webhooks: Webhooks, webhook: Webhook): HubWebhook {
  const { created, ...told } = webhook;
  const [last] = webhooks.deliveries(webhook.namespace, webhook.id, 1);
  return {
    ...told,
    createdAt: new Date(created).toISOString(),
    secret: webhooks.secret(webhook),
    lastDelivery: last ? deliveryInfo(last) : null,
  };
}

export interface WebhookParts {
  readonly webhooks: Webhooks;
  readonly database: Database;
}

export function hubWebhookRoutes<Subject>(partsOf: (subject: Subject) => WebhookParts): Routes<Subject> {
  type Ask = Exchange<Subject>;
  const webhooksOf = ({ subject }: Ask): Webhooks => partsOf(subject).webhooks;
  const change = async <T>({ subject }: Ask, work: () => T): Promise<T> => {
    const { database } = partsOf(subject);
    const result = database.transaction(work);
    await database.durable();
    return result;
  };
  return {
    'GET /hub/webhook-places': (exchange) => exchange.answer(200, webhooksOf(exchange).places),
    'GET /hub/webhooks/{namespace}/{webhook}/deliveries': (exchange) => {
      const found = webhooksOf(exchange).deliveries(exchange.param('namespace'), exchange.param('webhook'));
      exchange.answer(200, found.map(deliveryInfo));
    },
    'POST /hub/webhooks/{namespace}/{webhook}/deliveries/{delivery}': async (exchange) => {
      const delivery = Number(exchange.param('delivery'));
      if (!Number.isSafeInteger(delivery)) throw new EngineError('invalid', 'a delivery has a number');
      await change(exchange, () =>
        webhooksOf(exchange).redeliver(exchange.param('namespace'), exchange.param('webhook'), delivery),
      );
      exchange.end(204);
    },
    'POST /hub/webhooks/{namespace}/{webhook}/ping': async (exchange) => {
      await change(exchange, () => webhooksOf(exchange).ping(exchange.param('namespace'), exchange.param('webhook')));
      exchange.end(204);
    },
    'DELETE /hub/webhooks/{namespace}/{webhook}': async (exchange) => {
      await change(exchange, () => webhooksOf(exchange).remove(exchange.param('namespace'), exchange.param('webhook')));
      exchange.end(204);
    },
    'GET /hub/webhooks/{namespace}': (exchange) => {
      const webhooks = webhooksOf(exchange);
      const found = webhooks.list(exchange.param('namespace'));
      exchange.answer(
        200,
        found.map((webhook) => webhookInfo(webhooks, webhook)),
      );
    },
    'POST /hub/webhooks/{namespace}': async (exchange) => {
      const webhooks = webhooksOf(exchange);
      const wish = await exchange.body(webhookSchema);
      const made = await change(exchange, () => webhooks.add(exchange.param('namespace'), wish));
      exchange.answer(201, webhookInfo(webhooks, made));
    },
  };
}
