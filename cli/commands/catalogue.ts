// `drydock catalogue …`: the images that every host can pull with the cable out. What needs no engine works without one.

import { createWriteStream, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type CatalogueImage, connectEngine, EngineError } from '@drydock/runtime';
import { type CatalogueFiles, openCatalogueFiles } from '@drydock/runtime/catalogue';
import { type Step, showProgress } from '../../bin/progress.mjs';
import { Failure } from '../failure.ts';
import { imageFolders } from '../image-folders.ts';
import { loadSettings } from '../load-settings.ts';
import { engineSocket } from '../paths.ts';
import { formatSize } from '../sizes.ts';
import { formatTable } from '../table.ts';
import { withEngine } from './engine.ts';

const pollMs = 200;

const origins: Readonly<Record<CatalogueImage['source'], string>> = {
  base: 'base',
  dockerfile: 'Dockerfile',
  registry: 'registry',
  archive: 'archive',
  import: 'imported',
  mistake: 'mistake',
};

function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What the engine says; what the disk says where none runs. */
async function images(): Promise<readonly CatalogueImage[]> {
  const { run } = loadSettings(process.env).settings;
  try {
    return (await connectEngine(engineSocket(run)).status()).catalogue;
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'unavailable') throw error;
    return (await files()).images();
  }
}

async function files(): Promise<CatalogueFiles> {
  const { settings } = loadSettings(process.env);
  if (process.getuid?.() !== 0) throw new Failure('The images are root’s: run this as root, with sudo.');
  return await openCatalogueFiles({ cacheDirectory: settings.cache, recipesDirectories: imageFolders(settings) });
}

/** An engine that runs is to know of what has changed on the disk. */
async function tellEngine(): Promise<void> {
  const { run } = loadSettings(process.env).settings;
  try {
    await connectEngine(engineSocket(run)).reloadCatalogue();
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'unavailable') throw error;
  }
}

export async function listCatalogue(options: { readonly json: boolean }): Promise<void> {
  const all = await images();
  if (options.json) {
    console.log(JSON.stringify(all, null, 2));
    return;
  }
  const rows = all.map(({ reference, names, source, state, sizeBytes, step }) => [
    ...[reference, names.length > 0 ? names.map((name) => name.slice(name.lastIndexOf(':') + 1)).join(', ') : '-'],
    ...[origins[source], state, sizeBytes > 0 ? formatSize(sizeBytes) : '-', step.split('\n')[0] ?? ''],
  ]);
  console.log(formatTable([['IMAGE', 'TAGS', 'FROM', 'STATE', 'SIZE', 'DOING'], ...rows]));
}

/** Throws Failure where an image cannot be built. Interrupted, it ends; the engine goes on. */
export async function buildCatalogue(names: readonly string[], options: { readonly again: boolean }): Promise<void> {
  const progress = showProgress();
  const steps = new Map<string, Step>();
  try {
    await withEngine(async (engine) => {
      const wanted = new Set(await engine.buildCatalogue(names, options));
      for (;;) {
        const all = (await engine.status()).catalogue.filter(({ reference }) => wanted.has(reference));
        for (const image of all) show(image, steps, progress);
        if (all.every(({ state }) => state === 'ready' || state === 'failed')) return finish(all);
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    });
  } finally {
    progress.close();
  }
}

function show(image: CatalogueImage, steps: Map<string, Step>, progress: ReturnType<typeof showProgress>): void {
  const { reference, state, step } = image;
  if (state === 'building' || state === 'waiting') {
    const shown = steps.get(reference) ?? progress.step(reference);
    steps.set(reference, shown);
    shown.update(state === 'waiting' ? 'waiting' : step);
    return;
  }
  const shown = steps.get(reference);
  if (state === 'ready') shown?.done(formatSize(image.sizeBytes));
  else shown?.failed();
}

function finish(all: readonly CatalogueImage[]): void {
  const failed = all.filter(({ state }) => state === 'failed');
  const ready = all.length - failed.length;
  if (ready > 0) console.log(`${ready === 1 ? '1 image is' : `${ready} images are`} ready.`);
  if (failed.length > 0)
    throw new Failure(failed.map(({ reference, step }) => `${reference} cannot be made: ${step}`).join('\n'));
}

/** `file`: `-` for standard output. A file is there whole, or not at all. */
export async function exportCatalogue(file: string, names: readonly string[]): Promise<void> {
  const isStandard = file === '-';
  if (isStandard && process.stdout.isTTY) throw new Failure('An archive is nothing for a terminal: name a file.');
  const exported = await told(async () => (await files()).exported(names));
  if (exported.names.length === 0)
    throw new Failure('None of these images is there yet: drydock catalogue build makes them.');
  const progress = showProgress();
  const step = progress.step(`Writing ${exported.names.length === 1 ? 'an image' : 'images'}`);
  const ending = interrupted();
  const made = `${file}.new`;
  try {
    const to = isStandard ? process.stdout : createWriteStream(made, { mode: 0o644, flush: true });
    const onBytes = (bytes: number) => step.update(`${formatSize(bytes)} of ${formatSize(exported.bytes)}`);
    await exported.write(to, onBytes, ending.signal);
    if (!isStandard) renameSync(made, file);
    step.done(formatSize(exported.bytes));
  } catch (error) {
    step.failed();
    if (!isStandard) rmSync(made, { force: true });
    if (ending.signal.aborted) throw new Failure('Interrupted: nothing was written.');
    throw new Failure(`${file} cannot be written: ${(error as Error).message}.`, { cause: error });
  } finally {
    progress.close();
  }
  if (!isStandard) console.log(exported.names.join('\n'));
}

/** `archive`: a file or a directory; `-` for standard input. */
export async function importCatalogue(archive: string, options: { readonly as: string | undefined }): Promise<void> {
  const catalogue = await files();
  const progress = showProgress();
  const step = progress.step(`Importing ${archive === '-' ? 'images' : path.basename(archive)}`);
  const ending = interrupted();
  try {
    const imported = await told(() =>
      catalogue.import(archive === '-' ? null : path.resolve(archive), {
        name: options.as ?? null,
        signal: ending.signal,
        onStep: (detail) => step.update(detail),
      }),
    );
    await tellEngine();
    step.done();
    console.log(imported.flatMap(({ names }) => names).join('\n'));
  } catch (error) {
    step.failed();
    if (ending.signal.aborted) throw new Failure('Interrupted: nothing was imported.');
    throw error;
  } finally {
    progress.close();
  }
}

export async function removeFromCatalogue(name: string): Promise<void> {
  const removed = await told(async () => (await files()).remove(name, new AbortController().signal));
  await tellEngine();
  console.log(removed.join('\n'));
}

async function told<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new Failure(sentence(error.message), { cause: error });
  }
}

function interrupted(): AbortController {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => ending.abort(new Error('interrupted')));
  return ending;
}
