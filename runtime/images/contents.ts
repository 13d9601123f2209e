// What images are made of, known once for all hosts: the configuration and the layers. Who has an image is not known here.
//
// Of each image only its layers are in memory. What its configuration says is stored in parts, and read when somebody asks;
// the configuration itself, byte for byte as hashed, is a blob, where a host has brought it.

import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { maxKnownDetailsBytes } from '../limits.ts';
import { type Blobs, digestOf } from '../store/blobs.ts';
import type { Layers } from '../store/layers.ts';
import { type RecordKind, type Shape, unchanged } from '../store/record-kind.ts';
import type { Records } from '../store/records.ts';
import { cachedStepKind } from './cached-step.ts';
import {
  detailsKind,
  type HistoryStep,
  historyKind,
  type ImageDetails,
  type ParsedConfiguration,
  parseConfiguration,
} from './configuration.ts';
import type { Image } from './image-config.ts';

/** As stored, and in memory. */
interface Content {
  readonly imageId: string;
  readonly diffIds: readonly string[];
  /** Of the configuration in the store; 0 where the catalogue has it. */
  readonly bytes: number;
}

export const contentKind: RecordKind<Content> = {
  name: 'content',
  schema: z.object({
    imageId: z.string(),
    diffIds: z.array(z.string()),
    bytes: z.number(),
  } satisfies Shape<Content>),
  upgrades: [unchanged],
};

/** Engines up to 2026-11-28 kept configurations whole, in one record each, of no host. None is written any more. */
const wholeKind: RecordKind<{ readonly configuration: string }> = {
  name: 'image',
  schema: z.object({ configuration: z.string() }),
  upgrades: [],
};

/** An image, and what is read out of its configuration when it is asked for. */
export interface KnownImage extends Content {
  readonly image: Image;
  readonly details: ImageDetails;
}

/** A configuration that was parsed elsewhere: its parts as JSON, as they are stored. */
export interface BroughtConfiguration extends Content {
  readonly details: string;
  readonly history: string;
}

/** The IDs that Docker knows layers by when others lie below: each is a hash over the one before (image-spec config.md). */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}

/** The parts of a configuration as they are stored. */
export function broughtConfiguration(
  imageId: string,
  { diffIds, details, history }: ParsedConfiguration,
  bytes: number,
): BroughtConfiguration {
  return { imageId, diffIds, bytes, details: JSON.stringify(details), history: JSON.stringify(history) };
}

export class Contents {
  readonly #records: Records;
  readonly #layers: Layers;
  readonly #blobs: Blobs;
  readonly #known = new Map<string, Content>();
  /** How many images need each layer. */
  readonly #needed = new Map<string, number>();
  /** What was read last, the oldest first. */
  readonly #read = new Map<string, { readonly details: ImageDetails; readonly bytes: number }>();
  #readBytes = 0;
  #isClosed = false;

  /** Knows what was known before. Forgets images whose layers are gone, and removes what a load cut short has left. */
  constructor(records: Records, layers: Layers, blobs: Blobs) {
    this.#records = records;
    this.#layers = layers;
    this.#blobs = blobs;
    for (const content of records.list(contentKind, '')) {
      if (content.diffIds.every((diffId) => layers.get(diffId))) this.#know(content);
      else if (records.complete) this.#forgetRecords(content.imageId);
    }
    this.#takeOver();
    for (const { diffId } of records.list(cachedStepKind)) this.#need(diffId);
    if (!records.complete) return;
    this.discardUnused(layers.all().map((layer) => layer.diffId));
    const kept = new Set(layers.all().map((layer) => layer.blob));
    for (const { imageId, bytes } of this.#known.values()) if (bytes > 0) kept.add(imageId);
    for (const digest of blobs.all()) if (!kept.has(digest)) blobs.remove(digest);
  }

  /** The records of an engine that kept configurations whole, in one each: those that nobody uses any more go unread. */
  #takeOver(): void {
    const old = this.#records.ids(wholeKind, '');
    if (old.length === 0) return;
    const used = this.#records.usedImages();
    for (const imageId of old) {
      const [record] = used.has(imageId) ? this.#records.get(wholeKind, '', imageId) : [];
      if (record) this.#takeOverOne(imageId, record.configuration);
      this.#records.delete(wholeKind, '', imageId);
    }
    this.#records.giveBack();
  }

