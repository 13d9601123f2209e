// All images of one engine, and each host's view of them.

import { mkdirSync, rmSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { EngineError } from '../errors.ts';
import { maxRegistries, maxRegistriesPerHost } from '../limits.ts';
import type { NearRegistry } from '../registries/client.ts';
import { Blobs } from '../store/blobs.ts';
import { Layers } from '../store/layers.ts';
import type { Records } from '../store/records.ts';
import { Turnstile } from '../turnstile.ts';
import { buildImages } from './building.ts';
import { commit } from './commit.ts';
import { Contents } from './contents.ts';
import { describe } from './describe.ts';
import { history } from './history.ts';
import { defaultWorkspace, type HostImages, type Image, type ImageStore } from './image.ts';
import { importArchive } from './import.ts';
import { inspect } from './inspect.ts';
import { LayersInUse } from './layers-in-use.ts';
import { layersSize, list } from './list.ts';
import { load } from './load.ts';
import { login } from './login.ts';
import { OwnImages, ownImageKind } from './own-images.ts';
import { prune } from './prune.ts';
import { addCatalogueLayer, pull } from './pull.ts';
import { push } from './push.ts';
import { RememberedBases } from './remembered-bases.ts';
import { remove } from './remove.ts';
import { resolve } from './resolve.ts';
import { save } from './save.ts';
import { search } from './search.ts';
import { StepCache } from './step-cache.ts';
import { Sweeper } from './sweeper.ts';
import { tag } from './tag.ts';
import { Transfers } from './transfers.ts';
import type { HostView } from './view.ts';

export interface ImageStoreOptions {
  /** The btrfs store: this engine's alone. `blobs`, `layers` and `incoming` are made in it. */
  readonly storeDirectory: string;
  readonly records: Records;
  readonly catalogue: Catalogue;
  readonly log: Logger;
  /** A registry in this process, and its blobs, which share their files with those of images; null where there is none. */
  readonly near: { readonly registry: NearRegistry; readonly blobs: Blobs } | null;
}

/** What an interrupted upload or unpacking has left in the store is removed. */
export function createImageStore(options: ImageStoreOptions): ImageStore {
  const { storeDirectory, records, catalogue, log, near } = options;
  const uploads = `${storeDirectory}/incoming/uploads`;
  rmSync(uploads, { recursive: true, force: true });
  mkdirSync(uploads, { recursive: true, mode: 0o700 });
  const blobs = new Blobs(`${storeDirectory}/blobs`);
  blobs.discardTemporary();
  if (near) blobs.shareWith(near.blobs);
  const layers = new Layers({
    directory: `${storeDirectory}/layers`,
    temporary: `${storeDirectory}/incoming/layers`,
    records,
  });
  const contents = new Contents(records, layers, blobs);
  const views = new Map<string, HostView>();
  const registries = new Turnstile({ perKey: maxRegistriesPerHost, inAll: maxRegistries });

  const isUsed = (imageId: string): boolean => {
    if (!records.complete) return true;
    for (const { own, owner } of views.values()) if (own.get(imageId) || owner.needsImage(imageId)) return true;
    return false;
  };
  const sweeper = new Sweeper((imageId) => {
    if (!isUsed(imageId)) contents.forget(imageId);
  });
  const sweep = (imageIds: readonly string[]): void => sweeper.sweep(imageIds);
  const discard = (imageId: string, diffIds: readonly string[]): void => {
    sweep([imageId]);
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
    unpackedLayer: (diffId, digest) => {
      const layer = layers.get(diffId);
      const isProven = layers.isFrom(diffId, digest) || catalogue.layer(diffId)?.digest === digest;
      return layer && isProven ? `${layers.directory}/${layer.name}` : null;
    },
    get prepared() {
      return prepared;
    },
    forHost(owner) {
      const own = new OwnImages(owner.hostId, records, (imageId) => contents.has(imageId));
      const steps = new StepCache(owner.hostId, records, contents);
      const transfers = new Transfers();
      const view: HostView = {
        ...{
          owner,
          own,
          steps,
          bases: new RememberedBases(owner.hostId, records),
          inUse: new LayersInUse(contents),
          standing: new Map(),
          sentByBuilds: new Map(),
          contents,
          layers,
          blobs,
          catalogue,
          transfers,
          registries,
          uploads,
          sweep,
          discard,
        },
        near: near?.registry ?? null,
      };
      views.set(owner.hostId, view);
      return hostImages(view);
    },
    forgetHost(hostId) {
      const view = views.get(hostId);
      if (!view) return;
      for (const { imageId } of view.own.all()) records.delete(ownImageKind, hostId, imageId);
      view.steps.clear();
      view.bases.clear();
      views.delete(hostId);
      // Its containers may be gone already, with what they needed.
      sweep(contents.ids());
    },
    sweepUnused: () => sweep(contents.ids()),
    workspace,
    check: () => [...layers.check(), ...contents.check()],
    settle: () => layers.settle(),
    close: () => {
      sweeper.stop();
      contents.close();
      layers.close();
    },
  };
}

/** What the host has, and what its containers and snapshots need. */
function needsOf({ own, owner }: HostView): string[] {
  return [...own.all(), ...owner.usedImages(), ...owner.keptImages()].map(({ imageId }) => imageId);
}

function hostImages(view: HostView): HostImages {
  return {
    builds: buildImages(view),
    resolve: (reference) => view.standing.get(reference) ?? resolve(view, reference).image,
    list: (filters, options) => list(view, filters, options),
    layersSize: () => layersSize(view),
    inspect: (reference) => inspect(view, reference),
    stored: () => view.own.all(),
    recall: (given = []) => {
      const before = needsOf(view);
      view.own.recall();
      view.sweep([...before, ...given]);
    },
    release: (imageId) => {
      if (!view.own.get(imageId)) view.sweep([imageId]);
    },
    history: (reference) => history(view, reference),
    tag: (reference, repository, tagName) => tag(view, reference, repository, tagName),
    remove: (reference, options) => remove(view, reference, options),
    prune: (filters) => prune(view, filters),
    pull: (repository, tagName, options) => pull(view, repository, tagName, options),
    push: (repository, tagName, options) => push(view, repository, tagName, options),
    login: (server, options) => login(view, server, options),
    describe: (reference, options) => describe(view, reference, options),
    search: (term, limit, filters) => search(view, term, limit, filters),
    save: (names, signal) => save(view, names, signal),
    commit: (request) => commit(view, request),
    load: (archive, options) => load(view, archive, options),
    importArchive: (archive, options) => importArchive(view, archive, options),
  };
}
