// An image store with a tiny catalogue of its own, which needs no network: for the tests of images, store and catalogue.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { makeBusyboxRoot } from '../../../runtime/catalogue/busybox.ts';
import { Catalogue } from '../../../runtime/catalogue/catalogue.ts';
import type { Workshop } from '../../../runtime/catalogue/workshop.ts';
import type { HostImages, ImageEvent, ImageStore, Progress } from '../../../runtime/images/image.ts';
import { createImageStore } from '../../../runtime/images/image-store.ts';
import { Traffic } from '../../../runtime/images/traffic.ts';
import { startTicksOf } from '../../../runtime/kernel/processes.ts';
import { openRecords } from '../../../runtime/open-records.ts';
import type { Reach } from '../../../runtime/registries/reach.ts';
import type { Records } from '../../../runtime/store/records.ts';
import { layerOf, type TestImage, writeImageLayout } from '../../support/archive-of.ts';
import { keptFolder } from '../../support/instance.ts';

export interface TestDirectory extends AsyncDisposable {
  readonly path: string;
}

export async function temporaryDirectory(): Promise<TestDirectory> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'drydock-images-'));
  return {
    path: directory,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

export interface Use {
  readonly containerId: string;
  readonly imageId: string;
  readonly running: boolean;
}

/** A host's images, what it told of them, and the containers that it claims to have. */
export interface TestHost {
  readonly images: HostImages;
  readonly events: ImageEvent[];
  readonly uses: Use[];
}

export interface TestImages extends AsyncDisposable {
  readonly directory: string;
  readonly catalogue: Catalogue;
  readonly store: ImageStore;
  host(id: string, reach?: Reach): TestHost;
  /** The engine's records, whose file nobody else can open meanwhile. */
  readonly records: Records;
  /**
   * The same store and records, as after a restart of the engine. The first store is not to be used any more. `whileClosed` is told the
   * file of the records, which are closed for it.
   */
  reopen(whileClosed?: (file: string) => void): Promise<ImageStore>;
}

const log = pino({ level: 'silent' });

mkdirSync(keptFolder, { recursive: true });
/** The tiny catalogue as built, for all files of this process: their recipes are the same, and this module is loaded once. */
const sharedCache = mkdtempSync(path.join(keptFolder, 'images-cache-'));

/** So long ago that what is made of an archive is taken out of the cache, whichever test has written the archive. */
const archiveTime = new Date('2026-01-02T03:04:05Z');

const program = { hello: layerOf({ hello: 'hello\n' }), workspace: layerOf({ hello: 'workspace\n' }) };
const busybox = layerOf({}, makeBusyboxRoot);
const page = layerOf({ 'srv/index.html': 'a page\n', 'bin/.wh.vi': '', 'var/spool/.wh..wh..opq': '' }, (directory) =>
  symlinkSync('/srv', `${directory}/www`),
);
const ownPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const pageConfig = { Env: [ownPath], Cmd: ['sh'], ExposedPorts: { '80/tcp': {} } };

/** A folder with an archive, and what is said of it. */
export function writeArchiveRecipe(
  directory: string,
  name: string,
  image: TestImage,
  says: readonly string[] = [],
): void {
  const folder = `${directory}/${name}`;
  rmSync(folder, { recursive: true, force: true });
  writeImageLayout(`${folder}/image`, [image]);
  utimesSync(`${folder}/image/index.json`, archiveTime, archiveTime);
  writeFileSync(`${folder}/image.yaml`, ['archive: image', `summary: ${name}`, ...says, ''].join('\n'));
}

/** The recipes of a catalogue that is made in a moment: `hello`, `workspace`, `busybox`, and `page`, which has the layer of `busybox` too. */
export function writeRecipes(directory: string): void {
  const Env = [ownPath];
  const write = (name: string, image: TestImage, says?: readonly string[]): void =>
    writeArchiveRecipe(directory, name, image, says);
  write('hello', { layers: [program.hello], config: { Env, Cmd: ['/hello'] } }, ['tags: [latest, "1"]']);
  write('workspace', { layers: [{ ...program.workspace, compression: 'zstd' }], config: { Env } }, ['offered: false']);
  write('busybox', { layers: [busybox], config: { Env, Cmd: ['sh'] } });
  write('page', { layers: [busybox, page], config: pageConfig });
}

/** Nobody but the machine's own recipes is asked. */
export const noRegistries = { mirrors: [], dockerConfig: null };

/** What a test needs of a workshop that has nothing to build. */
export const idleWorkshop: Workshop = {
  build: () => Promise.reject(new Error('no Dockerfile is built in this test')),
  keep: () => Promise.resolve(),
  rest: () => Promise.resolve(),
};

export async function testImages(): Promise<TestImages> {
  const temporary = await temporaryDirectory();
  const directory = temporary.path;
  writeRecipes(`${directory}/recipes`);
  const catalogue = await Catalogue.open({
    cacheDirectory: sharedCache,
    recipesDirectories: [`${directory}/recipes`],
    registries: noRegistries,
    scratchDirectory: `${directory}/scratch`,
    log,
  });
  const ending = new AbortController();
  catalogue.start('minimal', idleWorkshop, ending.signal);
  const file = `${directory}/engine.db`;
  let records = openRecords(file, log);
  const stores: ImageStore[] = [];
  const open = (): ImageStore => {
    const opened = createImageStore({ storeDirectory: `${directory}/store`, records, catalogue, log, near: null });
    stores.push(opened);
    return opened;
  };
  const store = open();
  return {
    directory,
    catalogue,
    store,
    host: (id, reach) => testHost(store, id, reach),
    get records() {
      return records;
    },
    async reopen(whileClosed) {
      // What it does in the background must be over: two stores on one directory would clean up after each other.
      await store.workspace();
      if (whileClosed) {
        for (const each of stores) each.close();
        records.close();
        whileClosed(file);
        records = openRecords(file, log);
      }
      return open();
    },
    async [Symbol.asyncDispose]() {
      await catalogue.ready('busybox');
      await store.workspace();
      ending.abort();
      for (const each of stores) each.close();
      records.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

/** The test's own network, in which a host of these tests stands, and names that no file knows. */
const ownNetwork: Reach = {
  pid: process.pid,
  startTicks: startTicksOf(process.pid),
  namesDirectory: '/nonexistent',
  proxy: null,
};

export function testHost(store: ImageStore, hostId: string, reach: Reach = ownNetwork): TestHost {
  const events: ImageEvent[] = [];
  const uses: Use[] = [];
  const images = store.forHost({
    hostId,
    usedImages: () => uses,
    needsImage: (imageId) => uses.some((use) => use.imageId === imageId),
    keptImages: () => [],
    emit: (event) => void events.push(event),
    reach: () => reach,
    hubAccount: () => null,
    traffic: new Traffic({ put: () => undefined, delete: () => undefined }),
  });
  return { images, events, uses };
}

/** A signal that nothing aborts. */
export const untilDone = (): AbortSignal => new AbortController().signal;

export async function collect(lines: AsyncIterable<Progress>): Promise<Progress[]> {
  const all: Progress[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

export async function pullAll(host: TestHost, repository: string, tag = 'latest'): Promise<Progress[]> {
  return collect(await host.images.pull(repository, tag, { signal: untilDone() }));
}
