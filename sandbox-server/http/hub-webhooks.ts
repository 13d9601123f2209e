// The API's routes about webhooks (protocol/hub.ts lists them): for the owner of a namespace alone.

import type { HubAsker, HubDelivery } from '@drydock/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { HubShelf } from '../hub/shelf.ts';
import { maxShownAnswerLength } from '../limits.ts';
import { type HubDeliveries, type HubWebhook, type HubWebhookList, routes } from '../protocol.ts';
import { plainText } from '../view/plain-text.ts';
import * as wish from './hub-wishes.ts';

export interface HubWebhookParts {
  readonly shelf: HubShelf;
  /** Throws forbidden for whoever has no account there, and tooMany. */
  readonly changer: (request: FastifyRequest) => HubAsker;
}

/** What a host has answered is a stranger's text. */
const shownDelivery = (delivery: HubDelivery): HubDelivery => ({
  ...delivery,
  message: plainText(delivery.message, maxShownAnswerLength),
  answer: plainText(delivery.answer, maxShownAnswerLength),
});
const shownWebhook = (webhook: HubWebhook): HubWebhook => ({
  ...webhook,
  lastDelivery: webhook.lastDelivery && shownDelivery(webhook.lastDelivery),
});

export function addHubWebhooks(server: FastifyInstance, { shelf, changer }: HubWebhookParts): void {
  server.get(routes.hubWebhooks.path, async (request): Promise<HubWebhookList> => {
    const asker = changer(request);
    const { namespace } = wish.webhooks.parse(request.query);
    await shelf.mustOwn(asker, namespace);
    const [webhooks, places] = await shelf.ask((hub) => Promise.all([hub.webhooks(namespace), hub.webhookPlaces()]));
    return { webhooks: webhooks.map(shownWebhook), places };
  });

  server.post(routes.hubMakeWebhook.path, async (request): Promise<HubWebhook> => {
    const asker = changer(request);
    const { namespace, ...made } = wish.webhook.parse(request.body);
    await shelf.mustOwn(asker, namespace);
    return shownWebhook(await shelf.ask((hub) => hub.createWebhook(namespace, made)));
  });

  server.delete(routes.hubRemoveWebhook.path, async (request, reply) => {
    const asker = changer(request);
    const { namespace, id } = wish.webhookId.parse(request.query);
    await shelf.mustOwn(asker, namespace);
    await shelf.ask((hub) => hub.removeWebhook(namespace, id));
    return reply.code(204).send();
  });

  server.get(routes.hubDeliveries.path, async (request): Promise<HubDeliveries> => {
    const asker = changer(request);
    const { namespace, id } = wish.webhookId.parse(request.query);
    await shelf.mustOwn(asker, namespace);
    return { deliveries: (await shelf.ask((hub) => hub.deliveries(namespace, id))).map(shownDelivery) };
  });

  server.post(routes.hubDeliver.path, async (request, reply) => {
    const asker = changer(request);
    const { namespace, webhook, delivery } = wish.delivery.parse(request.body);
    await shelf.mustOwn(asker, namespace);
    await shelf.ask((hub) =>
      delivery === null ? hub.pingWebhook(namespace, webhook) : hub.redeliver(namespace, webhook, delivery),
    );
    return reply.code(204).send();
  });
}
