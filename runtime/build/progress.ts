// What a build tells of itself: steps, what they do, what their processes say. Who asks later is told all from the start.

import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  maxProgressBytes,
  maxProgressEvents,
  maxStepLogBytes,
  progressEventBytes,
  progressReserveBytes,
} from '../limits.ts';
import type { LiveBuild, PlannedStep } from './build-log.ts';
import type { StatusResponseSchema, VertexWarningSchema } from './messages/control_pb.ts';

export type Event = MessageInitShape<typeof StatusResponseSchema>;
interface VertexShape extends VertexPlan {
  readonly cached?: boolean;
  readonly started?: Timestamp;
  readonly completed?: Timestamp;
  readonly error?: string;
}

/** Clients put events in the order of their times. */
function now(): Timestamp {
  return timestampFromDate(new Date());
}

export interface VertexPlan {
  /** `sha256:…`: what the client knows the step by. */
  readonly digest: string;
  /** `[stage-0 2/3] RUN make`. */
  readonly name: string;
  /** Digests of the steps that it needs. */
  readonly inputs: readonly string[];
}

/** A vertex that whoever watches the build is told of too. */
export interface WatchedPlan extends VertexPlan {
  readonly watched?: Omit<PlannedStep, 'name'>;
}

/** One step. */
export class Vertex {
  readonly digest: string;
  readonly #progress: Progress;
  #shape: VertexShape;
  #logBytes = 0;
  #isClipped = false;

  constructor(progress: Progress, { digest, name, inputs, watched }: WatchedPlan) {
    this.digest = digest;
    this.#progress = progress;
    this.#shape = { digest, name, inputs };
    this.#tell({});
    if (watched) progress.watcher?.step(digest, { ...watched, name }, inputs);
  }

  #tell(change: Partial<VertexShape>): void {
    this.#shape = { ...this.#shape, ...change };
    const { inputs, error = '' } = this.#shape;
    // The texts are the same in each of its events.
    const bytes = 8 * inputs.length + error.length + (Object.keys(change).length > 0 ? 0 : this.#shape.name.length);
    this.#progress.add({ vertexes: [{ ...this.#shape, inputs: [...inputs] }] }, bytes);
  }

  start(): void {
    this.#tell({ started: now() });
    this.#progress.watcher?.change(this.digest, { state: 'running' });
  }

  /** What came of it: a layer, and what its files hold. */
  made(diffId: string, bytes: number): void {
    this.#progress.watcher?.change(this.digest, { layer: diffId.replace(/^sha256:/, '').slice(0, 12), bytes });
  }

  /** What has come of the client's files. */
  took(files: number, bytes: number): void {
    this.#progress.watcher?.took(this.digest, { files, bytes });
  }

  /** What it would have made is there already. */
  cached(): void {
    const at = now();
    this.#tell({ cached: true, started: at, completed: at });
    this.#progress.watcher?.change(this.digest, { state: 'cached' });
  }

  complete(): void {
    this.#tell({ completed: now() });
    this.#progress.watcher?.change(this.digest, { state: 'done' });
  }

  /** `isFirst`: the build fails by it, and not it by the build. */
  fail(message: string, isFirst = true): void {
    const at = now();
    // Of a step that has not started clients show nothing, and so not by what the build failed.
    this.#tell({ ...(isFirst && { started: this.#shape.started ?? at }), completed: at, error: message });
    this.#progress.watcher?.change(this.digest, { state: isFirst ? 'failed' : 'stopped' });
  }

