// The builds that a host has had, as `docker buildx history` tells them: a record and its progress each, on the host's own disk, the last
// ones and those that are pinned.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { create, fromBinary, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { makeDirectory } from '../../kernel/directories.ts';
import { maxHistoryLogBytes, maxHistoryRecords, maxPinnedRecords } from '../../limits.ts';
import { digestOf } from '../../store/blobs.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { BuildHistoryRecordSchema, DescriptorSchema, StatusResponseSchema } from '../messages/control_pb.ts';
import type { Event } from '../progress.ts';

export type HistoryRecord = MessageShape<typeof BuildHistoryRecordSchema>;

/** What has become of a record. */
export type HistoryEvent =
  | { readonly kind: 'started' | 'complete'; readonly record: HistoryRecord }
  | { readonly kind: 'deleted'; readonly ref: string };

/** As BuildKit has it: messages, each behind its length in four bytes, the lowest first. */
const logType = 'application/vnd.buildkit.status.v0';

export class BuildHistory {
  readonly #directory: string;
  readonly #active = new Map<string, HistoryRecord>();
  readonly #listeners = new Set<(event: HistoryEvent) => void>();
  /** Settles when all that was to be written is. */
  #writing: Promise<unknown> = Promise.resolve();

  /** `directory` is made when there is something to write. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  started(record: HistoryRecord): void {
    this.#active.set(record.ref, record);
    this.#tell({ kind: 'started', record });
  }

  /** It is over, with what it has told. Written behind; what cannot be is left out. */
  complete(record: HistoryRecord, events: readonly Event[]): void {
    this.#active.delete(record.ref);
    this.#write(async () => {
      const log = logOf(events);
      const descriptor = { mediaType: logType, digest: digestOf(log), size: BigInt(log.length) };
      const kept = { ...record, logs: create(DescriptorSchema, descriptor) };
      makeDirectory(this.#directory, 0o700);
      await writeFile(this.#path(record.ref, 'log'), log, { mode: 0o600 });
      await this.#put(kept);
      this.#tell({ kind: 'complete', record: kept });
      await this.#trim();
    });
  }

  /** It was nothing that is told of. */
  forget(ref: string): void {
    this.#active.delete(ref);
  }

  #write(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch(() => undefined);
  }

  async #put(record: HistoryRecord): Promise<void> {
    const path = this.#path(record.ref, 'record');
    await writeFile(`${path}.new`, toBinary(BuildHistoryRecordSchema, record), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  /** Clients make references up: a file has the name of its hash. */
  #path(ref: string, ending: 'record' | 'log'): string {
    return `${this.#directory}/${createHash('sha256').update(ref).digest('hex')}.${ending}`;
  }

  async #trim(): Promise<void> {
    const loose = (await this.#stored()).filter(({ pinned }) => !pinned);
    for (const { ref } of loose.slice(maxHistoryRecords)) await this.#remove(ref);
  }

  /** The newest first. */
  async #stored(): Promise<HistoryRecord[]> {
    const names = fs.existsSync(this.#directory) ? fs.readdirSync(this.#directory) : [];
    const records: HistoryRecord[] = [];
    for (const name of names)
      if (name.endsWith('.record')) records.push(...(await readRecord(`${this.#directory}/${name}`)));
    return records.sort((a, b) => startOf(b) - startOf(a));
  }

  /** Builds that are under way, and those that were: the newest first. */
  async all(): Promise<{ readonly active: readonly HistoryRecord[]; readonly stored: readonly HistoryRecord[] }> {
    await this.#writing;
    return { active: [...this.#active.values()].reverse(), stored: await this.#stored() };
  }

  async #find(ref: string): Promise<HistoryRecord | null> {
    await this.#writing;
    const [record = null] = await readRecord(this.#path(ref, 'record'));
    return record?.ref === ref ? record : null;
  }

  /** Idempotent. */
  async remove(ref: string): Promise<void> {
    await this.#writing;
    await this.#remove(ref);
  }

  async #remove(ref: string): Promise<void> {
    for (const ending of ['record', 'log'] as const) await rm(this.#path(ref, ending), { force: true });
    this.#tell({ kind: 'deleted', ref });
  }

  /** Throws notFound, resourceExhausted. */
  async pin(ref: string, pinned: boolean): Promise<void> {
    const record = await this.#find(ref);
    if (!record)
      throw new GrpcError(codes.notFound, `failed to retrieve ref ${ref.slice(0, 100)}: file does not exist`);
    const others = (await this.#stored()).filter((one) => one.pinned && one.ref !== ref).length;
    if (pinned && others >= maxPinnedRecords)
      throw new GrpcError(codes.resourceExhausted, `a host keeps ${maxPinnedRecords} pinned builds at most`);
    const changed = { ...record, pinned, generation: record.generation + 1 };
    await this.#put(changed);
    this.#tell({ kind: 'complete', record: changed });
  }

  /** What a build of before has told; null where it is not known. */
  async progress(ref: string): Promise<readonly Event[] | null> {
    if (!(await this.#find(ref))) return null;
    const log = await readFile(this.#path(ref, 'log')).catch(() => Buffer.alloc(0));
    return eventsIn(log);
  }

  /** The file of a blob that a record names; null where none does. */
  async blob(digest: string): Promise<{ readonly path: string; readonly size: number } | null> {
    const { stored } = await this.all();
    const record = stored.find(({ logs }) => logs?.digest === digest);
    const path = record && this.#path(record.ref, 'log');
    const found = path === undefined ? null : await stat(path).catch(() => null);
    return path !== undefined && found ? { path, size: found.size } : null;
  }

  /** Calls `listener` until the returned function is called. */
  listen(listener: (event: HistoryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: HistoryEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

const startOf = ({ createdAt }: HistoryRecord): number => (createdAt ? timestampDate(createdAt).getTime() : 0);

/** Nothing where there is none, or none that can be read. */
async function readRecord(path: string): Promise<HistoryRecord[]> {
  try {
    return [fromBinary(BuildHistoryRecordSchema, await readFile(path))];
  } catch {
    return [];
  }
}

/** What comes after too much is left out. */
function logOf(events: readonly MessageInitShape<typeof StatusResponseSchema>[]): Buffer {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (const event of events) {
    const message = toBinary(StatusResponseSchema, create(StatusResponseSchema, event));
    bytes += 4 + message.length;
    if (bytes > maxHistoryLogBytes) break;
    const length = Buffer.alloc(4);
    length.writeUInt32LE(message.length);
    pieces.push(length, message);
  }
  return Buffer.concat(pieces);
}

function eventsIn(log: Buffer): Event[] {
  const events: Event[] = [];
  for (let at = 0; at + 4 <= log.length; ) {
    const end = at + 4 + log.readUInt32LE(at);
    if (end > log.length) break;
    events.push(fromBinary(StatusResponseSchema, log.subarray(at + 4, end)));
    at = end;
  }
  return events;
}
