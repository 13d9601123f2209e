// The builds of one host: those that are under way, and the last ones that have ended. For whoever watches them beside their clients.

import type { BuildStep, ImageBuild } from '../client-builds.ts';
import { maxBuildsRemembered, maxStepsTold, maxToldName, maxWarningsTold } from '../limits.ts';
import { GrpcError } from './grpc/status.ts';
import { LanguageError } from './language/source.ts';

/** Where builds that have ended are written down. */
export interface BuildRecords {
  put(build: ImageBuild): void;
  delete(id: number): void;
}

/** A step as it is planned. */
export interface PlannedStep {
  /** `[build 2/5] RUN npm ci`. */
  readonly name: string;
  readonly kind: BuildStep['kind'];
  readonly line: number | null;
}

export class BuildLog {
  readonly #records: BuildRecords;
  /** The oldest first. */
  #ended: readonly ImageBuild[] = [];
  readonly #going = new Map<number, LiveBuild>();
  #last = 0;
  readonly #listeners = new Set<(id: number) => void>();

  constructor(records: BuildRecords) {
    this.#records = records;
  }

  /** Those that have ended, the oldest first. */
  ended(): readonly ImageBuild[] {
    return this.#ended;
  }

  /** The oldest first. */
  all(): readonly ImageBuild[] {
    return [...this.#ended, ...this.#going.values().map((build) => build.told())].sort((a, b) => a.id - b.id);
  }

  begin(names: readonly string[], target: string): LiveBuild {
    const id = ++this.#last;
    const changed = (build: LiveBuild): void => {
      if (!build.isGoing && this.#going.delete(id)) this.#keep(build.told());
      this.#tell(id);
    };
    const build = new LiveBuild(id, names, target, changed);
    this.#going.set(id, build);
    this.#tell(id);
    return build;
  }

  #keep(build: ImageBuild): void {
    const all = [...this.#ended, build].sort((a, b) => a.id - b.id);
    this.#ended = all.slice(-maxBuildsRemembered);
    for (const { id } of all.slice(0, -maxBuildsRemembered)) this.#records.delete(id);
    this.#records.put(build);
  }

  /** The host is put back to what it was: these have ended, and no others. The records say so already. */
  become(ended: readonly ImageBuild[]): void {
    this.#ended = [...ended].sort((a, b) => a.id - b.id);
    // No number comes again, for whoever has seen a build that is forgotten now.
    this.#last = Math.max(this.#last, ...ended.map(({ id }) => id));
  }

  /** Null where it is forgotten. */
  find(id: number): ImageBuild | null {
    return this.#going.get(id)?.told() ?? this.#ended.find((build) => build.id === id) ?? null;
  }

  /** Calls `listener` with its number when one has changed, until the returned function is called. It must not throw. */
  listen(listener: (id: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(id: number): void {
    for (const listener of [...this.#listeners]) listener(id);
  }
}

type Draft = { -readonly [Key in keyof BuildStep]: BuildStep[Key] };

const clipped = (text: string): string => (text.length > maxToldName ? `${text.slice(0, maxToldName - 1)}…` : text);

/** The stage and what is done, of a step's name. */
function partsOf(name: string): { readonly stage: string; readonly does: string } {
  const [, where = '', does = name] = /^\[([^\]]*)\] ([\s\S]*)$/.exec(name) ?? [];
  const words = where.split(' ');
  const isNumbered = /^\d+\/\d+$/.test(words.at(-1) ?? '');
  // Before the stage there may be a platform: `linux/arm64 build 2/5`.
  const stage = isNumbered ? (words.at(-2) ?? '') : '';
  return { stage: stage.includes('/') ? '' : stage, does };
}

/** A build under way, of which at most so many steps are told. It has been stopped where it is disposed of before its end. */
export class LiveBuild implements Disposable {
  readonly #id: number;
  readonly #names: readonly string[];
  readonly #target: string;
  readonly #changed: (build: LiveBuild) => void;
  readonly #beganAt = Date.now();
  /** By the digest of the step. */
  readonly #steps = new Map<string, Draft>();
  readonly #places = new Map<string, number>();
  #end: Pick<ImageBuild, 'state' | 'endedAt' | 'imageId' | 'error' | 'errorLine'> = {
    state: 'going',
    endedAt: null,
    imageId: null,
    error: '',
    errorLine: null,
  };
  #stages: ImageBuild['stages'] = [];
  #warnings: ImageBuild['warnings'] = [];
  #context: ImageBuild['context'] = null;
  #isCut = false;

  constructor(id: number, names: readonly string[], target: string, changed: (build: LiveBuild) => void) {
    this.#id = id;
    this.#names = names.slice(0, maxStepsTold).map(clipped);
    this.#target = clipped(target);
    this.#changed = changed;
  }

  get isGoing(): boolean {
    return this.#end.state === 'going';
  }

  /** The stages that will be built. */
  planned(stages: ImageBuild['stages']): void {
    this.#stages = stages
      .slice(0, maxStepsTold)
      .map(({ name, base }) => ({ name: clipped(name), base: clipped(base) }));
    this.#changed(this);
  }

  warned(rule: string, message: string, line: number | null): void {
    if (this.#warnings.length >= maxWarningsTold) return;
    this.#warnings = [...this.#warnings, { rule, message: clipped(message), line }];
  }

  /** A step that is to come, by its digest; `inputs` are those of steps that it needs. */
  step(digest: string, { name, kind, line }: PlannedStep, inputs: readonly string[]): void {
    if (this.#steps.size >= maxStepsTold) {
      this.#isCut = true;
      return;
    }
    const { stage, does } = partsOf(name);
    this.#places.set(digest, this.#steps.size);
    this.#steps.set(digest, {
      name: clipped(does),
      kind,
      stage: clipped(stage),
      state: 'waiting',
      line,
      beganAt: null,
      endedAt: null,
      layer: null,
      bytes: 0,
      needs: inputs.flatMap((input) => this.#places.get(input) ?? []),
    });
    this.#changed(this);
  }

  /** Nothing happens where nobody tells of it. */
  change(digest: string, news: Partial<Pick<BuildStep, 'state' | 'layer' | 'bytes'>>): void {
    const step = this.#steps.get(digest);
    if (!step || !this.isGoing) return;
    const now = Date.now();
    const { state = step.state } = news;
    if (state !== 'waiting') step.beganAt ??= now;
    if (state !== 'waiting' && state !== 'running') step.endedAt ??= now;
    Object.assign(step, news);
    this.#changed(this);
  }

  /** What has come of the client's files. */
  took(digest: string, context: { readonly files: number; readonly bytes: number }): void {
    const before = this.#context;
    this.#context = { files: (before?.files ?? 0) + context.files, bytes: (before?.bytes ?? 0) + context.bytes };
    this.change(digest, { bytes: context.bytes });
  }

  /** `imageId`: of the image of the host that came of it. */
  done(imageId: string | null): void {
    this.#endAs({ state: 'done', imageId });
  }

  failed(error: unknown, wasStopped: boolean): void {
    const message = error instanceof Error ? error.message : String(error);
    if (wasStopped) this.#endAs({ state: 'stopped' });
    else this.#endAs({ state: 'failed', error: clipped(message), errorLine: lineOf(error) });
  }

  [Symbol.dispose](): void {
    this.#endAs({ state: 'stopped' });
  }

  #endAs(end: Partial<ImageBuild>): void {
    if (!this.isGoing) return;
    for (const step of this.#steps.values())
      if (step.state === 'running') Object.assign(step, { state: 'stopped', endedAt: Date.now() });
    this.#end = { ...this.#end, ...end, endedAt: Date.now() };
    this.#changed(this);
  }

  told(): ImageBuild {
    return {
      id: this.#id,
      names: this.#names,
      target: this.#target,
      beganAt: this.#beganAt,
      ...this.#end,
      stages: this.#stages,
      steps: [...this.#steps.values()].map((step) => ({ ...step })),
      isCut: this.#isCut,
      context: this.#context,
      warnings: this.#warnings,
    };
  }
}

/** Where in the Dockerfile an error is, as its client is told. */
function lineOf(error: unknown): number | null {
  if (error instanceof LanguageError) return error.locations[0]?.first ?? null;
  if (!(error instanceof GrpcError)) return null;
  for (const { value } of error.details) {
    const { ranges } = (typeof value === 'object' && value !== null ? value : {}) as { readonly ranges?: unknown };
    const line = Array.isArray(ranges) ? (ranges[0] as { start?: { line?: unknown } } | undefined)?.start?.line : null;
    if (typeof line === 'number' && line > 0) return line;
  }
  return null;
}
