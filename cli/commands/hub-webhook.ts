// `drydock hub webhook …`: where the pushes and deletions of a namespace are told to, and what became of what was sent.

import type { HubWebhookAction } from '@drydock/runtime';
import { formatTable, printable } from '../table.ts';
import { withEngine } from './engine.ts';

export async function listWebhooks(namespace: string, options: { readonly json: boolean }): Promise<void> {
  const webhooks = await withEngine((engine) => engine.hub.webhooks(namespace));
  if (options.json) {
    // Whoever reads files of JSON need not know the keys.
    console.log(
      JSON.stringify(
        webhooks.map(({ secret: _secret, ...told }) => told),
        null,
        2,
      ),
    );
    return;
  }
  const rows = webhooks.map(({ id, name, url, actions, lastDelivery }) => [
    ...[id, printable(name) || '-', actions.join(','), lastDelivery?.state ?? '-', printable(url)],
  ]);
  console.log(formatTable([['ID', 'NAME', 'ON', 'LAST', 'ADDRESS'], ...rows]));
}

/** Prints its id, and the key of its signatures. */
export async function addWebhook(
  namespace: string,
  url: string,
  options: { readonly name: string; readonly on: readonly HubWebhookAction[] },
): Promise<void> {
  const { name, on: actions } = options;
  const { id, secret } = await withEngine((engine) => engine.hub.createWebhook(namespace, { url, name, actions }));
  console.log(`${id}\n${secret}`);
}

export async function removeWebhook(namespace: string, id: string): Promise<void> {
  await withEngine((engine) => engine.hub.removeWebhook(namespace, id));
  console.log(id);
}

/** The newest last. */
export async function listDeliveries(
  namespace: string,
  id: string,
  options: { readonly json: boolean },
): Promise<void> {
  const deliveries = (await withEngine((engine) => engine.hub.deliveries(namespace, id))).toReversed();
  if (options.json) {
    console.log(JSON.stringify(deliveries, null, 2));
    return;
  }
  const rows = deliveries.map(({ id, createdAt, action, repository, reference, state, tries, status, message }) => [
    ...[String(id), createdAt.slice(0, 19), action, `${repository ?? '-'}${reference === null ? '' : `:${reference}`}`],
    ...[state, String(tries), status === null ? '-' : String(status), printable(message)],
  ]);
  console.log(formatTable([['ID', 'TIME', 'EVENT', 'OF', 'STATE', 'TRIES', 'ANSWER', 'WHY NOT'], ...rows]));
}

export async function testWebhook(namespace: string, id: string): Promise<void> {
  await withEngine((engine) => engine.hub.pingWebhook(namespace, id));
  console.log(id);
}

export async function redeliver(namespace: string, id: string, delivery: string): Promise<void> {
  await withEngine((engine) => engine.hub.redeliver(namespace, id, Number(delivery)));
  console.log(delivery);
}
