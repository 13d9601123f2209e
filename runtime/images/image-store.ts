// All images of one engine, and each host's view of them.

import { mkdirSync, rmSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { EngineError } from '../errors.ts';
import { Blobs } from '../store/blobs.ts';
import { Layers } from '../store/layers.ts';
import type { Records } from '../store/records.ts';
import { Contents } from './contents.ts';
import { history } from './history.ts';
import { defaultWorkspace, type HostImages, type Image, type ImageStore } from './image.ts';
import { importArchive } from './import.ts';
import { inspect } from './inspect.ts';
import { layersSize, list } from './list.ts';
import { load } from './load.ts';
import { OwnImages } from './own-images.ts';
import { prune } from './prune.ts';
import { addCatalogueLayer, pull } from './pull.ts';
import { remove } from './remove.ts';
import { resolve } from './resolve.ts';
import { tag } from './tag.ts';
import { Transfers } from './transfers.ts';
import type { HostView } from './view.ts';

export interface ImageStoreOptions {
  /** The btrfs store: this engine's alone. `blobs`, `layers` and `incoming` are made in it. */
  readonly storeDirectory: string;
  readonly records: Records;
  readonly catalogue: Catalogue;
  readonly log: Logger;
}

/** What an interrupted upload or unpacking has left in the store is removed. */
export function createImageStore(options: ImageStoreOptions): ImageStore {
  const { storeDirectory, records, catalogue, log } = options;
  const uploads = `${storeDirectory}/incoming/uploads`;
  rmSync(uploads, { recursive: true, force: true });
  mkdirSync(uploads, { recursive: true, mode: 0o700 });
  const blobs = new Blobs(`${storeDirectory}/blobs`);
  blobs.discardTemporary();
  const layers = new Layers({
    directory: `${storeDirectory}/layers`,
    temporary: `${storeDirectory}/incoming/layers`,
    records,
  });
  const contents = new Contents(records, layers, blobs);
  const views = new Map<string, HostView>();

  const isUsed = (imageId: string): boolean => {
    for (const view of views.values()) {
      const { own, owner } = view;
      if (own.get(imageId) || [...owner.usedImages(), ...owner.keptImages()].some((use) => use.imageId === imageId))
        return true;
    }
    return false;
  };
  const sweep = (): void => contents.sweep(isUsed);
  const discard = (diffIds: readonly string[]): void => {
    sweep();
    contents.discardUnused(diffIds);
  };

  let prepared = false;
  async function workspace(name = defaultWorkspace): Promise<Image> {
    const entry = name === defaultWorkspace ? await catalogue.ready(name) : catalogue.entry(name);
    if (!entry) {
      const { state, step } = catalogue.progress(name);
      throw new EngineError(
        'unavailable',
        `the image ${name} is not built yet: ${[state, step].filter(Boolean).join(', ')}`,
      );
    }
    const never = new AbortController().signal;
    for (const layer of entry.layers) await addCatalogueLayer({ layers }, layer, never, () => undefined);
    if (name === defaultWorkspace) prepared = true;
    return contents.add(entry.configuration).image;
  }
  catalogue
    .whenBuilt(defaultWorkspace)
    .then(() => workspace())
    .catch((err: unknown) => log.warn({ err }, 'the workspace image cannot be unpacked; the next host tries again'));

  return {
    layersDirectory: layers.directory,
    get prepared() {
      return prepared;
    },
    forHost(owner) {
      const own = new OwnImages(owner.hostId, records, (imageId) => contents.get(imageId) !== undefined);
      const transfers = new Transfers();
      const view = { owner, own, contents, layers, blobs, catalogue, transfers, uploads, sweep, discard };
      views.set(owner.hostId, view);
      return hostImages(view);
    },
    forgetHost(hostId) {
      for (const { imageId } of views.get(hostId)?.own.all() ?? []) records.delete('image', hostId, imageId);
      views.delete(hostId);
      sweep();
    },
    workspace,
    check: () => [...layers.check(), ...contents.check()],
  };
}

function hostImages(view: HostView): HostImages {
  return {
    resolve: (reference) => resolve(view, reference).image,
    list: (filters, options) => list(view, filters, options),
    layersSize: () => layersSize(view),
    inspect: (reference) => inspect(view, reference),
    stored: () => view.own.all(),
    recall: () => {
      view.own.recall();
      view.sweep();
    },
    history: (reference) => history(view, reference),
    tag: (reference, repository, tagName) => tag(view, reference, repository, tagName),
    remove: (reference, options) => remove(view, reference, options),
    prune: (filters) => prune(view, filters),
    pull: (repository, tagName, options) => pull(view, repository, tagName, options),
    load: (archive, options) => load(view, archive, options),
    importArchive: (archive, options) => importArchive(view, archive, options),
  };
}
