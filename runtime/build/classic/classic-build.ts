// The classic builder, which docker-py and dockerode use, and docker with `DOCKER_BUILDKIT=0`: the plan and the executor of the other
// one, instruction by instruction, told in its own words.

import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ContainerHost } from '../../containers/container.ts';
import { EngineError } from '../../errors.ts';
import { goArchitecture } from '../../images/architecture.ts';
import { familiar } from '../../images/reference.ts';
import { digestOf } from '../../store/blobs.ts';
import type { Executor } from '../execute/executor.ts';
import type { BuiltLayer } from '../execute/made.ts';
import type { Sent, SentFiles } from '../execute/sent-files.ts';
import type { Instruction } from '../language/instructions.ts';
import { buildOptions } from '../language/options.ts';
import { type Plan, planBuild, stagesOf } from '../language/plan/build-plan.ts';
import { internalStep } from '../language/plan/context.ts';
import type { Applied, Stage } from '../language/plan/stage.ts';
import { LanguageError } from '../language/source.ts';
import type { LocalStep, Tree } from '../language/steps.ts';
import { keepImage } from '../outputs/export-image.ts';
import { inVertex } from '../outputs/in-vertex.ts';
import { imageResolver } from './base-images.ts';
import { contextFiles } from './context-files.ts';
import { type ClassicContext, readContext, stagesUpTo, unusedArguments, type Written } from './dockerfile.ts';
import type { ClassicRequest } from './request.ts';
import type { SeenCommands } from './seen-commands.ts';
import { type LiveProgress, QuietTranscript, type Transcript } from './transcript.ts';
import { checkClassic, failureLine, type Recorded, withClassicHistory } from './words.ts';

export interface ClassicParts {
  readonly host: ContainerHost;
  readonly sentFiles: SentFiles;
  readonly seen: SeenCommands;
  readonly signal: AbortSignal;
  readonly progress: LiveProgress;
  /** `step` stands for `context`. */
  executor(context: Sent, step: LocalStep): Executor;
}

/**
 * Builds what the tar holds, and tells all of it. Throws what is wrong with the request before the first line: EngineError,
 * GrpcError, LanguageError; what fails later is told.
 */
export async function buildClassic(
  parts: ClassicParts,
  request: ClassicRequest,
  archive: Readable,
  transcript: Transcript,
): Promise<void> {
  const { sentFiles, signal } = parts;
  const given = await contextFiles(parts.host, sentFiles, request, archive, signal);
  await using sent = given.sent;
  const context = await readContext(sentFiles, sent, given.dockerfile, signal);
  const written = stagesUpTo(context.text, request.attributes.get('target') ?? '');
  await new ClassicBuild(parts, request, context, written, transcript).run();
}

/** The files of the client: they are there. */
const contextStep: LocalStep = {
  ...internalStep('load build context', { os: 'linux', architecture: goArchitecture }),
  kind: 'local',
  local: 'context',
  isNamed: false,
  paths: null,
};

const shortId = (id: string): string => id.replace('sha256:', '').slice(0, 12);

/** What a stage has come to. */
interface Built {
  readonly id: string;
  readonly layers: readonly BuiltLayer[];
  /** One for each entry of its history that is not its base image's. */
  readonly recorded: readonly Recorded[];
}

class ClassicBuild {
  readonly #parts: ClassicParts;
  readonly #request: ClassicRequest;
  readonly #context: ClassicContext;
  readonly #written: Written;
  readonly #transcript: Transcript;
  readonly #built = new Map<Stage, Built>();
  readonly #total: number;
  #count = 0;
  /** What is being done, for an error of it. */
  #doing: { readonly instruction: Instruction | null; readonly tree: Tree } = { instruction: null, tree: null };

  constructor(
    parts: ClassicParts,
    request: ClassicRequest,
    context: ClassicContext,
    written: Written,
    transcript: Transcript,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#context = context;
    this.#written = written;
    this.#transcript = transcript;
    const { globals, stages } = written;
    this.#total = globals.length + stages.reduce((sum, { instructions }) => sum + 1 + instructions.length, 0);
    this.#total += request.labels.size;
  }

