// What is measured of the hub, as the engine tells it. Counters begin anew with the engine, as Prometheus knows of every process.

import type { HubFigures } from '@drydock/runtime';
import type { Metric } from './text.ts';

export function hubMetrics(hub: HubFigures): Metric[] {
  const counter = (name: string, help: string, ...samples: Metric['samples']): Metric => {
    return { name: `drydock_hub_${name}_total`, help, type: 'counter', samples };
  };
  const gauge = (name: string, help: string, value: number): Metric => {
    return { name: `drydock_hub_${name}`, help, type: 'gauge', samples: [{ value }] };
  };
  const { delivered, failed, waiting } = hub.deliveries;
  return [
    counter('pushes', 'Manifests that were pushed to the hub.', { value: hub.pushes }),
    counter('pulls', 'Manifests that were pulled from the hub.', { value: hub.pulls }),
    counter('deletions', 'Tags, manifests and repositories that were deleted on the hub.', { value: hub.deletions }),
    counter('fetches', 'Manifests and blobs that the hub has fetched from other registries.', { value: hub.fetches }),
    counter('stale_answers', 'Answers of what was kept, while another registry was away or wanted no more.', {
      value: hub.staleAnswers,
    }),
    counter(
      'blob_bytes',
      'Bytes of blobs that the hub was given and that it has given out, by reference too; and of what it has fetched.',
      { labels: { way: 'pushed' }, value: hub.pushedBytes },
      { labels: { way: 'pulled' }, value: hub.pulledBytes },
      { labels: { way: 'fetched' }, value: hub.fetchedBytes },
    ),
    counter('refused_logins', 'Names and passwords or tokens that were wrong, or came too often.', {
      value: hub.refusedLogins,
    }),
    counter('refused_pulls', 'Pulls that were over a limit.', { value: hub.refusedPulls }),
    counter('collections', 'Runs of the hub’s garbage collection.', { value: hub.collections }),
    counter('collected_bytes', 'Bytes that the collections have removed.', { value: hub.collectedBytes }),
    counter(
      'webhook_deliveries',
      'Webhook deliveries: those that arrived, and each try that failed.',
      { labels: { result: 'delivered' }, value: delivered },
      { labels: { result: 'failed' }, value: failed },
    ),
    gauge('webhook_deliveries_waiting', 'Webhook deliveries that are still to arrive.', waiting),
    gauge('repositories', 'Repositories of the hub.', hub.repositories),
    gauge('blobs', 'Blobs in the hub’s store.', hub.blobs),
    gauge('stored_bytes', 'Bytes of the blobs, each counted once.', hub.blobBytes),
  ];
}