  #takeOverOne(imageId: string, configuration: string): void {
    const parsed = parseConfiguration(configuration);
    if (!parsed.diffIds.every((diffId) => this.#layers.get(diffId))) return;
    const { size } = this.#blobs.putDocument(configuration);
    this.#put(broughtConfiguration(imageId, parsed, size));
  }

  get(imageId: string): KnownImage | undefined {
    const content = this.#known.get(imageId);
    return content && this.#lazily(content);
  }

  has(imageId: string): boolean {
    return this.#known.has(imageId);
  }

  ids(): string[] {
    return [...this.#known.keys()];
  }

  /** The steps that an image was made in, the first one first. */
  history(imageId: string): readonly HistoryStep[] {
    const [history = []] = this.#records.get(historyKind, '', imageId);
    return history;
  }

  /** Remembers an image of the catalogue, whose layers are all unpacked. Idempotent. Throws invalid for a configuration that is none. */
  add(configuration: string): KnownImage {
    const imageId = digestOf(configuration);
    const known = this.#known.get(imageId);
    return this.#lazily(known ?? this.#put(broughtConfiguration(imageId, parseConfiguration(configuration), 0)));
  }

  /** Remembers an image that a host has brought, whose configuration is in the file at `path`, which is moved. Idempotent. */
  async bring(brought: BroughtConfiguration, path: string): Promise<KnownImage> {
    const known = this.#known.get(brought.imageId);
    if (known) return this.#lazily(known);
    await this.#blobs.adopt(path, brought.imageId);
    const meanwhile = this.#known.get(brought.imageId);
    if (meanwhile) return this.#lazily(meanwhile);
    if (!this.#blobs.has(brought.imageId))
      throw new EngineError('unavailable', 'the same image was removed at this moment; try again');
    return this.#lazily(this.#put(brought));
  }

  /** The same for a configuration that the engine made; `path` is a new file's. */
  async bringText(configuration: string, path: string): Promise<KnownImage> {
    await writeFile(path, configuration, { flag: 'wx', mode: 0o600 });
    const bytes = Buffer.byteLength(configuration);
    return await this.bring(
      broughtConfiguration(digestOf(configuration), parseConfiguration(configuration), bytes),
      path,
    );
  }

  /** Forgets an image, and removes the layers that no other needs. What layers the catalogue has stay: hosts' workspaces stand on them. */
  forget(imageId: string): void {
    const content = this.#known.get(imageId);
    if (!content) return;
    this.#known.delete(imageId);
    this.#forgetRecords(imageId);
    this.#drop(imageId);
    if (content.bytes > 0) this.#blobs.remove(imageId);
    for (const diffId of new Set(content.diffIds)) this.#needed.set(diffId, (this.#needed.get(diffId) ?? 1) - 1);
    this.discardUnused(content.diffIds);
  }

  /**
   * Keeps these layers, unpacked or yet to be, until it is disposed of: an image that needs them is being brought. What nobody else
   * needs then goes. Idempotent then.
   */
  hold(diffIds: readonly string[]): Disposable {
    const held = new Set(diffIds);
    for (const diffId of held) this.#needed.set(diffId, (this.#needed.get(diffId) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        const letGo = [...held];
        held.clear();
        for (const diffId of letGo) this.#needed.set(diffId, (this.#needed.get(diffId) ?? 1) - 1);
        this.discardUnused(letGo);
      },
    };
  }

  /** Keeps a layer until it is let go, also for the engines after this one: who calls this stores that. */
  keep(diffId: string): void {
    this.#need(diffId);
  }

  /** What `keep` kept goes where nobody else needs it. */
  letGo(diffId: string): void {
    this.#needed.set(diffId, (this.#needed.get(diffId) ?? 1) - 1);
    this.discardUnused([diffId]);
  }

  #need(diffId: string): void {
    this.#needed.set(diffId, (this.#needed.get(diffId) ?? 0) + 1);
  }