  async run(): Promise<void> {
    const transcript = this.#transcript;
    try {
      await this.#run();
    } catch (error) {
      if (!transcript.hasBegun) throw error;
      this.#parts.progress.watcher?.failed(error, this.#parts.signal.aborted);
      transcript.fail(failureLine(error, this.#doing.instruction, this.#doing.tree));
    }
    await transcript.flushed();
  }

  async #run(): Promise<void> {
    const { globals, stages } = this.#written;
    for (const { code } of globals) this.#step(code);
    if (stages[0]) this.#step(stages[0].from.code);
    const plan = await this.#plan();
    await using executor = this.#parts.executor(this.#context.sent, contextStep);
    for (const [index, stage] of plan.stages.filter(({ isImplicit }) => !isImplicit).entries()) {
      if (index > 0) this.#step(stage.code);
      const isLast = stage === plan.target;
      await this.#stage(executor, stage, isLast ? plan : null);
      if (isLast) break;
    }
    const { id } = this.#of(plan.target);
    this.#parts.progress.watcher?.done(id);
    const unused = unusedArguments(this.#written, this.#request.buildArguments);
    if (unused.length > 0)
      this.#transcript.say(`[Warning] One or more build-args [${unused.join(' ')}] were not consumed\n`);
    this.#transcript.say(`Successfully built ${shortId(id)}\n`);
    for (const name of this.#request.names) this.#transcript.say(`Successfully tagged ${familiar(name)}\n`);
    if (this.#transcript instanceof QuietTranscript) this.#transcript.tell(`${id}\n`);
  }

  #step(code: string): void {
    this.#transcript.say(`Step ${++this.#count}/${this.#total} : ${code}`);
    this.#transcript.say('\n');
  }

  async #plan(): Promise<Plan> {
    const { host, signal } = this.#parts;
    const { attributes, pull: always } = this.#request;
    const options = buildOptions(attributes, { os: 'linux', architecture: goArchitecture });
    const [platform = null] = options.platforms;
    const plan = await planBuild(
      { text: this.#context.text, options, platform, mainContext: contextStep, allStages: true, warn: () => {} },
      {
        resolveImage: imageResolver(host, {
          always,
          credentialsFor: this.#request.credentialsFor,
          transcript: this.#transcript,
          signal,
        }),
        resolveInput: () => Promise.reject(new LanguageError('there are no other builds here')),
        ignorePatterns: () => Promise.resolve([]),
        pause: () => host.turns.next('plan a build'),
      },
    );
    this.#parts.progress.watcher?.planned(stagesOf(plan));
    return plan;
  }

  #of(stage: Stage): Built {
    const built = this.#built.get(stage);
    if (!built) throw new EngineError('internal', 'a stage was not built');
    return built;
  }

  /** `plan`: of the last stage, whose image it has. */
  async #stage(executor: Executor, stage: Stage, plan: Plan | null): Promise<void> {
    let built: Built = await this.#base(executor, stage);
    const baseTree = stage.base?.tree ?? null;
    const isOnbuild = ({ command }: Applied): boolean => command.isOnbuild;
    const triggers = stage.applied.filter(isOnbuild).length;
    if (triggers > 0) this.#transcript.say(`# Executing ${triggers} build trigger${triggers > 1 ? 's' : ''}\n`);
    const end = (): void => this.#transcript.say(` ---> ${shortId(built.id)}\n`);
    let before: Tree = baseTree ?? imageTreeOf(stage);
    if (triggers === 0) end();
    for (const [index, applied] of stage.applied.entries()) {
      if (!applied.command.isOnbuild) this.#step(applied.command.instruction.code);
      built = await this.#command(executor, applied, before, built);
      before = applied.tree;
      const isLast = index === stage.applied.length - 1;
      if (isLast && plan && this.#request.labels.size === 0) built = await this.#exported(plan, built);
      if (!applied.command.isOnbuild || index === triggers - 1) end();
      await this.#transcript.flushed();
    }
    if (plan) {
      for (const [name, value] of this.#request.labels) {
        this.#step(`LABEL ${name}=${value}`);
        built = { ...built, id: this.#configured(`label ${name}=${value}`, built) };
        if (this.#count === this.#total) built = await this.#exported(plan, built);
        end();
      }
      if (stage.applied.length === 0 && this.#request.labels.size === 0) built = await this.#exported(plan, built);
    }
    if (built.id !== '') this.#transcript.line({ aux: { ID: built.id } });
    this.#built.set(stage, built);
  }

  async #base(executor: Executor, stage: Stage): Promise<Built> {
    if (stage.base) return this.#of(stage.base);
    const tree = imageTreeOf(stage);
    if (tree?.kind !== 'image') return { id: '', layers: [], recorded: [] };
    this.#doing = { instruction: null, tree };
    const layers = await executor.build(tree);
    return { id: this.#parts.host.images.builds.base(tree.reference).imageId, layers, recorded: [] };
  }

  async #command(executor: Executor, { command, tree }: Applied, before: Tree, built: Built): Promise<Built> {
    const { instruction } = command;
    this.#doing = { instruction, tree };
    checkClassic(instruction);
    if (tree === before || tree === null) {
      const id = this.#configured(this.#said(instruction), built);
      const isRecorded = instruction.kind !== 'onbuild';
      return { ...built, id, recorded: isRecorded ? [...built.recorded, { instruction, diffId: '' }] : built.recorded };
    }
    const container = newContainerId();
    const hasContainer = tree.kind === 'run' || instruction.kind === 'workdir';
    let isRunning = false;
    const decoders = { 1: new TextDecoder(), 2: new TextDecoder() };
    this.#parts.progress.tellOf({
      name: tree.name,
      onCached: () => this.#transcript.say(' ---> Using cache\n'),
      onStart: () => {
        isRunning = hasContainer;
        if (hasContainer) this.#transcript.say(` ---> Running in ${container}\n`);
      },
      onOutput: (stream, bytes) => {
        const text = decoders[stream].decode(bytes, { stream: true });
        if (text !== '') this.#transcript.say(stream === 2 ? `\u001b[91m${text}\u001b[0m` : text);
      },
    });
    const removed = (): void => this.#transcript.say(` ---> Removed intermediate container ${container}\n`);
    try {
      const layers = await executor.build(tree);
      if (isRunning && (this.#request.remove || this.#request.forceRemove)) removed();
      const diffId = layers.at(-1)?.diffId ?? '';
      const id = digestOf(JSON.stringify([built.id, instruction.code, diffId]));
      return { id, layers, recorded: [...built.recorded, { instruction, diffId }] };
    } catch (error) {
      if (isRunning && this.#request.forceRemove) removed();
      throw error;
    }
  }

  /** An instruction with what the client has given for it. */
  #said(instruction: Instruction): string {
    if (instruction.kind !== 'arg') return instruction.code;
    const given = instruction.arguments.map(({ name }) => this.#request.buildArguments.get(name) ?? null);
    return `${instruction.code} ${JSON.stringify(given)}`;
  }

  /** What changes the configuration alone. Gives the ID of what comes of it. */
  #configured(said: string, { id: before, layers }: Built): string {
    const id = digestOf(JSON.stringify([before, said, layers.map(({ diffId }) => diffId)]));
    if (this.#parts.seen.add(id) && !this.#request.noCache) {
      this.#transcript.say(' ---> Using cache\n');
      return id;
    }
    const container = newContainerId();
    this.#transcript.say(` ---> Running in ${container}\n`);
    if (this.#request.remove || this.#request.forceRemove)
      this.#transcript.say(` ---> Removed intermediate container ${container}\n`);
    return id;
  }

  /** The image of the target, with its names. */
  async #exported({ image }: Plan, built: Built): Promise<Built> {
    const { host, progress } = this.#parts;
    const { names } = this.#request;
    this.#doing = { instruction: null, tree: null };
    if (built.id === '' && built.recorded.length === 0)
      throw new EngineError('invalid', 'No image was generated. Is your Dockerfile empty?');
    if (built.layers.length > 0 && built.recorded.length === 0 && this.#request.labels.size === 0) {
      // Nothing was done: it is its base.
      for (const name of names) host.images.builds.name(name, built.id);
      return built;
    }
    const parts = { layers: built.layers, image: withClassicHistory(image, built.recorded), inlineCache: null };
    const id = await inVertex(progress, 'exporting to image', (vertex) => keepImage(host, vertex, parts, names));
    return { ...built, id };
  }
}

const newContainerId = (): string => randomBytes(6).toString('hex');

/** The image that a stage begins with. */
function imageTreeOf(stage: Stage): Tree {
  let tree = stage.tree;
  while (tree && (tree.kind === 'run' || tree.kind === 'files')) tree = tree.base;
  return tree;
}
