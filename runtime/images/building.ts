// The images of one host as its builder uses them.

import { randomUUID } from 'node:crypto';
import { EngineError } from '../errors.ts';
import { removeTree } from '../kernel/remove-tree.ts';
import { maxLayers } from '../limits.ts';
import { ownPlatform, platformText } from '../registries/platform.ts';
import { digestOf } from '../store/blobs.ts';
import type { Packed } from '../store/layer-work.ts';
import type { Layer } from '../store/layers.ts';
import { bringHashed, buildAllowance, configurationAllowance, isInOwnImage, trimStepCache } from './bring-layer.ts';
import type { BuildImages, HistoryEntry } from './build-images.ts';
import { checkConfiguration, type HistoryStep, parseConfiguration } from './configuration.ts';
import { buildExchange } from './exchange.ts';
import { findBase } from './find-base.ts';
import type { MadeLayer } from './made-layer.ts';
import { addCatalogueLayer } from './pull.ts';
import { familiar, parseReference } from './reference.ts';
import { findImage, resolve } from './resolve.ts';
import { goneFromCatalogue } from './save.ts';
import { Upload } from './upload.ts';
import type { HostView } from './view.ts';

export function buildImages(view: HostView): BuildImages {
  const { contents, layers } = view;
  const layerNames = (diffIds: readonly string[]): string[] =>
    diffIds
      .filter((diffId, at) => diffIds.lastIndexOf(diffId) === at)
      .map((diffId) => {
        const layer = layers.get(diffId);
        if (!layer) throw new EngineError('internal', `layer ${diffId} is not unpacked`);
        return layer.name;
      });
  /** A layer that `make` packs into a file, and `bring` brings from there. */
  const bringMade = async <Made extends Packed>(
    make: (file: string, maxBytes: number) => Promise<Made>,
    bring: (file: string, made: Made, maxBytes: number) => Promise<Layer>,
  ): Promise<MadeLayer> => {
    using _transfer = view.transfers.beginTransfer();
    await using upload = new Upload(view.uploads);
    const maxBytes = buildAllowance(view);
    const file = `${upload.directory}/layer`;
    const made = await make(file, maxBytes);
    const held = view.inUse.hold([made.diffId]);
    try {
      trimStepCache(view);
      const { diffId, size: bytes } = await bring(file, made, maxBytes);
      return { diffId, bytes, [Symbol.dispose]: () => held[Symbol.dispose]() };
    } catch (error) {
      held[Symbol.dispose]();
      throw error;
    }
  };
  return {
    base: (reference) => {
      const { imageId, diffIds, details } = resolve(view, reference);
      return { imageId, diffIds, details, history: contents.history(imageId) };
    },
    document: (reference) => {
      const { imageId, diffIds, details } = resolve(view, reference);
      const { created, author, architecture, os, variant, config } = details;
      return {
        created,
        ...(author !== '' && { author }),
        architecture,
        os,
        ...(variant !== undefined && { variant }),
        config: Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null)),
        rootfs: { type: 'layers', diff_ids: diffIds },
        history: contents.history(imageId).map(historyEntry),
      };
    },
    findBase: (reference, platform, options) => findBase(view, reference, platform, options),
    baseNamed: (name) => {
      const own = findImage(view, name);
      if (own) return { id: own.imageId, layers: own.diffIds };
      const found = view.bases.find(parseReference(name), platformText(ownPlatform));
      return found ? { id: digestOf(found.configuration), layers: found.layers.map(({ diffId }) => diffId) } : null;
    },
    catalogueLayer: async (layer, signal) => {
      const { diffId } = layer;
      const held = view.inUse.hold([diffId]);
      try {
        await addCatalogueLayer(view, layer, signal, () => undefined);
        return { diffId, bytes: contents.broughtBytes(diffId), [Symbol.dispose]: () => held[Symbol.dispose]() };
      } catch (error) {
        held[Symbol.dispose]();
        throw error;
      }
    },
    layerNames,
    reach: () => view.owner.reach(),
    steps: view.steps,
    exchange: buildExchange(view),
    hold: (diffIds) => view.inUse.hold(diffIds),
    stand: (diffIds, config) => {
      // Its own, also where another step stands on the same layers: that one's end must not take it away.
      const id = digestOf(randomUUID());
      const layers = layerNames(diffIds);
      const image = { id, config, architecture: '', os: 'linux', created: '', layers };
      view.standing.set(id, image);
      return { image, [Symbol.dispose]: () => void view.standing.delete(id) };
    },
    layer: (pack, signal) =>
      bringMade(pack, async (file, packed, maxBytes) => await bringHashed(view, file, packed, { maxBytes, signal })),
    ownLayer: async (make, signal) => {
      const own = layers.temporary();
      try {
        return await bringMade(
          (file, maxBytes) => make(own, file, maxBytes),
          async (file, made, maxBytes) => {
            signal.throwIfAborted();
            const { digest, diffId, tarBytes, bytes: size } = made;
            const unpacked = { digest, diffId, tarBytes, size, foreign: 0 };
            const keep = (): void => view.blobs.place(file, digest);
            const source = { blob: file, digest, isHashed: true, diffId, maxBytes, keep };
            return await layers.adopt({ directory: `${own}/upper`, unpacked }, source);
          },
        );
      } finally {
        // It may be a layer that was here already. What cannot be removed now is removed at the next start.
        void removeTree(own).catch(() => undefined);
      }
    },
    isInOwnImage: () => isInOwnImage(view),
    take: async (entry, reference, signal) => {
      for (const layer of entry.layers) await addCatalogueLayer(view, layer, signal, () => undefined);
      const { imageId } = contents.add(entry.configuration);
      view.own.add(imageId);
      view.own.name(reference, imageId);
    },
    blobOf: (diffId) => {
      const own = layers.get(diffId)?.blob;
      if (own) return { path: view.blobs.path(own), digest: own };
      const layer = view.catalogue.layer(diffId);
      if (!layer) throw goneFromCatalogue(diffId);
      return { path: layer.blob, digest: layer.digest };
    },
    giveToCatalogue: (diffIds) => {
      for (const diffId of diffIds.filter((one) => view.catalogue.layer(one) !== undefined)) {
        const blob = layers.giveAway(diffId);
        if (blob !== null) view.blobs.remove(blob);
      }
    },
    bytesOf: (diffIds) => contents.size({ diffIds }),
    broughtBytesOf: (diffIds) => diffIds.reduce((sum, diffId) => sum + contents.broughtBytes(diffId), 0),
    finish: async (configuration, bytes) => {
      const parsed = parseConfiguration(configuration);
      checkConfiguration(parsed);
      const { diffIds } = parsed;
      if (diffIds.length > maxLayers) throw new EngineError('refused', 'max depth exceeded');
      if (configuration.length > configurationAllowance(view))
        throw new EngineError(
          'exhausted',
          'the configurations of this host’s images hold as much as they may: remove images first',
        );
      const imageId = digestOf(configuration);
      using _held = contents.hold(diffIds);
      await using upload = new Upload(view.uploads);
      await contents.bringText(configuration, `${upload.directory}/configuration`);
      const isNew = view.own.get(imageId) === undefined;
      view.own.add(imageId, bytes);
      trimStepCache(view);
      if (isNew) view.owner.emit({ action: 'create', id: imageId, name: imageId });
    },
    name: (reference, imageId) => {
      view.own.name(reference, imageId);
      view.owner.emit({ action: 'tag', id: imageId, name: familiar(reference) });
    },
  };
}

function historyEntry({ created, created_by, comment, empty_layer }: HistoryStep): HistoryEntry {
  return {
    ...(created != null && { created }),
    ...(created_by !== '' && { created_by }),
    ...(comment !== '' && { comment }),
    ...(empty_layer && { empty_layer }),
  };
}
