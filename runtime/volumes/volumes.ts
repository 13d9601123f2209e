// The volumes of one host: their records, and their files on the host's own disk. Knows nothing of containers: who uses a volume is
// asked of who made it.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { at, diskFull, EngineError } from '../errors.ts';
import type { EventLog } from '../events.ts';
import { makeDirectory } from '../kernel/directories.ts';
import { removeTree } from '../kernel/remove-tree.ts';
import { maxVolumeNameLength, maxVolumesPerHost } from '../limits.ts';
import type { Records } from '../store/records.ts';
import { checkLocalOptions, type LocalOptions } from './local-options.ts';
import { type VolumeRecord, volumeKind } from './volume-record.ts';

/** What the volumes use of their host. */
export interface VolumeHost {
  readonly engine: { readonly records: Records };
  readonly id: string;
  readonly record: { readonly uidBase: number };
  /** Holds everything of the host on the disk. */
  readonly directory: string;
  readonly events: EventLog;
}

export interface VolumeRequest {
  /** Null for one of 64 hex digits. */
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly options: LocalOptions;
  /** Empty for `local`, which is the only one. */
  readonly driver: string;
}

/** What stands on a volume that was made without a name, as in moby. */
export const anonymousLabel = 'com.docker.volume.anonymous';
export const volumeDriver = 'local';
/** Where Docker keeps volumes, and students find them in the workspace. */
export const volumesDirectory = '/var/lib/docker/volumes';
/** What goes away in a moment; no volume's name begins so. */
const goingPrefix = '.going-';

const { O_DIRECTORY, O_NOFOLLOW } = fs.constants;
const O_PATH = 0o10000000;

