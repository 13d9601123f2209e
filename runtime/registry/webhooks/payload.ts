// What a webhook sends: an event as distribution's notifications have it (distribution `docs/about/notifications.md`), signed.

import { createHmac } from 'node:crypto';
import type { RegistryEvent } from '../audit.ts';

export const webhookActions = ['push', 'delete'] as const;
export type WebhookAction = (typeof webhookActions)[number];

export const isWebhookAction = (action: string): action is WebhookAction =>
  (webhookActions as readonly string[]).includes(action);

export const eventsType = 'application/vnd.docker.distribution.events.v1+json';

/** The name that the hub has in hosts. */
const hub = 'hub.drydock';

/** The body. Where a tag was deleted it has no digest, so that nobody takes the manifest for gone. */
export function payload(id: string, event: RegistryEvent, mediaType: string | null): string {
  const { at, action, who, repository, reference, digest, bytes } = event;
  const isTagGone = action === 'delete' && reference !== null;
  const manifest = {
    ...(mediaType !== null && { mediaType }),
    ...(bytes !== null && { size: bytes, length: bytes }),
    ...(digest !== null && { digest, url: `https://${hub}/v2/${repository}/manifests/${digest}` }),
  };
  return JSON.stringify({
    events: [
      {
        id,
        timestamp: new Date(at).toISOString(),
        action,
        target: { ...(!isTagGone && manifest), repository, ...(reference !== null && { tag: reference }) },
        ...(who !== null && { actor: { name: who } }),
        source: { addr: hub },
      },
    ],
  });
}

/** What `drydock hub webhook test` sends: no event at all. */
export const emptyPayload = JSON.stringify({ events: [] });

/** The header by which the receiver knows that the hub has sent it, as GitHub's webhooks have it. */
export function signature(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
