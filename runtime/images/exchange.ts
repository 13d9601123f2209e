// Layers of one host's builds, as they are exchanged.

import { maxReferencesPerHost } from '../limits.ts';
import { bringLayer, buildAllowance } from './bring-layer.ts';
import type { BuildExchange } from './build-exchange.ts';
import { storedLayer } from './layer-sources.ts';
import { repositoriesWith } from './push.ts';
import { canonical } from './reference.ts';
import { openSession } from './registry-session.ts';
import { hostHasLayer } from './remove.ts';
import { Upload } from './upload.ts';
import type { HostView } from './view.ts';

export function buildExchange(view: HostView): BuildExchange {
  const { layers } = view;
  return {
    openRegistry: (reference, actions, options) => openSession(view, reference, actions, options),
    newDirectory: () => new Upload(view.uploads),
    stored: (diffId) => storedLayer(view, diffId),
    compressedTo: (diffId, blob) => layers.compressedTo(diffId, blob),
    repositoriesWith: (diffId, reference) => repositoriesWith(view, diffId, reference),
    has: (diffId) => hostHasLayer(view, diffId),
    bring: async ({ path, digest, diffId }, signal) => {
      using _transfer = view.transfers.beginTransfer();
      const held = view.inUse.hold([diffId]);
      try {
        const limits = { maxBytes: buildAllowance(view), signal, onBytes: () => undefined };
        const { size } = await bringLayer(view, { path, digest, isHashed: true, diffId }, limits);
        return { diffId, bytes: size, [Symbol.dispose]: () => held[Symbol.dispose]() };
      } catch (error) {
        held[Symbol.dispose]();
        throw error;
      }
    },
    sent: (reference, imageId, digest) => {
      const name = canonical(reference);
      view.sentByBuilds.delete(name);
      view.sentByBuilds.set(name, { imageId, digest });
      for (const oldest of view.sentByBuilds.keys()) {
        if (view.sentByBuilds.size <= maxReferencesPerHost) break;
        view.sentByBuilds.delete(oldest);
      }
      const { domain, path } = reference;
      // The name may be another image's by now, and the image gone.
      if (view.own.get(imageId)) view.own.name({ domain, path, digest }, imageId);
    },
    depart: (departure) => view.owner.traffic.begin({ ...departure, direction: 'push' }),
  };
}