  /** Something that it does, by its name: with an amount where it has one. */
  status(id: string, name = ''): Status {
    return new Status(this.#progress, this.digest, id, name);
  }

  /** What it says may be a secret: its client is told, and no disk has it. */
  keepOffDisk(): void {
    this.#progress.offDisk.add(this.digest);
  }

  /** `stream` is 1 or 2. What is too much is left out, and said to be, as in BuildKit. */
  log(stream: 1 | 2, bytes: Uint8Array): void {
    const left = maxStepLogBytes - this.#logBytes;
    this.#logBytes += bytes.length;
    const part = bytes.subarray(0, Math.max(0, left));
    if (part.length > 0 && this.#progress.hasRoomForOutput(part.length))
      this.#progress.add({ logs: [this.#line(stream, part)] }, part.length);
    else if (part.length > 0) this.#clip(stream, 'the builds of this host have said as much as is kept');
    if (this.#logBytes > maxStepLogBytes) this.#clip(stream, `log limit ${maxStepLogBytes / 1024 / 1024}MiB reached`);
  }

  #clip(stream: 1 | 2, why: string): void {
    if (this.#isClipped) return;
    this.#isClipped = true;
    const said = Buffer.from(`\n[output clipped, ${why}]\n`);
    this.#progress.add({ logs: [this.#line(stream, said)] }, said.length);
  }

  #line(stream: 1 | 2, msg: Uint8Array) {
    return { vertex: this.digest, timestamp: now(), stream: BigInt(stream), msg: Uint8Array.from(msg) };
  }
}

/** One thing that a step does. */
export class Status {
  readonly #progress: Progress;
  readonly #fixed: { readonly vertex: string; readonly id: string; readonly name: string };
  readonly #started = now();
  #current = 0n;

  constructor(progress: Progress, vertex: string, id: string, name: string) {
    this.#progress = progress;
    this.#fixed = { vertex, id, name };
    this.#tell({});
  }

  #tell(more: { completed?: Timestamp }): void {
    const event = { ...this.#fixed, started: this.#started, timestamp: now(), current: this.#current, ...more };
    this.#progress.add({ statuses: [event] }, 0);
  }

  at(current: number): void {
    this.#current = BigInt(current);
    this.#tell({});
    this.#progress.watcher?.change(this.#fixed.vertex, { bytes: current });
  }

  done(current = Number(this.#current)): void {
    this.#current = BigInt(current);
    this.#tell({ completed: now() });
  }
}

/** What the progress of one host's builds may take together. */
export class ProgressRoom {
  #left = maxProgressBytes;

  has(bytes: number): boolean {
    return bytes <= this.#left;
  }

  take(bytes: number): void {
    this.#left -= bytes;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/** Gives its room back when it is disposed of, with all that it tells. */
export class Progress implements Disposable {
  readonly #room: ProgressRoom;
  readonly #listeners = new Set<() => void>();
  #events: Event[] = [];
  #bytes = 0;
  #isOver = false;
  /** Digests of steps whose output is on no disk. */
  readonly offDisk = new Set<string>();
  /** Who is told of the build beside its client; null for nobody. */
  watcher: LiveBuild | null = null;

  constructor(room = new ProgressRoom()) {
    this.#room = room;
  }

  vertex(plan: WatchedPlan): Vertex {
    return new Vertex(this, plan);
  }

  warn(warning: MessageInitShape<typeof VertexWarningSchema>): void {
    this.add({ warnings: [warning] }, warning.short?.length ?? 0);
  }

  /** Output leaves room for what else there is to tell. */
  hasRoomForOutput(bytes: number): boolean {
    return this.#room.has(bytes + progressEventBytes + progressReserveBytes);
  }

  /** `bytes`: of its texts. What comes after too many is left out: a build's steps are bounded, and so is the output of each. */
  add(event: Event, bytes: number): void {
    const taken = bytes + progressEventBytes;
    if (this.#isOver || this.#events.length >= maxProgressEvents || !this.#room.has(taken)) return;
    this.#room.take(taken);
    this.#bytes += taken;
    this.#events.push(event);
    this.#wake();
  }

  /** What was told so far. */
  all(): readonly Event[] {
    return this.#events;
  }

  /** What of it may be on a disk. */
  forDisk(): readonly Event[] {
    if (this.offDisk.size === 0) return this.all();
    return this.all().map((event) => {
      const { logs } = event;
      return logs ? { logs: logs.filter(({ vertex = '' }) => !this.offDisk.has(vertex)) } : event;
    });
  }

  [Symbol.dispose](): void {
    this.end();
    this.#room.give(this.#bytes);
    this.#bytes = 0;
    this.#events = [];
  }

  /** Nothing more is told. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }

  /** All that was told and will be, until the end. Ends with `signal`, too. */
  async *told(signal: AbortSignal): AsyncGenerator<Event> {
    for (let at = 0; ; ) {
      const event = this.#events[at];
      if (signal.aborted) return;
      if (event) {
        at += 1;
        yield event;
      } else if (this.#isOver) return;
      else await this.#next(signal);
    }
  }

  async #next(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    this.#listeners.add(wake);
    signal.addEventListener('abort', wake);
    await promise;
    this.#listeners.delete(wake);
    signal.removeEventListener('abort', wake);
  }
}