  /** Removes those of these layers that a host brought in and that no image needs, with their blobs. */
  discardUnused(diffIds: readonly string[]): void {
    if (this.#isClosed || !this.#records.complete) return;
    for (const diffId of new Set(diffIds)) {
      const isNeeded = (this.#needed.get(diffId) ?? 0) > 0;
      if (!isNeeded) this.#needed.delete(diffId);
      const blob = this.#layers.get(diffId)?.blob;
      if (!blob || isNeeded) continue;
      this.#layers.remove(diffId);
      this.#blobs.remove(blob);
    }
  }

  /** Removes nothing from then on: the records are about to be closed. A start of the engine finds what was left. */
  close(): void {
    this.#isClosed = true;
  }

  /** Where images, layers and blobs disagree, a sentence each. */
  check(): string[] {
    const findings: string[] = [];
    for (const { imageId, diffIds, bytes } of this.#known.values()) {
      if (bytes > 0 && !this.#blobs.has(imageId)) findings.push(`image ${imageId} has lost its configuration`);
      for (const diffId of diffIds) {
        if (!this.#layers.get(diffId))
          findings.push(`image ${imageId} needs the layer ${diffId}, which is not unpacked`);
      }
    }
    for (const { name, diffId, blob } of this.#layers.all()) {
      if (blob === null) continue;
      if ((this.#needed.get(diffId) ?? 0) === 0)
        findings.push(`the layer ${name} was brought in by a host and belongs to no image`);
      if (!this.#blobs.has(blob)) findings.push(`the layer ${name} has lost its blob ${blob}`);
    }
    return findings;
  }

  /** What the image's layers hold together. */
  size(known: { readonly diffIds: readonly string[] }): number {
    return known.diffIds.reduce((sum, diffId) => sum + (this.#layers.get(diffId)?.size ?? 0), 0);
  }

  hasLayer(diffId: string): boolean {
    return this.#layers.get(diffId) !== undefined;
  }

  layerSize(diffId: string): number {
    return this.#layers.get(diffId)?.size ?? 0;
  }

  /** The same of a layer that a host brought in; 0 for any other. */
  broughtBytes(diffId: string): number {
    const layer = this.#layers.get(diffId);
    return layer?.blob ? layer.size : 0;
  }

  #put({ details, history, ...content }: BroughtConfiguration): Content {
    const { imageId } = content;
    this.#records.putText(detailsKind, '', imageId, details);
    this.#records.putText(historyKind, '', imageId, history);
    // Last: what is not all there is not there.
    this.#records.put(contentKind, '', imageId, content);
    this.#know(content);
    return content;
  }

  #know(content: Content): void {
    this.#known.set(content.imageId, content);
    for (const diffId of new Set(content.diffIds)) this.#needed.set(diffId, (this.#needed.get(diffId) ?? 0) + 1);
  }

  #forgetRecords(imageId: string): void {
    for (const kind of [contentKind, detailsKind, historyKind]) this.#records.delete(kind, '', imageId);
  }

  #lazily(content: Content): KnownImage {
    const contents = this;
    return {
      ...content,
      get details() {
        return contents.#details(content.imageId);
      },
      get image() {
        const { architecture, os, created, config } = contents.#details(content.imageId);
        return { id: content.imageId, config, architecture, os, created, layers: contents.#layerNames(content) };
      },
    };
  }

  #details(imageId: string): ImageDetails {
    const before = this.#read.get(imageId);
    this.#drop(imageId);
    if (before) return this.#keep(imageId, before.details, before.bytes);
    const [details, bytes = 0] = this.#records.get(detailsKind, '', imageId);
    if (!details) throw new EngineError('dataLoss', `the configuration of image ${imageId} is lost`);
    return this.#keep(imageId, details, bytes);
  }

  #keep(imageId: string, details: ImageDetails, bytes: number): ImageDetails {
    this.#read.set(imageId, { details, bytes });
    this.#readBytes += bytes;
    for (const oldest of this.#read.keys()) {
      if (this.#readBytes <= maxKnownDetailsBytes) break;
      this.#drop(oldest);
    }
    return details;
  }

  #drop(imageId: string): void {
    this.#readBytes -= this.#read.get(imageId)?.bytes ?? 0;
    this.#read.delete(imageId);
  }

  #layerNames({ imageId, diffIds }: Content): string[] {
    // A layer that occurs twice hides itself, and overlayfs takes no directory twice: the upper one is enough.
    const distinct = diffIds.filter((diffId, i) => diffIds.lastIndexOf(diffId) === i);
    return distinct.map((diffId) => {
      const layer = this.#layers.get(diffId);
      if (!layer) throw new EngineError('internal', `layer ${diffId} of image ${imageId} is not unpacked`);
      return layer.name;
    });
  }
}