/** Throws invalid, in moby's words. */
function checkName(name: string): void {
  const fail = (why: string) => new EngineError('invalid', `create ${name.slice(0, 255)}: ${why}`);
  if (name.length === 1) throw fail('volume name is too short, names should be at least two alphanumeric characters');
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name))
    throw fail(
      `${JSON.stringify(name.slice(0, 255))} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  if (name.length > maxVolumeNameLength)
    throw fail(`the name has ${name.length} characters, the most is ${maxVolumeNameLength}`);
}

/** Throws notFound, in moby's words. */
function checkDriver(driver: string, name: string): void {
  if (driver === '' || driver === volumeDriver) return;
  const plugin = driver.slice(0, 80);
  const why = `error looking up volume plugin ${plugin}: plugin "${plugin}" not found`;
  throw new EngineError('notFound', `create ${name}: ${why}`);
}

export class Volumes {
  readonly #host: VolumeHost;
  readonly #records = new Map<string, VolumeRecord>();
  /** The last that waits to fill a volume, by name. */
  readonly #filling = new Map<string, Promise<unknown>>();

  constructor(host: VolumeHost) {
    this.#host = host;
  }

  /** In the order in which they were made. */
  all(): readonly VolumeRecord[] {
    return [...this.#records.values()];
  }

  get(name: string): VolumeRecord | undefined {
    return this.#records.get(name);
  }

  /** Throws notFound, in moby's words. */
  find(name: string): VolumeRecord {
    const found = this.#records.get(name);
    if (found) return found;
    throw new EngineError('notFound', `get ${name.slice(0, maxVolumeNameLength)}: no such volume`);
  }

  /**
   * A new volume, empty and the host's root's; as it is where there is one of that name, as Docker has it. It is on the disk when
   * this returns. Throws invalid, notFound (no such driver), exhausted, noSpace.
   */
  create({ name: wanted, labels, options, driver }: VolumeRequest): VolumeRecord {
    const name = wanted ?? randomBytes(32).toString('hex');
    checkName(name);
    checkDriver(driver, name);
    const known = this.#records.get(name);
    if (known) return known;
    try {
      if (options) checkLocalOptions(options);
    } catch (error) {
      throw at(`create ${name}`, error);
    }
    if (this.#records.size >= maxVolumesPerHost)
      throw new EngineError(
        'exhausted',
        `this host already has ${maxVolumesPerHost} volumes; remove some first (docker volume prune --all)`,
      );
    const { engine, id, events } = this.#host;
    const createdAt = `${new Date().toISOString().slice(0, 19)}Z`;
    const anonymous = wanted === null ? { [anonymousLabel]: '' } : null;
    const record = { name, createdAt, labels: labels || anonymous ? { ...labels, ...anonymous } : null, options };
    this.#makePlace(name);
    engine.records.put(volumeKind, id, name, record);
    this.#records.set(name, record);
    events.emit('volume', 'create', name, { driver: volumeDriver });
    return record;
  }

  /** Root's of the machine, so that no student puts anything in the place of a volume, and open to look into. */
  #makePlace(name: string): void {
    const { uidBase } = this.#host.record;
    const place = this.#place(name);
    try {
      this.makeDirectory();
      // Of a volume that was left out of a snapshot, or was half made when an engine was killed.
      if (fs.existsSync(place)) void removeTree(this.#setAside(name)).catch(() => undefined);
      fs.mkdirSync(place, { mode: 0o755 });
      fs.mkdirSync(`${place}/_data`, { mode: 0o755 });
      fs.chownSync(`${place}/_data`, uidBase, uidBase);
    } catch (error) {
      fs.rmSync(place, { recursive: true, force: true });
      throw at(`create ${name}`, error);
    }
  }

  /** Holds a directory for each volume, as Docker's has it. Students see it, and change nothing in it but in the volumes. */
  get directory(): string {
    return `${this.#host.directory}/volumes`;
  }

  /** Idempotent. */
  makeDirectory(): void {
    makeDirectory(this.directory, 0o755);
  }

  #place(name: string): string {
    return `${this.directory}/${name}`;
  }

  /**
   * Where the files of a volume go that is being removed: nobody finds them there. The next engine removes what is left of them. They
   * stay in their place where the disk is so full that nothing can be renamed.
   */
  #setAside(name: string): string {
    const aside = `${this.directory}/${goingPrefix}${randomBytes(8).toString('hex')}`;
    try {
      fs.renameSync(this.#place(name), aside);
      return aside;
    } catch (error) {
      if (diskFull(error)) return this.#place(name);
      throw error;
    }
  }

  /** An O_PATH descriptor of the directory with the volume's files, which the caller closes. Throws notFound. */
  open(name: string): number {
    this.find(name);
    return fs.openSync(`${this.#place(name)}/_data`, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  }

  /** An empty directory beside the volume's files, in which what is to fill the volume is made. Goes where it is disposed of. */
  stagingFor(name: string): AsyncDisposable & { readonly path: string } {
    const path = `${this.directory}/${goingPrefix}${name.slice(0, 64)}-${randomBytes(8).toString('hex')}`;
    fs.mkdirSync(path, { mode: 0o700 });
    return { path, [Symbol.asyncDispose]: () => removeTree(path) };
  }

  /** One after the other, those who look whether a volume is empty and fill it. */
  async whileFilling<T>(name: string, act: () => Promise<T>): Promise<T> {
    const before = this.#filling.get(name) ?? Promise.resolve();
    const done = before.then(act, act);
    const settled = done.catch(() => undefined);
    this.#filling.set(name, settled);
    try {
      return await done;
    } finally {
      if (this.#filling.get(name) === settled) this.#filling.delete(name);
    }
  }

  /** Gone when this is called; resolves when its files are too. Nobody may use it. Throws notFound. */
  async remove(name: string): Promise<void> {
    this.find(name);
    const { engine, id, events } = this.#host;
    this.#records.delete(name);
    engine.records.delete(volumeKind, id, name); // first: files without a record are removed by the next engine
    const aside = this.#setAside(name);
    events.emit('volume', 'destroy', name, { driver: volumeDriver });
    await removeTree(aside);
  }

  /** Makes `records`, which are stored, what the host has. */
  become(records: readonly VolumeRecord[]): void {
    this.#records.clear();
    for (const record of records) this.#records.set(record.name, record);
  }

  /** For a start of the engine: removes the files of what was half made or half removed. */
  async discardUnrecorded(): Promise<void> {
    for (const name of fs.existsSync(this.directory) ? fs.readdirSync(this.directory) : [])
      if (!this.#records.has(name)) await removeTree(this.#place(name));
  }
}
